// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <cmath>

#include "tests/metrics/accuracy/classified.h"

namespace {

using mpq::Result;
using mpq::test::classification;
using mpq::test::detail;
using mpq::test::end_of_stream;
using mpq::test::Pipeline;
using mpq::test::push_classified;

std::string line(const std::string& distorted_caps = mpq::test::picture_caps) {
  return "mpqagreement name=a top-k=2 ! appsink name=out sync=false  "
         "appsrc name=ref format=time caps=" +
         mpq::test::picture_caps + " ! a.ref_sink  appsrc name=dist format=time caps=" + distorted_caps +
         " ! a.dist_0";
}

bool finish(Pipeline& p) {
  for (const char* source : {"ref", "dist"}) end_of_stream(p, source);
  return p.run(10);
}

TEST(MpqAgreement, ComparesWhatIsSaidOfPicturesOfOneTime) {
  Pipeline p(line());
  const std::vector<std::vector<int>> said{{1, 0}, {0, 1}, {2, 0}};
  for (int i = 0; i < 3; ++i) {
    push_classified(p, "ref", i, {}, {classification({1, 0, 2}, "bee")});
    push_classified(p, "dist", i, {}, {classification(said[static_cast<std::size_t>(i)], "something")});
  }
  push_classified(p, "dist", 3, {}, {classification({1, 0}, "bee")});
  ASSERT_TRUE(finish(p)) << p.error();
  const Result pooled = p.pooled("agreement", "dist_0").value();
  EXPECT_EQ(pooled.index, 3U);
  EXPECT_DOUBLE_EQ(pooled.value, 1.0 / 3);
  EXPECT_DOUBLE_EQ(detail(pooled, "top-2"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(detail(pooled, "of-1-as-0"), 1);
  EXPECT_DOUBLE_EQ(detail(pooled, "of-1-as-1"), 1);
  EXPECT_DOUBLE_EQ(detail(pooled, "of-1-as-2"), 1);
  EXPECT_DOUBLE_EQ(detail(pooled, "unmatched-frames"), 1);
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 4U);
  const auto attached = mpq::gst::attached_results(frames[0].buffer.get());
  ASSERT_EQ(attached.size(), 2U);
  EXPECT_EQ(attached[1].metric, "agreement");
  EXPECT_DOUBLE_EQ(attached[1].value, 1);
}

TEST(MpqAgreement, PicturesMayDifferInSizeAndFormat) {
  Pipeline p(line("video/x-raw,format=RGBA,width=2,height=2,framerate=25/1"));
  push_classified(p, "ref", 0, {}, {classification({1}, "bee")});
  push_classified(p, "dist", 0, {}, {classification({1}, "bee")});
  ASSERT_TRUE(finish(p)) << p.error();
  EXPECT_DOUBLE_EQ(p.pooled("agreement")->value, 1);
}

TEST(MpqAgreement, WhatIsNotAnsweredIsCountedAndNotScored) {
  Pipeline p(line());
  push_classified(p, "ref", 0, {}, {classification({1}, "bee")});
  push_classified(p, "dist", 0, {}, {});
  push_classified(p, "ref", 1, {}, {classification({1}, "bee", true)});
  push_classified(p, "dist", 1, {}, {classification({1}, "bee")});
  ASSERT_TRUE(finish(p)) << p.error();
  const Result pooled = p.pooled("agreement").value();
  EXPECT_TRUE(std::isnan(pooled.value));
  EXPECT_DOUBLE_EQ(detail(pooled, "unclassified-frames"), 1);
  EXPECT_DOUBLE_EQ(detail(pooled, "stale-frames"), 1);
}

}  // namespace
