// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Which pictures pair, and what is counted where they do not.
#include "tests/metrics/psnr/comparison.h"

namespace {

using mpq::test::Comparison;
using mpq::test::gray;
using mpq::test::psnr_of;
using Bytes = std::vector<std::uint8_t>;

void expect_counts(const Comparison& c, const std::string& input, double scored, double unmatched,
                   double missing) {
  EXPECT_EQ(static_cast<double>(c.pooled(input).index), scored) << input;
  EXPECT_EQ(c.detail("unmatched-frames", input), unmatched) << input;
  EXPECT_EQ(c.detail("missing-frames", input), missing) << input;
}

// A stream whose segment maps PTS `start` to running time `base` (milliseconds).
void push_in_segment(Comparison& c, const std::string& pad, const std::string& caps, const Bytes& bytes,
                     int start, int base, int pts) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = static_cast<guint64>(start) * GST_MSECOND;
  segment.base = static_cast<guint64>(base) * GST_MSECOND;
  const mpq::gst::BufferPtr buffer(gst_buffer_new_memdup(bytes.data(), bytes.size()));
  GST_BUFFER_PTS(buffer.get()) = static_cast<guint64>(pts) * GST_MSECOND;
  const mpq::gst::CapsPtr parsed(gst_caps_from_string(caps.c_str()));
  GstSample* sample = gst_sample_new(buffer.get(), parsed.get(), &segment, nullptr);
  g_object_set(c.source(pad).get(), "handle-segment-change", TRUE, nullptr);
  gst_app_src_push_sample(GST_APP_SRC(c.source(pad).get()), sample);
  gst_sample_unref(sample);
}

void release(const Comparison& c, const char* name) {
  // A pipeline that is still on its way to PLAYING would take the removed source along.
  gst_element_get_state(c.pipeline().get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  const auto psnr = c.pipeline().element("p"), source = c.source(name);
  const mpq::gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(psnr.get(), name)),
      peer(gst_element_get_static_pad(source.get(), "src"));
  gst_pad_unlink(peer.get(), pad.get());
  gst_element_release_request_pad(psnr.get(), pad.get());
  gst_element_set_state(source.get(), GST_STATE_NULL);
  gst_bin_remove(GST_BIN(c.pipeline().get()), source.get());
}

TEST(MpqPsnrPairing, CountsWhatEitherSideDropped) {
  Comparison c(gray);
  c.pictures("ref_sink", 10, {0, 80, 120, 200});
  c.pictures("dist_0", 12, {40, 80, 120, 160});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, "dist_0", 2, 2, 2);
  EXPECT_NEAR(c.pooled().value, psnr_of(2), 1e-9);
  EXPECT_EQ(c.pipeline().pull_all().size(), 4U);  // the unmatched ones leave, too
}

TEST(MpqPsnrPairing, IsExactUnlessAToleranceIsSet) {
  for (const auto& [tolerance, scored] : {std::pair{"0", 0.0}, {"2999999", 0.0}, {"3000000", 2.0}}) {
    Comparison c(gray, std::string("tolerance=") + tolerance);
    c.pictures("ref_sink", 10, {0, 43});
    c.pictures("dist_0", 12, {3, 40});
    ASSERT_TRUE(c.run()) << c.pipeline().error();
    expect_counts(c, "dist_0", scored, 2 - scored, 2 - scored);
  }
}

TEST(MpqPsnrPairing, WarnsOfLonelyPicturesOnBothSides) {
  for (const int shift : {0, 1}) {
    Comparison c(gray);
    c.pictures("ref_sink", 10, {0, 40, 80});
    c.pictures("dist_0", 12, {0, 40 + shift});
    ASSERT_TRUE(c.run()) << c.pipeline().error();
    EXPECT_EQ(c.pipeline().warnings().size(), static_cast<std::size_t>(shift));
    if (shift == 1) {
      EXPECT_NE(c.pipeline().warnings()[0].find("set tolerance"), std::string::npos);
    }
  }
}

TEST(MpqPsnrPairing, ToleranceIsMeasuredFromTheReferenceForEachInput) {
  Comparison c(gray, "tolerance=10000000", {"dist_0", "dist_1"});
  c.pictures("ref_sink", 10, {10});
  c.pictures("dist_0", 12, {20});
  c.pictures("dist_1", 13, {0});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, "dist_0", 1, 0, 0);
  expect_counts(c, "dist_1", 1, 0, 0);
}

TEST(MpqPsnrPairing, EveryDistortedInputHasItsOwnCounts) {
  Comparison c(gray, "", {"dist_0", "dist_1", "dist_2"});
  c.pictures("ref_sink", 10, {0, 40, 80});
  c.pictures("dist_0", 11, {0, 40, 80});
  c.pictures("dist_1", 12, {40});
  c.pictures("dist_2", 13, {40, 60, 80, 120});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, "dist_0", 3, 0, 0);
  expect_counts(c, "dist_1", 1, 0, 2);
  expect_counts(c, "dist_2", 2, 2, 1);
  EXPECT_NEAR(c.pooled("dist_0").value, psnr_of(1), 1e-9);
  EXPECT_NEAR(c.pooled("dist_1").value, psnr_of(2), 1e-9);
  EXPECT_NEAR(c.pooled("dist_2").value, psnr_of(3), 1e-9);
}

TEST(MpqPsnrPairing, TheLowestNumberedInputLeavesWhateverTheOrderOfRequests) {
  Comparison c(gray, "", {"dist_5", "dist_1"});
  c.pictures("ref_sink", 10, {0});
  c.pictures("dist_5", 15, {0});
  c.pictures("dist_1", 11, {0});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_NEAR(c.pooled("dist_5").value, psnr_of(5), 1e-9);
  EXPECT_NEAR(c.pooled("dist_1").value, psnr_of(1), 1e-9);
  const auto out = c.pipeline().pull_all();
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out[0].bytes[0], 11);
}

