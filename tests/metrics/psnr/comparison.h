// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpqpsnr with an appsrc on every pad: streams made by hand, and what the element said of them.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "support/pipeline.h"

namespace mpq::test {

/// Of samples that all differ by `difference`.
inline double psnr_of(double difference, double peak = 255) {
  return 20 * std::log10(peak / difference);
}

inline const std::string gray = "video/x-raw,format=GRAY8,width=4,height=4,framerate=25/1";
inline std::string audio(const std::string& format, int channels = 1, int rate = 1000) {
  return "audio/x-raw,layout=interleaved,channel-mask=(bitmask)0,format=" + format +
         ",rate=" + std::to_string(rate) + ",channels=" + std::to_string(channels);
}

class Comparison {
 public:
  /// Every source is named as its pad. `behind` is the rest of the line, from mpqpsnr's src.
  explicit Comparison(const std::string& caps, const std::string& properties = {},
                      const std::vector<std::string>& distorted = {"dist_0"},
                      const std::string& behind = "appsink name=out sync=false")
      : pads_(distorted), pipeline_(line(caps, properties, distorted, behind)) {
    pads_.insert(pads_.begin(), "ref_sink");
  }

  template <class Sample>
  void push(const std::string& pad, const std::vector<Sample>& samples, GstClockTime pts,
            GstClockTime duration = GST_CLOCK_TIME_NONE) {
    test::push(pipeline_, pad, samples.data(), samples.size() * sizeof(Sample), pts, duration);
  }

  /// 4x4 pictures of one gray value, at these times in milliseconds.
  void pictures(const std::string& pad, std::uint8_t value, const std::vector<int>& times) {
    for (const int time : times) {
      push(pad, std::vector<std::uint8_t>(16, value), static_cast<GstClockTime>(time) * GST_MSECOND,
           40 * GST_MSECOND);
    }
  }

  void set_caps(const std::string& pad, const std::string& caps) {
    const gst::CapsPtr parsed(gst_caps_from_string(caps.c_str()));
    gst_app_src_set_caps(GST_APP_SRC(source(pad).get()), parsed.get());
  }

  gst::ObjectPtr<GstElement> source(const std::string& pad) const { return pipeline_.element(pad); }
  void end(const std::string& pad) { end_of_stream(pipeline_, pad); }

  /// Ends every stream and waits for the end of the pipeline.
  bool run() {
    for (const auto& pad : pads_) end(pad);
    return pipeline_.run(20);
  }

  std::vector<Result> frames(const std::string& input = "dist_0") const {
    std::vector<Result> frames;
    for (const Result& result : pipeline_.results()) {
      if (result.scope == Scope::frame && result.input == input) frames.push_back(result);
    }
    return frames;
  }
  /// NaN where no result came.
  Result pooled(const std::string& input = "dist_0") const {
    Result nothing;
    nothing.value = NAN;
    return pipeline_.pooled("psnr", input).value_or(nothing);
  }
  double detail(const std::string& name, const std::string& input = "dist_0") const {
    return find_detail(pooled(input), name).value_or(NAN);
  }

  Pipeline& pipeline() { return pipeline_; }
  const Pipeline& pipeline() const { return pipeline_; }

 private:
  static std::string line(const std::string& caps, const std::string& properties,
                          const std::vector<std::string>& distorted, const std::string& behind) {
    const auto source = [&](const std::string& pad) {
      return "appsrc name=" + pad + " format=time caps=\"" + caps + "\" ! p." + pad + " ";
    };
    std::string text = "mpqpsnr name=p " + properties + " ! " + behind + " " + source("ref_sink");
    for (const auto& pad : distorted) text += source(pad);
    return text;
  }

  std::vector<std::string> pads_;
  Pipeline pipeline_;
};

}  // namespace mpq::test
