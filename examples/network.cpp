// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A lossy network between encoder and decoder: compressed pictures or sound go by RTP over the loopback,
// packets get lost, and what arrives is decoded and scored against the original in the same process.
//
// A receiver's own clock would never say exactly when a frame was sent. Here the RTP timestamps count the
// sender's running time from 0 (timestamp-offset=0), so restore_time() gives each packet the time of its
// frame back, and mpqpsnr pairs by running time. A frame with a lost packet does not arrive: it counts as
// missing.
//
// c++ -std=c++20 network.cpp -o network $(pkg-config --cflags --libs gstmpq)
// usage: network jpeg|opus [LOSS] [SECONDS]      LOSS: the probability that a packet is lost, 0 to 1
#include <gst/gst.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>

#include "gst/pointer.h"
#include "gst/publisher.h"

namespace {

constexpr guint jitter_ms = 1000;  // what the receiver waits for packets that come late

struct Media {
  std::string source, sender, receiver, caps;
  gpointer clock_rate;  // of the RTP timestamps
};

Media media_for(const std::string& name, int seconds) {
  if (name == "jpeg") {
    return {"videotestsrc is-live=true num-buffers=" + std::to_string(seconds * 25) +
                " ! video/x-raw,format=I420,width=320,height=240,framerate=25/1",
            "mpqjpegenc quality=50 ! rtpjpegpay", "rtpjpegdepay ! mpqjpegdec ! video/x-raw,format=I420",
            "media=video,clock-rate=90000,encoding-name=JPEG", GUINT_TO_POINTER(90000)};
  }
  if (name == "opus") {
    return {"audiotestsrc is-live=true samplesperbuffer=960 num-buffers=" + std::to_string(seconds * 50) +
                " ! audio/x-raw,format=S16LE,rate=48000,channels=1",
            "mpqopusenc bitrate=24000 ! rtpopuspay",
            "rtpopusdepay ! mpqopusdec plc=true ! audio/x-raw,format=S16LE",
            "media=audio,clock-rate=48000,encoding-name=OPUS,sprop-stereo=(string)0",
            GUINT_TO_POINTER(48000)};
  }
  throw std::runtime_error("usage: network jpeg|opus [LOSS] [SECONDS]");
}

std::string launch_line(const Media& media, const std::string& loss) {
  return media.source + " ! tee name=t  t. ! queue ! score.ref_sink  t. ! queue ! " + media.sender +
         " timestamp-offset=0 ! identity drop-probability=" + loss +
         " ! udpsink name=out host=127.0.0.1 sync=false async=false "
         "udpsrc name=in address=127.0.0.1 port=0 caps=application/x-rtp," +
         media.caps + " ! rtpjitterbuffer name=jitter do-lost=true latency=" + std::to_string(jitter_ms) +
         " ! " + media.receiver +
         " ! score.dist_0  mpqpsnr name=score tolerance=1000000 ! fakesink sync=false";
}

// On each packet received: the time at which its frame was sent instead of the time at which the packet came.
GstPadProbeReturn restore_time(GstPad*, GstPadProbeInfo* info, gpointer clock_rate) {
  GstBuffer* packet = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  guint8 stamp[4] = {};
  gst_buffer_extract(packet, 4, stamp, sizeof stamp);  // RFC 3550, section 5.1
  const auto time =
      gst_util_uint64_scale_round(GST_READ_UINT32_BE(stamp), GST_SECOND, GPOINTER_TO_UINT(clock_rate));
  GST_BUFFER_PTS(packet) = GST_BUFFER_DTS(packet) = time;
  info->data = packet;
  return GST_PAD_PROBE_OK;
}

// The network carries no end of stream: when the sender is done, the receiver ends what it has received.
GstPadProbeReturn tell_end(GstPad* pad, GstPadProbeInfo* info, gpointer) {
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS) {
    const mpq::gst::ObjectPtr<GstElement> sender(gst_pad_get_parent_element(pad));
    gst_element_post_message(
        sender.get(), gst_message_new_application(GST_OBJECT(sender.get()), gst_structure_new_empty("sent")));
  }
  return GST_PAD_PROBE_OK;
}

class Network {
 public:
  Network(const Media& media, const std::string& loss) {
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch_full(launch_line(media, loss).c_str(), nullptr,
                                          GST_PARSE_FLAG_FATAL_ERRORS, &error));
    if (pipeline_ == nullptr) fail(error);
    const mpq::gst::ObjectPtr<GstPad> received(gst_element_get_static_pad(element("in").get(), "src"));
    gst_pad_add_probe(received.get(), GST_PAD_PROBE_TYPE_BUFFER, restore_time, media.clock_rate, nullptr);
    const mpq::gst::ObjectPtr<GstPad> sent(gst_element_get_static_pad(element("out").get(), "sink"));
    gst_pad_add_probe(sent.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, tell_end, nullptr, nullptr);
  }
  ~Network() {
    if (pipeline_ != nullptr) gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  }

  void run() {
    gst_element_set_state(pipeline_.get(), GST_STATE_READY);  // now the system has chosen a free port
    int port = 0;
    g_object_get(element("in").get(), "port", &port, nullptr);
    g_object_set(element("out").get(), "port", port, nullptr);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    const mpq::gst::ObjectPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
    while (!over_) {
      GstMessage* message = gst_bus_timed_pop(bus.get(), GST_CLOCK_TIME_NONE);
      handle(message);
      gst_message_unref(message);
    }
  }

 private:
  mpq::gst::ObjectPtr<GstElement> element(const char* name) const {
    return mpq::gst::ObjectPtr<GstElement>(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name));
  }

  void handle(GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      GError* error = nullptr;
      gst_message_parse_error(message, &error, nullptr);
      fail(error);
    } else if (gst_message_has_name(message, "sent")) {
      g_usleep(gulong{1100} * jitter_ms);
      gst_element_send_event(element("in").get(), gst_event_new_eos());
    } else if (gst_message_has_name(message, "mpq-result")) {
      show(mpq::gst::from_structure(gst_message_get_structure(message)));
    }
    over_ = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
  }

  void show(const mpq::Result& result) const {
    if (result.metric != "psnr" || result.scope != mpq::Scope::pooled) return;
    GstStructure* stats = nullptr;
    g_object_get(element("jitter").get(), "stats", &stats, nullptr);
    guint64 lost = 0;
    gst_structure_get_uint64(stats, "num-lost", &lost);
    gst_structure_free(stats);
    std::cout << "packets lost: " << lost << "\nscored: " << result.index << "\npsnr: " << result.value
              << " dB\n";
    for (const auto& [name, value] : result.details) std::cout << name << ": " << value << '\n';
  }

  [[noreturn]] static void fail(GError* error) {
    const std::string cause = error->message;
    g_error_free(error);
    throw std::runtime_error(cause);
  }

  mpq::gst::ObjectPtr<GstElement> pipeline_;
  bool over_ = false;
};

}  // namespace

int main(int argc, char** argv) try {
  gst_init(nullptr, nullptr);
  Network(media_for(argc > 1 ? argv[1] : "", argc > 3 ? std::stoi(argv[3]) : 2), argc > 2 ? argv[2] : "0.05")
      .run();
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::cerr << "network: " << error.what() << '\n';
  return EXIT_FAILURE;
}
