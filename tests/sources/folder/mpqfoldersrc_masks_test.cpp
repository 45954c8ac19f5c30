// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "support/shared.h"
#include "tests/sources/folder/picture_folder.h"

namespace mpq::test {
namespace {

class MaskFolder : public PictureFolder {
 protected:
  std::string line(const std::string& properties = {}) const {
    return source("masks-folder=" + (folder_ / "masks") + ' ' + properties) +
           "s.src ! queue ! appsink name=out sync=false  s.mask ! queue ! appsink name=masks sync=false";
  }
  std::string error_of(const std::string& properties = {}) const {
    Pipeline p(line(properties));
    EXPECT_FALSE(p.run());
    return p.error();
  }
};

TEST_F(MaskFolder, MasksComeAtTheTimesOfTheirPictures) {
  write_jpeg("data/a.jpg", 4, 2);
  write_jpeg("data/b.jpg", 2, 2);
  write("masks/a.png", png_of(4, 2, {0b00011011, 0b11100100}, {PNG_COLOR_TYPE_PALETTE, 2}));
  write("masks/b.png", png_of(2, 2, {1, 0, 0, 255, 0, 7, 0, 3}, {PNG_COLOR_TYPE_GRAY, 16}));
  Pipeline p(line());
  ASSERT_TRUE(p.run()) << p.error();
  const auto pictures = p.pull_all(), masks = p.pull_all("masks");
  ASSERT_EQ(pictures.size(), 2U);
  ASSERT_EQ(masks.size(), 2U);
  EXPECT_TRUE(caps_hold(masks[0], "GRAY8")) << masks[0].caps;
  EXPECT_EQ(masks[0].bytes, (Bytes{0, 1, 2, 3, 3, 2, 1, 0}));
  EXPECT_TRUE(caps_hold(masks[1], "GRAY16_LE")) << masks[1].caps;
  EXPECT_EQ(masks[1].bytes, (Bytes{0, 1, 255, 0, 7, 0, 3, 0}));
  for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(masks[i].pts, pictures[i].pts);
  EXPECT_EQ(names_of(masks), names_of(pictures));
}

TEST_F(MaskFolder, Ade20ksOwnCodingIsClasses) {
  write_jpeg("data/a.jpg", 2, 1);
  write("masks/a_seg.png", png_of(2, 1, {10, 44, 9, 129, 7, 0}, {PNG_COLOR_TYPE_RGB, 8}));
  Pipeline p(line("mask-coding=ade20k mask-suffix=_seg.png"));
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(p.pull_all("masks").at(0).bytes, (Bytes{44, 1, 7, 12}));  // 256 + 44, 12 * 256 + 7
  EXPECT_NE(error_of("mask-suffix=_seg.png").find("mask-coding=ade20k"), std::string::npos);
}

TEST_F(MaskFolder, TheMasksAloneAreAStreamToo) {
  write_gray("data/a.png", 2, 2);
  write_gray("masks/a.png", 2, 2);
  Pipeline p(source("masks-folder=" + (folder_ / "masks")) + "s.mask ! appsink name=out sync=false");
  ASSERT_TRUE(p.run()) << p.error();
  EXPECT_EQ(p.pull_all().size(), 1U);
}

TEST_F(MaskFolder, WhatIsWrongWithAMaskIsNamed) {
  write_jpeg("data/a.jpg", 4, 2);
  write_jpeg("data/b.jpg", 4, 2);
  write_gray("masks/a.png", 4, 2);
  std::string error = error_of();
  EXPECT_NE(error.find("the mask of b.jpg, " + (folder_ / "masks/b.png")), std::string::npos) << error;
  write_gray("masks/b.png", 2, 2);
  error = error_of();
  EXPECT_NE(error.find((folder_ / "masks/b.png") + " is 2x2, its picture b.jpg 4x2"), std::string::npos)
      << error;
  write("masks/b.png", Bytes{1, 2, 3});
  EXPECT_NE(error_of().find(folder_ / "masks/b.png"), std::string::npos);
  Pipeline skip(line("unreadable=skip"));
  ASSERT_TRUE(skip.run()) << skip.error();
  EXPECT_EQ(skip.pull_all().size(), 1U);
  EXPECT_EQ(skip.pull_all("masks").size(), 1U);
  Pipeline none(source() + "s.src ! fakesink  s.mask ! fakesink");
  EXPECT_FALSE(none.run());
  EXPECT_NE(none.error().find("masks-folder"), std::string::npos) << none.error();
}

TEST_F(MaskFolder, RealOnesAreRead) {
  MPQ_REQUIRE_SHARED(data, "data/ade20k");
  std::ofstream(folder_ / "list.csv") << "file,mask\nADE_train_00016869.jpg,ADE_train_00016869_seg.png\n";
  Pipeline p("mpqfoldersrc name=s mask-coding=ade20k masks-folder=" + data.string() +
             " folder=" + data.string() + " list-file=" + (folder_ / "list.csv") +
             " ! queue ! fakesink  s.mask ! tee name=t ! queue ! m.ref_sink  t. ! queue ! m.dist_0  mpqmiou "
             "name=m ! "
             "fakesink");
  ASSERT_TRUE(p.run()) << p.error();
  const Result miou = p.pooled("miou").value();
  EXPECT_DOUBLE_EQ(miou.value, 1);
  // NumPy: len(unique(R // 10 * 256 + G)), of which 2831 is one.
  EXPECT_DOUBLE_EQ(find_detail(miou, "classes").value(), 14);
  EXPECT_TRUE(find_detail(miou, "iou-2131").has_value());
}

}  // namespace
}  // namespace mpq::test
