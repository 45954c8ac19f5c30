// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <cmath>

#include "core/text.h"
#include "tests/sources/folder/picture_folder.h"

namespace mpq::test {
namespace {

using Names = std::vector<std::string>;

double detail(const Pipeline& p, const std::string& name) {
  const auto frames = p.pooled("frames");
  return frames ? find_detail(*frames, name).value_or(NAN) : NAN;
}

TEST_F(PictureFolder, IsAStreamOfOneFrameAPicture) {
  write_jpeg("data/b.jpg", 20, 10);
  write_gray("data/a.png", 4, 3);
  write_webp("data/c.webp", 16, 8);
  Pipeline p(source("framerate=2/1") + "! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const auto frames = p.pull_all();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(names_of(frames), (Names{"a.png", "b.jpg", "c.webp"}));
  EXPECT_TRUE(caps_hold(frames[0], "GRAY8")) << frames[0].caps;
  EXPECT_TRUE(caps_hold(frames[0], "framerate=(fraction)2/1")) << frames[0].caps;
  EXPECT_EQ(frames[0].bytes, (Bytes{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_TRUE(caps_hold(frames[1], "RGB"));
  EXPECT_TRUE(caps_hold(frames[1], "width=(int)20, height=(int)10"));
  EXPECT_TRUE(caps_hold(frames[2], "width=(int)16, height=(int)8"));
  EXPECT_EQ(frames[2].pts, GST_SECOND);
  EXPECT_EQ(frames[2].duration, GST_SECOND / 2);
  EXPECT_DOUBLE_EQ(p.pooled("frames")->value, 3);
}

TEST_F(PictureFolder, GivesTheFormatThatIsAskedFor) {
  write_gray("data/a.png", 4, 1);
  Pipeline p(source() + "! video/x-raw,format=RGB ! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(p.pull_all().at(0).bytes, (Bytes{0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3}));
  Pipeline impossible(source() + "! video/x-raw,width=99 ! fakesink");
  EXPECT_FALSE(impossible.run());
  EXPECT_NE(impossible.error().find("videoconvert"), std::string::npos) << impossible.error();
}

// A picture's size is not that of the one before, which the meter has at the moment.
TEST_F(PictureFolder, OfManySizesIsCodedAndScored) {
  for (const int width : {20, 36, 8}) write_jpeg(text("data/", width, ".jpg"), width, 56 - width);
  write_gray("data/gray.png", 24, 18);
  for (const std::string coding : {"mpqjpegenc quality=90 ! mpqrate name=r ! mpqjpegdec",
                                   "mpqwebpenc quality=90 ! mpqrate name=r ! mpqwebpdec"}) {
    Pipeline p(source() +
               "! videoconvert ! video/x-raw,format=RGB ! tee name=t ! queue ! p.ref_sink t. ! queue ! " +
               coding + " ! p.dist_0 mpqpsnr name=p ! appsink name=out sync=false");
    ASSERT_TRUE(p.run()) << p.error();
    const auto frames = p.pull_all();
    ASSERT_EQ(frames.size(), 4U);
    EXPECT_TRUE(caps_hold(frames[0], "format=(string)RGB, width=(int)20, height=(int)36")) << frames[0].caps;
    EXPECT_TRUE(caps_hold(frames[2], "width=(int)8, height=(int)48")) << frames[2].caps;
    const auto psnr = p.pooled("psnr");
    EXPECT_EQ(psnr->index, 4U);
    EXPECT_EQ(find_detail(*psnr, "missing-frames"), 0.0);
  }
}

TEST_F(PictureFolder, NamesAndLabelsAreMetasAndTags) {
  write_jpeg("data/ant/a.jpg", 8, 8);
  Pipeline p(source("label-pattern=\"^([^/]+)/\"") + "! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  const auto frames = p.pull_all();
  const auto sample = gst::attached_sample(frames.at(0).buffer.get());
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->name, "ant/a.jpg");
  EXPECT_EQ(sample->label, "ant");
  EXPECT_EQ(sample->index, std::nullopt);
  const gst::ObjectPtr<GstPad> pad(gst_element_get_static_pad(p.element("out").get(), "sink"));
  GstEvent* const tags = gst_pad_get_sticky_event(pad.get(), GST_EVENT_TAG, 0);
  ASSERT_NE(tags, nullptr);
  GstTagList* list = nullptr;
  gst_event_parse_tag(tags, &list);
  for (const auto& [tag, wanted] :
       {std::pair(GST_TAG_TITLE, "ant/a.jpg"), std::pair(GST_TAG_KEYWORDS, "ant")}) {
    gchar* value = nullptr;
    ASSERT_TRUE(gst_tag_list_get_string(list, tag, &value));
    EXPECT_STREQ(gst::CharPtr(value).get(), wanted);
  }
  gst_event_unref(tags);
}

// What mpqaccuracy needs: the name is still there when a picture was coded and changed.
TEST_F(PictureFolder, NamesSurviveWhatHappensToPictures) {
  write_jpeg("data/a.jpg", 64, 48);
  std::ofstream(folder_ / "labels.csv") << "file,index,label\na.jpg,7,bee\n";
  for (const char* const between :
       {"mpqjpegenc ! mpqjpegdec", "mpqwebpenc ! mpqwebpdec", "videoconvert ! jpegenc ! jpegdec",
        "mpqjpegenc ! jpegparse ! mpqjpegdec", "videoconvert ! video/x-raw,format=I420",
        "videoconvert ! videoscale ! video/x-raw,width=10,height=10", "tee ! queue ! identity",
        "videoflip method=clockwise", "mpqjpegenc ! tee ! queue ! decodebin ! videoconvert"}) {
    Pipeline p(source("labels-file=" + (folder_ / "labels.csv")) + "! " + between +
               " ! appsink name=out sync=false");
    ASSERT_TRUE(p.run()) << between << ": " << p.error();
    const auto frames = p.pull_all();
    ASSERT_EQ(frames.size(), 1U) << between;
    const auto sample = gst::attached_sample(frames[0].buffer.get());
    ASSERT_TRUE(sample.has_value()) << between;
    EXPECT_EQ(sample->name, "a.jpg");
    EXPECT_EQ(sample->label, "bee");
    EXPECT_EQ(sample->index, 7);
  }
}

TEST_F(PictureFolder, AnUnreadablePictureEndsTheStreamOrIsLeftOut) {
  write_jpeg("data/a.jpg", 8, 8);
  write("data/b.png", Bytes{1, 2, 3});
  write("data/c.webp", Bytes{});
  write_jpeg("data/d.jpg", 8, 8);
  Pipeline stop(source() + "! fakesink");
  EXPECT_FALSE(stop.run());
  EXPECT_NE(stop.error().find(folder_ / "data/b.png"), std::string::npos) << stop.error();
  Pipeline skip(source("unreadable=skip") + "! appsink name=out sync=false");
  ASSERT_TRUE(skip.run()) << skip.error();
  EXPECT_EQ(names_of(skip.pull_all()), (Names{"a.jpg", "d.jpg"}));
  ASSERT_EQ(skip.warnings().size(), 2U);
  EXPECT_NE(skip.warnings()[1].find(folder_ / "data/c.webp"), std::string::npos) << skip.warnings()[1];
  EXPECT_DOUBLE_EQ(detail(skip, "skipped-frames"), 2);
}

TEST_F(PictureFolder, WhereNothingCanBeReadSkippingIsAnErrorToo) {
  write("data/b.png", Bytes{1, 2, 3});
  Pipeline p(source("unreadable=skip") + "! fakesink");
  EXPECT_FALSE(p.run());
  EXPECT_NE(p.error().find("None of 1 pictures can be read"), std::string::npos) << p.error();
}

TEST_F(PictureFolder, DamageIsToldAndCounted) {
  write_jpeg("data/a.jpg", 64, 64);
  Bytes bytes = read_file(folder_ / "data/a.jpg");
  bytes.resize(bytes.size() / 2);
  write("data/a.jpg", bytes);
  Pipeline p(source() + "! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  ASSERT_EQ(p.warnings().size(), 1U);
  EXPECT_NE(p.warnings()[0].find("a.jpg is damaged"), std::string::npos) << p.warnings()[0];
  EXPECT_DOUBLE_EQ(detail(p, "damaged-frames"), 1);
  EXPECT_TRUE(GST_BUFFER_FLAG_IS_SET(p.pull_all().at(0).buffer.get(), GST_BUFFER_FLAG_CORRUPTED));
}

TEST_F(PictureFolder, LargePicturesAreRefused) {
  write_gray("data/a.png", 20, 20);
  Pipeline p(source("max-pixels=399") + "! fakesink");
  EXPECT_FALSE(p.run());
  EXPECT_NE(p.error().find("max-pixels"), std::string::npos) << p.error();
}

TEST_F(PictureFolder, AnEmptyFolderIsAnErrorThatNamesIt) {
  std::filesystem::create_directories(folder_ / "data");
  Pipeline p(source() + "! fakesink");
  EXPECT_FALSE(p.run());
  EXPECT_NE(p.error().find((folder_ / "data") + " holds no picture"), std::string::npos) << p.error();
}

TEST_F(PictureFolder, PlaysAgainAndEndsEarlyWhereThatIsAsked) {
  for (int i = 0; i < 20; ++i) write_gray(text("data/", 10 + i, ".png"), 4, 1);
  Pipeline p(source() + "! appsink name=out sync=false");
  for (int round = 0; round < 2; ++round) {
    ASSERT_TRUE(p.run()) << p.error();
    EXPECT_EQ(p.pull_all().size(), 20U);
    ASSERT_TRUE(p.set_state(GST_STATE_READY));
  }
  Pipeline first(source("num-buffers=3") + "! appsink name=out sync=false");
  ASSERT_TRUE(first.run()) << first.error();
  EXPECT_EQ(first.pull_all().size(), 3U);
  Pipeline endless(source("framerate=1/1000") + "! fakesink sync=true");
  ASSERT_TRUE(endless.set_state(GST_STATE_PLAYING));
  gst_element_send_event(endless.element("s").get(), gst_event_new_eos());
  ASSERT_TRUE(endless.set_state(GST_STATE_NULL));  // a picture waits for its time: it must let go
}

TEST_F(PictureFolder, TellsItsDurationAndProgress) {
  for (int i = 0; i < 20; ++i) write_gray(text("data/", 10 + i, ".png"), 4, 1);
  Pipeline p(source("framerate=4/1") + "! fakesink");
  ASSERT_TRUE(p.set_state(GST_STATE_PAUSED));
  gst_element_get_state(p.get(), nullptr, nullptr, 5 * GST_SECOND);
  gint64 duration = 0;
  ASSERT_TRUE(gst_element_query_duration(p.get(), GST_FORMAT_TIME, &duration));
  EXPECT_EQ(duration, static_cast<gint64>(5 * GST_SECOND));
  const gst::ObjectPtr<GstBus> bus(gst_element_get_bus(p.get()));
  p.set_state(GST_STATE_PLAYING);
  int told = 0;
  while (GstMessage* message = gst_bus_timed_pop_filtered(
             bus.get(), 5 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS))) {
    const bool over = GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS;
    if (!over && gst_message_has_name(message, "progress")) ++told;
    gst_message_unref(message);
    if (over) break;
  }
  EXPECT_EQ(told, 10);
}

}  // namespace
}  // namespace mpq::test
