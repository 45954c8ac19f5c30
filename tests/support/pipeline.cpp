// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "support/pipeline.h"

#include <stdexcept>

#include "gst/publisher.h"
#include "support/sanitized.h"

namespace mpq::test {
namespace {

std::string take_text(GError* error, gchar* debug) {
  std::string text = error->message;
  g_error_free(error);
  g_free(debug);
  return text;
}

}  // namespace

Pipeline::Pipeline(const std::string& launch_line) {
  GError* error = nullptr;
  GstElement* parsed =
      gst_parse_launch_full(launch_line.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (error != nullptr) throw std::runtime_error(take_text(error, nullptr) + " in: " + launch_line);
  if (GST_IS_PIPELINE(parsed)) {
    pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(parsed)));
  } else {  // one element alone
    pipeline_.reset(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr))));
    gst_bin_add(GST_BIN(pipeline_.get()), parsed);
  }
  let_eos_pass();
}

// By default an appsink holds back its EOS message until its buffers were pulled; run() waits for that
// message.
void Pipeline::let_eos_pass() {
  GstIterator* sinks = gst_bin_iterate_sinks(GST_BIN(pipeline_.get()));
  gst_iterator_foreach(
      sinks,
      [](const GValue* item, gpointer) {
        gpointer sink = g_value_get_object(item);
        if (GST_IS_APP_SINK(sink)) g_object_set(sink, "wait-on-eos", FALSE, nullptr);
      },
      nullptr);
  gst_iterator_free(sinks);
}

Pipeline::~Pipeline() {
  set_state(GST_STATE_NULL);
}

gst::ObjectPtr<GstElement> Pipeline::element(const std::string& name) const {
  gst::ObjectPtr<GstElement> element(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name.c_str()));
  if (element == nullptr) throw std::runtime_error("no element is called " + name);
  return element;
}

bool Pipeline::set_state(GstState state) {
  if (gst_element_set_state(pipeline_.get(), state) == GST_STATE_CHANGE_FAILURE) return false;
  return gst_element_get_state(pipeline_.get(), nullptr, nullptr, 10 * GST_SECOND) !=
         GST_STATE_CHANGE_FAILURE;
}

bool Pipeline::run(int seconds) {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);  // a failure posts its error
  return wait(seconds);
}

bool Pipeline::wait(int seconds) {
  const gst::ObjectPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  const gint64 patience = sanitized() ? 6 : 1;
  const gint64 deadline = g_get_monotonic_time() + patience * seconds * G_TIME_SPAN_SECOND;
  while (error_.empty()) {
    const gint64 left = deadline - g_get_monotonic_time();
    GstMessage* message =
        left > 0 ? gst_bus_timed_pop(bus.get(), static_cast<GstClockTime>(left) * 1000) : nullptr;
    if (message == nullptr) {
      error_ = "the pipeline did not end in time";
      return false;
    }
    const bool eos = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    handle(message);
    gst_message_unref(message);
    if (eos) return true;
  }
  return false;
}

void Pipeline::handle(GstMessage* message) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ERROR:
      gst_message_parse_error(message, &error, &debug);
      error_ = take_text(error, debug);
      break;
    case GST_MESSAGE_WARNING:
      gst_message_parse_warning(message, &error, &debug);
      warnings_.push_back(take_text(error, debug));
      break;
    case GST_MESSAGE_INFO:
      gst_message_parse_info(message, &error, &debug);
      infos_.push_back(take_text(error, debug));
      break;
    case GST_MESSAGE_ELEMENT:
      if (gst_message_has_name(message, "mpq-result")) {
        results_.push_back(gst::from_structure(gst_message_get_structure(message)));
      }
      break;
    default:
      break;
  }
}

std::optional<Received> Pipeline::pull(const std::string& name) {
  const auto sink = element(name);
  GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 10 * GST_SECOND);
  if (sample == nullptr) return std::nullopt;
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  Received received;
  received.pts = GST_BUFFER_PTS(buffer);
  received.duration = GST_BUFFER_DURATION(buffer);
  const gst::ReadMap map(buffer);
  received.bytes.assign(map.data(), map.data() + map.size());
  received.caps = gst::to_string(gst_sample_get_caps(sample));
  received.buffer.reset(gst_buffer_ref(buffer));
  gst_sample_unref(sample);
  return received;
}

std::vector<Received> Pipeline::pull_all(const std::string& name) {
  std::vector<Received> all;
  while (auto received = pull(name)) all.push_back(std::move(*received));
  return all;
}

std::optional<Result> Pipeline::pooled(const std::string& metric, const std::string& input) const {
  std::optional<Result> last;
  for (const Result& result : results_) {
    const bool wanted = result.scope == Scope::pooled && result.metric == metric;
    if (wanted && (input.empty() || result.input == input)) last = result;
  }
  return last;
}

void push(const Pipeline& pipeline, const std::string& appsrc, const void* data, std::size_t size,
          GstClockTime pts, GstClockTime duration) {
  GstBuffer* buffer = gst::copy_to_buffer(data, size).release();
  GST_BUFFER_PTS(buffer) = pts;
  GST_BUFFER_DURATION(buffer) = duration;
  gst_app_src_push_buffer(GST_APP_SRC(pipeline.element(appsrc).get()), buffer);
}

void end_of_stream(const Pipeline& pipeline, const std::string& appsrc) {
  gst_app_src_end_of_stream(GST_APP_SRC(pipeline.element(appsrc).get()));
}

std::optional<GstClockTime> latency_of(const Pipeline& pipeline, const std::string& element) {
  const gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(pipeline.element(element).get(), "src"));
  const gst::QueryPtr query(gst_query_new_latency());
  if (!gst_pad_query(pad.get(), query.get())) return std::nullopt;
  GstClockTime least = 0;
  gst_query_parse_latency(query.get(), nullptr, &least, nullptr);
  return least;
}

bool has_element(const std::string& factory) {
  return gst::ObjectPtr<GstElementFactory>(gst_element_factory_find(factory.c_str())) != nullptr;
}

}  // namespace mpq::test
