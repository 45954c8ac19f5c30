// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "runner.h"

#include <gst/app/gstappsrc.h>
#include <gst/audio/audio.h>
#include <gst/video/video.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace mpq::test {
namespace {

/// Whether caps are fixed raw caps and the buffer has the size that they say. GstAudioDecoder pushes an empty
/// buffer where it clips the whole of one to the segment.
bool is_valid(const GstCaps* caps, gsize size) {
  if (caps == nullptr || !gst_caps_is_fixed(caps)) return false;
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  if (gst_structure_has_name(structure, "video/x-raw")) {
    GstVideoInfo info;
    return gst_video_info_from_caps(&info, caps) && size == GST_VIDEO_INFO_SIZE(&info) && size > 0;
  }
  GstAudioInfo info;
  return gst_audio_info_from_caps(&info, caps) && size % static_cast<gsize>(GST_AUDIO_INFO_BPF(&info)) == 0;
}

/// What the elements say, for a person who replays a finding.
void print(GstMessage* message) {
  static const bool wanted = g_getenv("MPQ_VERBOSE") != nullptr;
  const auto type = GST_MESSAGE_TYPE(message);
  if (!wanted || (type != GST_MESSAGE_ERROR && type != GST_MESSAGE_WARNING)) return;
  GError* error = nullptr;
  type == GST_MESSAGE_ERROR ? gst_message_parse_error(message, &error, nullptr)
                            : gst_message_parse_warning(message, &error, nullptr);
  g_printerr("%s: %s\n", GST_MESSAGE_SRC_NAME(message), error->message);
  g_error_free(error);
}

gst::CapsPtr with_header(const std::string& text, const Data& header) {
  gst::CapsPtr caps(gst_caps_from_string(text.c_str()));
  if (header.empty()) return caps;
  GValue headers = G_VALUE_INIT, value = G_VALUE_INIT;
  g_value_init(&headers, GST_TYPE_ARRAY);
  g_value_init(&value, GST_TYPE_BUFFER);
  gst_value_take_buffer(&value, gst::copy_to_buffer(header.data(), header.size()).release());
  gst_value_array_append_and_take_value(&headers, &value);
  gst_caps_set_value(caps.get(), "streamheader", &headers);
  g_value_unset(&headers);
  return caps;
}

constexpr GstClockTime stuck_after = 10 * GST_SECOND;

}  // namespace

Runner::Runner(const Route& route) : route_(route), file_(memfd_create("stream", 0)) {
  build();
}

void Runner::build() {
  const bool packets = route_.framing == Framing::packets;
  const std::string line =
      (packets ? "appsrc format=time name=source ! " : "filesrc blocksize=500 name=source ! ") +
      route_.decode + " name=decoder ! fakesink name=sink async=false signal-handoffs=true";
  GError* error = nullptr;
  pipeline_.reset(gst_parse_launch_full(line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
  if (error != nullptr) throw std::runtime_error(line + ": " + error->message);
  gst_object_ref_sink(pipeline_.get());
  bus_.reset(gst_element_get_bus(pipeline_.get()));
  source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
  const gst::ObjectPtr<GstElement> sink(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
  g_signal_connect(sink.get(), "handoff", G_CALLBACK(on_frame), this);
  if (const gst::ObjectPtr<GstElement> demuxer(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "demuxer"));
      demuxer) {
    const gst::ObjectPtr<GstElement> decoder(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "decoder"));
    g_signal_connect(demuxer.get(), "pad-added", G_CALLBACK(on_pad), decoder.get());
  }
}

Runner::~Runner() {
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
  close(file_);
}

void Runner::on_frame(GstElement*, GstBuffer* buffer, GstPad* pad, Runner* runner) {
  const gst::CapsPtr caps(gst_pad_get_current_caps(pad));
  ++runner->frames_;
  if (!is_valid(caps.get(), gst_buffer_get_size(buffer))) runner->all_valid_ = false;
}

// gst_parse_launch links a demuxer's pad once; here there is one for every stream. A damaged file's pad may
// have caps that no decoder takes, which is for the application to see.
void Runner::on_pad(GstElement* demuxer, GstPad* pad, GstElement* decoder) {
  const gst::ObjectPtr<GstPad> sink(gst_element_get_static_pad(decoder, "sink"));
  if (gst_pad_is_linked(sink.get()) || gst_pad_link(pad, sink.get()) == GST_PAD_LINK_OK) return;
  GST_ELEMENT_ERROR(demuxer, STREAM, WRONG_TYPE, ("The file holds something else"), (nullptr));
}

void Runner::open_file(const Data& bytes) {
  if (ftruncate(file_, 0) != 0 ||
      pwrite(file_, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("no memory for a file");
  g_object_set(source_.get(), "location", ("/proc/self/fd/" + std::to_string(file_)).c_str(), nullptr);
}

void Runner::push_packets(const Stream& stream) {
  auto* source = GST_APP_SRC(source_.get());
  for (std::size_t i = 0; i < stream.packets.size(); ++i) {
    const Data& packet = stream.packets[i];
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, packet.size(), nullptr);
    gst_buffer_fill(buffer, 0, packet.data(), packet.size());
    GST_BUFFER_PTS(buffer) = i * 20 * GST_MSECOND;
    GST_BUFFER_DURATION(buffer) = 20 * GST_MSECOND;
    gst_app_src_push_buffer(source, buffer);
  }
  gst_app_src_end_of_stream(source);
}

Outcome Runner::run(const Stream& stream, const std::string& caps) {
  frames_ = 0;
  all_valid_ = true;
  const bool packets = route_.framing == Framing::packets;
  if (packets)
    gst_app_src_set_caps(GST_APP_SRC(source_.get()), with_header(caps, stream.header).get());
  else
    open_file(stream.packets.front());
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);  // a failure posts its error
  if (packets) push_packets(stream);
  const Outcome outcome = wait();
  if (outcome == Outcome::stuck) return outcome;
  gst_element_set_state(pipeline_.get(), GST_STATE_READY);
  while (GstMessage* late = gst_bus_pop(bus_.get())) gst_message_unref(late);
  if (packets && outcome == Outcome::refused) {  // an appsrc would send the refused caps again
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    build();
  }
  return all_valid_ ? outcome : Outcome::invalid;
}

/// Whether the decoder has nothing in hand, and is still to be told that the stream ends.
bool Runner::decoder_waits() const {
  const gst::ObjectPtr<GstElement> decoder(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "decoder"));
  const gst::ObjectPtr<GstPad> sink(gst_element_get_static_pad(decoder.get(), "sink"));
  if (!GST_PAD_STREAM_TRYLOCK(sink.get())) return false;
  GST_PAD_STREAM_UNLOCK(sink.get());
  return !GST_PAD_IS_EOS(sink.get());
}

Outcome Runner::wait() {
  bool warned = false;
  while (true) {  // however long: who started this process watches it
    GstMessage* message = gst_bus_timed_pop(bus_.get(), stuck_after);
    if (message == nullptr && decoder_waits()) return Outcome::stuck;
    if (message == nullptr) continue;
    const GstMessageType type = GST_MESSAGE_TYPE(message);
    print(message);
    gst_message_unref(message);
    if (type == GST_MESSAGE_ERROR) return Outcome::refused;
    if (type == GST_MESSAGE_WARNING) warned = true;
    if (type != GST_MESSAGE_EOS) continue;
    if (frames_ > 0) return warned ? Outcome::warned : Outcome::whole;
    return warned ? Outcome::skipped : Outcome::silent;
  }
}

}  // namespace mpq::test
