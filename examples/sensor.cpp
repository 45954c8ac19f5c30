// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A sensor that GStreamer does not know, fed in by hand and taken out by hand: 16-bit gray, 641x479, 7.3
// frames a second. JPEG holds 8 bits, so videoconvert goes down to GRAY8 before it and up to GRAY16_LE behind
// it. Mind what that means: the score holds both losses, and 8 of 16 bits alone cost so much that no codec
// gets beyond about 59 dB (10 log10 of 12 * 65535^2 / 257^2).
//
// c++ -std=c++20 sensor.cpp -o sensor $(pkg-config --cflags --libs gstmpq gstreamer-app-1.0)
// usage: sensor [FRAMES]
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gst/pointer.h"
#include "gst/publisher.h"

namespace {

constexpr int width = 641, height = 479;
constexpr int rate_numerator = 73, rate_denominator = 10;
// GStreamer rounds rows of raw video up to 4 bytes.
constexpr std::size_t row_bytes = (std::size_t{width} * 2 + 3) / 4 * 4;

const std::string launch_line =
    "appsrc name=sensor format=time block=true max-buffers=4 "
    "caps=video/x-raw,format=GRAY16_LE,width=641,height=479,"
    "framerate=73/10 ! tee name=t  t. ! queue ! score.ref_sink "
    "t. ! queue ! videoconvert dither=none ! video/x-raw,format=GRAY8 ! mpqjpegenc quality=90 ! mpqrate ! "
    "mpqjpegdec ! "
    "video/x-raw,format=GRAY8 ! videoconvert dither=none ! video/x-raw,format=GRAY16_LE ! score.dist_0 "
    "mpqpsnr name=score ! appsink name=out sync=false";

// What a driver would deliver: a soft spot that moves over a slope.
mpq::gst::BufferPtr expose(int frame) {
  std::vector<std::uint8_t> bytes(row_bytes * height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double distance = std::hypot(x - 100 - 8 * frame, y - 240);
      const auto level = static_cast<std::uint16_t>(50.0 * x + 30000 * std::exp(-distance * distance / 5000));
      std::uint8_t* sample =
          bytes.data() + row_bytes * static_cast<std::size_t>(y) + 2 * static_cast<std::size_t>(x);
      GST_WRITE_UINT16_LE(sample, level);
    }
  }
  auto buffer = mpq::gst::copy_to_buffer(bytes.data(), bytes.size());
  const auto start = [](int n) {  // from the frame's number, so that rounding never adds up
    return gst_util_uint64_scale(static_cast<guint64>(n) * rate_denominator, GST_SECOND, rate_numerator);
  };
  GST_BUFFER_PTS(buffer.get()) = start(frame);
  GST_BUFFER_DURATION(buffer.get()) = start(frame + 1) - start(frame);
  return buffer;
}

// The sensor's own thread. push_buffer waits while the pipeline has enough, and fails when it stops.
void feed(GstAppSrc* source, int frames) {
  for (int i = 0; i < frames; ++i) {
    if (gst_app_src_push_buffer(source, expose(i).release()) != GST_FLOW_OK) return;
  }
  gst_app_src_end_of_stream(source);
}

void show(GstBuffer* buffer) {
  std::cout << static_cast<double>(GST_BUFFER_PTS(buffer)) / GST_SECOND << " s:";
  for (const mpq::Result& result : mpq::gst::attached_results(buffer)) {
    std::cout << ' ' << result.metric << ' ' << result.value << ' ' << result.unit;
  }
  std::cout << '\n';
}

// What went wrong, or nothing. Read before the pipeline stops: that empties its bus.
std::string error_of(GstElement* pipeline) {
  const mpq::gst::ObjectPtr<GstBus> bus(gst_element_get_bus(pipeline));
  GstMessage* message = gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR);
  if (message == nullptr) return {};
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::string cause = error->message;
  g_error_free(error);
  gst_message_unref(message);
  return cause;
}

void run(int frames) {
  const mpq::gst::ObjectPtr<GstElement> pipeline(
      gst_parse_launch_full(launch_line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, nullptr));
  if (pipeline == nullptr)
    throw std::runtime_error("the pipeline cannot be made: are all elements installed?");
  const mpq::gst::ObjectPtr<GstAppSrc> source(
      GST_APP_SRC(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sensor")));
  const mpq::gst::ObjectPtr<GstAppSink> sink(
      GST_APP_SINK(gst_bin_get_by_name(GST_BIN(pipeline.get()), "out")));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  std::thread sensor(feed, source.get(), frames);
  int received = 0;
  while (GstSample* sample =
             gst_app_sink_try_pull_sample(sink.get(), 10 * GST_SECOND)) {  // null: end, or an error
    show(gst_sample_get_buffer(sample));
    gst_sample_unref(sample);
    ++received;
  }
  const std::string error = error_of(pipeline.get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);  // wakes the sensor's thread if it waits
  sensor.join();
  std::cout << "received: " << received << '\n';
  if (!error.empty()) throw std::runtime_error(error);
}

}  // namespace

int main(int argc, char** argv) try {
  gst_init(nullptr, nullptr);
  run(argc > 1 ? std::stoi(argv[1]) : 20);
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::cerr << "sensor: " << error.what() << '\n';
  return EXIT_FAILURE;
}
