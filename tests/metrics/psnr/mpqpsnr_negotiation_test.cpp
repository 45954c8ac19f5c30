// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What the pads of mpqpsnr agree on, what they refuse, and how formats change.
#include "tests/metrics/psnr/comparison.h"

namespace {

using mpq::test::audio;
using mpq::test::Comparison;
using mpq::test::gray;
using mpq::test::Pipeline;
using Bytes = std::vector<std::uint8_t>;

TEST(MpqPsnrNegotiation, ASizeThatChangesOnBothSidesGoesOn) {
  const std::string wide = "video/x-raw,format=GRAY8,width=8,height=4,framerate=25/1";
  Comparison c(gray);
  for (const char* pad : {"ref_sink", "dist_0"}) {
    c.pictures(pad, pad[0] == 'r' ? 10 : 12, {0, 40});
    c.set_caps(pad, wide);
    c.push(pad, Bytes(32, pad[0] == 'r' ? 10 : 14), 80 * GST_MSECOND);
  }
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_EQ(c.pooled().index, 3U);
  EXPECT_NEAR(c.detail("mse"), (2 * 16 * 4 + 32 * 16) / 64.0, 1e-9);
  const auto out = c.pipeline().pull_all();
  ASSERT_EQ(out.size(), 3U);
  EXPECT_NE(out[1].caps.find("width=(int)4"), std::string::npos) << out[1].caps;
  EXPECT_NE(out[2].caps.find("width=(int)8"), std::string::npos) << out[2].caps;
}

TEST(MpqPsnrNegotiation, ASizeThatChangesBehindADropGoesOn) {
  const std::string wide = "video/x-raw,format=GRAY8,width=8,height=4,framerate=25/1";
  Comparison c(gray);
  c.pictures("ref_sink", 10, {0});
  c.pictures("dist_0", 12, {0, 40});
  for (const char* pad : {"ref_sink", "dist_0"}) {
    c.set_caps(pad, wide);
    c.push(pad, Bytes(32, 10), 80 * GST_MSECOND);
  }
  ASSERT_TRUE(c.run()) << c.pipeline().error();
  EXPECT_EQ(c.pooled().index, 2U);
  EXPECT_EQ(c.detail("unmatched-frames"), 1);
}

struct Mismatch {
  const char* name;
  std::string reference, distorted, remedy;
};

void PrintTo(const Mismatch& mismatch, std::ostream* out) {
  *out << mismatch.name;
}

class MpqPsnrMismatch : public testing::TestWithParam<Mismatch> {};

TEST_P(MpqPsnrMismatch, IsANegotiationErrorThatNamesTheRemedyAndThePad) {
  const auto& [name, reference, distorted, remedy] = GetParam();
  Comparison c(reference, "", {"dist_3"});
  c.set_caps("dist_3", distorted);
  c.push("ref_sink", Bytes(64), 0);
  c.push("dist_3", Bytes(64), 0);
  for (const char* pad : {"ref_sink", "dist_3"}) c.end(pad);
  gst_element_set_state(c.pipeline().get(), GST_STATE_PLAYING);
  const mpq::gst::ObjectPtr<GstBus> bus(gst_element_get_bus(c.pipeline().get()));
  GstMessage* message = gst_bus_timed_pop_filtered(bus.get(), 10 * GST_SECOND, GST_MESSAGE_ERROR);
  ASSERT_NE(message, nullptr);
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  EXPECT_TRUE(g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION));
  EXPECT_NE(std::string(error->message).find(remedy), std::string::npos) << error->message;
  EXPECT_NE(std::string(error->message).find("dist_3"), std::string::npos) << error->message;
  g_error_free(error);
  gst_message_unref(message);
}

INSTANTIATE_TEST_SUITE_P(
    All, MpqPsnrMismatch,
    testing::Values(Mismatch{"Size", gray, "video/x-raw,format=GRAY8,width=8,height=4,framerate=25/1",
                             "Insert videoscale before"},
                    Mismatch{"Format", gray, "video/x-raw,format=RGB,width=4,height=4,framerate=25/1",
                             "Insert videoconvert before"},
                    Mismatch{"Rate", audio("S16LE"), audio("S16LE", 1, 2000), "Insert audioresample before"},
                    Mismatch{"Sample", audio("S16LE"), audio("F32LE"), "Insert audioconvert before"},
                    Mismatch{"Channels", audio("S16LE"), audio("S16LE", 2), "Insert audioconvert before"},
                    Mismatch{"Kind", audio("S16LE"), gray, "Connect streams of one kind"}),
    [](const auto& mismatch) { return mismatch.param.name; });

TEST(MpqPsnrNegotiation, ConvertersGiveTheReferencesFormatByThemselves) {
  for (const char* order : {"t. ! queue ! p.ref_sink t. ! queue ! %s ! p.dist_0",
                            "t. ! queue ! %s ! p.dist_0 t. ! queue ! p.ref_sink"}) {
    const std::string format = order;
    const auto at = format.find("%s");
    Pipeline p(
        "mpqpsnr name=p ! fakesink videotestsrc num-buffers=3 ! video/x-raw,format=GBR,width=32,height=24 ! "
        "tee name=t " +
        format.substr(0, at) +
        "videoconvert ! video/x-raw,format=BGRA ! videoscale ! video/x-raw,width=16,height=12 ! videoscale ! "
        "videoconvert" +
        format.substr(at + 2));
    ASSERT_TRUE(p.run()) << p.error();
    EXPECT_EQ(p.pooled("psnr")->index, 3U);
  }
}

}  // namespace
