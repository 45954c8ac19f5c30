// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/pipeline.h"

#include <algorithm>

#include "benchmarks/ends.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

class Pipeline {
 public:
  explicit Pipeline(const std::string& launch) {
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch_full(launch.c_str(), nullptr, GST_PARSE_FLAG_FATAL_ERRORS, &error));
    if (error != nullptr) fail(error, launch);
    gst_object_ref_sink(pipeline_.get());
  }
  ~Pipeline() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  gst::ObjectPtr<GstElement> element(const std::string& name) const {
    gst::ObjectPtr<GstElement> found(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name.c_str()));
    if (found == nullptr) throw Error(ErrorCode::internal, "the pipeline has no element called " + name);
    return found;
  }

  void feed(const std::vector<StreamPtr>& streams, std::size_t first, std::size_t end) {
    for (std::size_t i = 0; i < streams.size(); ++i) {
      Feed feed;
      feed.stream = streams[i];
      feed.first = first;
      feed.end = end;
      if (i == 0) feed.clock = &clock_;
      set_feed(element(text("source", i)).get(), feed);
    }
  }

  /// Runs to the end of the stream, showing `visit` what arrives at the sink.
  Cost run(BufferVisitor visit) {
    set_drain(element("sink").get(), {&clock_, std::move(visit)});
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    wait();
    return clock_.cost();
  }

 private:
  [[noreturn]] static void fail(GError* error, const std::string& where) {
    const std::string cause = error->message;
    g_error_free(error);
    throw Error(ErrorCode::internal, text(cause, " (", where, ')'));
  }

  void wait() {
    const gst::ObjectPtr<GstBus> bus(gst_element_get_bus(pipeline_.get()));
    GstMessage* message = gst_bus_timed_pop_filtered(
        bus.get(), GST_CLOCK_TIME_NONE, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
    GError* error = nullptr;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) gst_message_parse_error(message, &error, nullptr);
    const std::string where = gst::CharPtr(gst_object_get_path_string(GST_MESSAGE_SRC(message))).get();
    gst_message_unref(message);
    if (error != nullptr) fail(error, where);
  }

  gst::ObjectPtr<GstElement> pipeline_;
  Clock clock_;
};

BufferVisitor appender(Bytes* output) {
  if (output == nullptr) return {};
  return [output](GstPad*, GstBuffer* buffer) {
    const gst::ReadMap map(buffer);
    output->insert(output->end(), map.data(), map.data() + map.size());
  };
}

BufferVisitor collector(Stream* stream) {
  return [stream](GstPad* pad, GstBuffer* buffer) {
    if (stream->caps == nullptr) stream->caps.reset(gst_pad_get_current_caps(pad));
    // Of a whole packet: the first ones are shorter by the delay.
    if (GST_BUFFER_DURATION_IS_VALID(buffer))
      stream->duration = std::max(stream->duration, GST_BUFFER_DURATION(buffer));
    const gst::ReadMap map(buffer);
    stream->buffers.push_back(gst::copy_to_buffer(map.data(), map.size()));
  };
}

std::string around(const std::string& elements) {
  return text("benchsource name=source0 ! ", elements, " ! benchsink name=sink");
}

}  // namespace

bool have_elements(const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(), [](const std::string& name) {
    const gst::ObjectPtr<GstElementFactory> factory(gst_element_factory_find(name.c_str()));
    return factory != nullptr;
  });
}

Leg pipeline_leg(std::string name, std::string launch, std::vector<StreamPtr> streams) {
  return {std::move(name),
          [launch = std::move(launch), streams = std::move(streams)](std::size_t count, Bytes* output) {
            Pipeline pipeline(launch);
            const std::size_t first = output != nullptr ? 0 : warm_up;
            pipeline.feed(streams, first, first + count);
            return pipeline.run(appender(output));
          }};
}

Leg element_leg(std::string name, const std::string& elements, StreamPtr stream) {
  return pipeline_leg(std::move(name), around(elements), {std::move(stream)});
}

StreamPtr through(const std::string& elements, const StreamPtr& stream) {
  auto result = std::make_shared<Stream>();
  Pipeline pipeline(around(elements));
  pipeline.feed({stream}, 0, stream->buffers.size());
  pipeline.run(collector(result.get()));
  return result;
}

StreamPtr from_source(const std::string& launch) {
  auto result = std::make_shared<Stream>();
  Pipeline(launch + " ! benchsink name=sink").run(collector(result.get()));
  return result;
}

void run_and_look(const std::string& launch, const std::vector<StreamPtr>& streams, std::size_t count,
                  const std::string& name, const std::function<void(GstElement*)>& look) {
  Pipeline pipeline(launch);
  pipeline.feed(streams, 0, count);
  pipeline.run({});
  look(pipeline.element(name).get());
}

}  // namespace mpq::bench