TEST(MpqPsnrPairing, AReleasedInputKeepsItsResultAndTheNextOneLeaves) {
  Comparison c(gray, "", {"dist_0", "dist_1"});
  for (const char* pad : {"ref_sink", "dist_0", "dist_1"}) c.pictures(pad, pad[5] == '1' ? 11 : 10, {0});
  gst_element_set_state(c.pipeline().get(), GST_STATE_PLAYING);
  ASSERT_TRUE(c.pipeline().pull());
  release(c, "dist_0");
  c.pictures("ref_sink", 10, {40, 80});
  c.pictures("dist_1", 11, {40, 80});
  c.end("ref_sink");
  c.end("dist_1");
  ASSERT_TRUE(c.pipeline().wait(10)) << c.pipeline().error();
  expect_counts(c, "dist_0", 1, 0, 0);
  expect_counts(c, "dist_1", 3, 0, 0);
  const auto out = c.pipeline().pull_all();
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].bytes[0], 11);
}

TEST(MpqPsnrPairing, AnInputMayJoinWhileTheStreamRuns) {
  Comparison c(gray, "", {"dist_1"});
  c.pictures("ref_sink", 10, {0});
  c.pictures("dist_1", 11, {0});
  gst_element_set_state(c.pipeline().get(), GST_STATE_PLAYING);
  ASSERT_TRUE(c.pipeline().pull());
  // On its way to PLAYING the pipeline would take the new source along before it is linked.
  gst_element_get_state(c.pipeline().get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  const auto psnr = c.pipeline().element("p");
  GstElement* source = gst_element_factory_make("appsrc", "dist_0");
  g_object_set(source, "format", GST_FORMAT_TIME, nullptr);
  gst_bin_add(GST_BIN(c.pipeline().get()), source);
  c.set_caps("dist_0", gray);
  c.pictures("dist_0", 13, {40});
  ASSERT_TRUE(gst_element_link_pads(source, "src", psnr.get(), "dist_0"));
  gst_element_sync_state_with_parent(source);
  c.pictures("ref_sink", 10, {40});
  c.pictures("dist_1", 11, {40});
  for (const char* pad : {"ref_sink", "dist_0", "dist_1"}) c.end(pad);
  ASSERT_TRUE(c.pipeline().wait(10)) << c.pipeline().error();
  expect_counts(c, "dist_0", 1, 0, 0);
  expect_counts(c, "dist_1", 2, 0, 0);
  const auto rest = c.pipeline().pull_all();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].bytes[0], 13);  // the lowest number leaves from now on
}

TEST(MpqPsnrPairing, AnEarlyEndIsMissingOrUnmatched) {
  Comparison early(gray);
  early.pictures("ref_sink", 10, {0, 40, 80, 120});
  early.pictures("dist_0", 12, {0});
  ASSERT_TRUE(early.run()) << early.pipeline().error();
  expect_counts(early, "dist_0", 1, 0, 3);
  Comparison late(gray);
  late.pictures("ref_sink", 10, {0});
  late.pictures("dist_0", 12, {0, 40, 80, 120});
  ASSERT_TRUE(late.run()) << late.pipeline().error();
  expect_counts(late, "dist_0", 1, 3, 0);
  EXPECT_EQ(late.pipeline().pull_all().size(), 4U);
}

TEST(MpqPsnrPairing, RunningTimeCountsAndNotTimestamps) {
  Comparison c(gray);
  for (const int t : {0, 40}) {
    push_in_segment(c, "ref_sink", gray, Bytes(16, 10), 0, 500, t);
    push_in_segment(c, "dist_0", gray, Bytes(16, 12), 7000, 500, 7000 + t);
  }
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, "dist_0", 2, 0, 0);
  EXPECT_EQ(c.frames()[1].running_time, 540000000);
  EXPECT_EQ(c.frames()[1].stream_time, 40000000);  // the reference's
  EXPECT_EQ(c.pipeline().pull_all()[1].pts, 7040 * GST_MSECOND);
}

TEST(MpqPsnrPairing, ABufferWithoutATimestampIsAnErrorThatNamesThePad) {
  Comparison c(gray);
  c.pictures("ref_sink", 10, {0});
  c.push("dist_0", Bytes(16), GST_CLOCK_TIME_NONE);
  EXPECT_FALSE(c.run());
  EXPECT_NE(c.pipeline().error().find("without a timestamp arrived on dist_0"), std::string::npos)
      << c.pipeline().error();
}

TEST(MpqPsnrPairing, AStreamInBytesIsTheSameError) {
  Comparison c(gray);
  g_object_set(c.source("dist_0").get(), "format", GST_FORMAT_BYTES, nullptr);
  c.pictures("ref_sink", 10, {0});
  c.pictures("dist_0", 10, {0});
  EXPECT_FALSE(c.run());
  EXPECT_NE(c.pipeline().error().find("without a timestamp arrived on dist_0"), std::string::npos)
      << c.pipeline().error();
}

TEST(MpqPsnrPairing, GapsPassAndTheirPicturesAreMissing) {
  Comparison c(gray);
  c.pictures("ref_sink", 10, {0, 40, 80});
  c.pictures("dist_0", 12, {0});
  gst_element_send_event(c.source("dist_0").get(), gst_event_new_gap(40 * GST_MSECOND, 40 * GST_MSECOND));
  c.pictures("dist_0", 12, {80});
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  expect_counts(c, "dist_0", 2, 0, 1);
  EXPECT_EQ(c.pipeline().pull_all().size(), 2U);
}

}  // namespace
