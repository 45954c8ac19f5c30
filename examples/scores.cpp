// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// An application with a pipeline inside. It compresses pictures, takes the decoded ones out at an appsink,
// and reads their scores in both ways there are: from the metas on each buffer, and from messages on the bus.
//
// c++ -std=c++20 scores.cpp -o scores $(pkg-config --cflags --libs gstmpq gstreamer-app-1.0)
// usage: scores [PICTURES]
#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "gst/pointer.h"
#include "gst/publisher.h"

namespace {

struct Unref {
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstSample* sample) const { gst_sample_unref(sample); }
};
using MessagePtr = std::unique_ptr<GstMessage, Unref>;
using SamplePtr = std::unique_ptr<GstSample, Unref>;

class Application {
 public:
  explicit Application(const std::string& launch_line) {
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch_full(launch_line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
    if (pipeline_ == nullptr) fail(error);
    sink_.reset(GST_APP_SINK(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "out")));
    bus_.reset(gst_element_get_bus(pipeline_.get()));
  }
  ~Application() {
    if (pipeline_ != nullptr) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }

  void run() {
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    while (!over_) {
      if (const SamplePtr sample{gst_app_sink_try_pull_sample(sink_.get(), 20 * GST_MSECOND)}) {
        show_frame(gst_sample_get_buffer(sample.get()));
      }
      while (const MessagePtr message{gst_bus_pop(bus_.get())}) handle(message.get());
    }
    std::cout << "frames: " << frames_ << "\nscores on buffers: " << on_buffers_
              << "\nscores in messages: " << in_messages_ << '\n';
  }

 private:
  // What elements upstream measured on this frame travels with it.
  void show_frame(GstBuffer* buffer) {
    std::cout << "frame " << frames_++ << ':';
    for (const mpq::Result& result : mpq::gst::attached_results(buffer)) {
      std::cout << ' ' << result.metric << ' ' << result.value << ' ' << result.unit;
      ++on_buffers_;
    }
    std::cout << '\n';
  }

  void handle(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
      over_ = true;
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      GError* error = nullptr;
      gst_message_parse_error(message, &error, nullptr);
      fail(error);
    } else if (gst_message_has_name(message, "mpq-result")) {
      show_message(mpq::gst::from_structure(gst_message_get_structure(message)));
    }
  }

  // Messages bring the same frame scores, and at the end those of the whole stream.
  void show_message(const mpq::Result& result) {
    if (result.scope == mpq::Scope::frame) {
      ++in_messages_;
      return;
    }
    std::cout << result.element << ": " << result.metric << ' ' << result.value << ' ' << result.unit;
    for (const auto& [name, value] : result.details) std::cout << ", " << name << ' ' << value;
    std::cout << '\n';
  }

  [[noreturn]] static void fail(GError* error) {
    const std::string cause = error->message;
    g_error_free(error);
    throw std::runtime_error(cause);
  }

  mpq::gst::ObjectPtr<GstElement> pipeline_;
  mpq::gst::ObjectPtr<GstAppSink> sink_;
  mpq::gst::ObjectPtr<GstBus> bus_;
  bool over_ = false;
  int frames_ = 0, on_buffers_ = 0, in_messages_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  gst_init(nullptr, nullptr);
  const std::string pictures = argc > 1 ? argv[1] : "10";
  Application("videotestsrc num-buffers=" + pictures +
              " ! video/x-raw,width=320,height=240 ! tee name=t "
              "t. ! queue ! score.ref_sink "
              "t. ! queue ! mpqjpegenc ! mpqrate ! mpqjpegdec ! score.dist_0 "
              "mpqpsnr name=score ! appsink name=out sync=false")
      .run();
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::cerr << "scores: " << error.what() << '\n';
  return EXIT_FAILURE;
}
