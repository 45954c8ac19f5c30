// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures that carry names, labels and a classifier's results, without a classifier.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/text.h"
#include "gst/publisher.h"
#include "gst/sample.h"
#include "support/pipeline.h"

namespace mpq::test {

inline const std::string picture_caps = "video/x-raw,format=GRAY8,width=4,height=4,framerate=25/1";

inline Result classification(const std::vector<int>& classes, const std::string& label, bool stale = false) {
  Result result;
  result.element = "mpqvit0";
  result.metric = "classification";
  result.label = label;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    result.details.emplace_back(text("class-", i + 1), classes[i]);
    result.details.emplace_back(text("probability-", i + 1), 0.1);
  }
  if (stale) result.details.emplace_back("stale", 1);
  return result;
}

/// Picture number `index` at 25 a second.
inline void push_classified(const Pipeline& pipeline, const std::string& appsrc, int index,
                            const std::vector<gst::Sample>& samples, const std::vector<Result>& results) {
  GstBuffer* const buffer = gst_buffer_new_allocate(nullptr, 16, nullptr);
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(index) * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
  for (const auto& sample : samples) gst::attach_sample(buffer, sample);
  for (const auto& result : results) gst::attach_result(buffer, result);
  gst_app_src_push_buffer(GST_APP_SRC(pipeline.element(appsrc).get()), buffer);
}

}  // namespace mpq::test
