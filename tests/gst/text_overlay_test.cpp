// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/text_overlay.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/support/pictures.h"

namespace mpq::test {
namespace {

using Lines = std::vector<std::string>;

/// A mid-grey picture with guards on all sides, and how far a drawing reaches in it.
struct Canvas {
  Canvas(int width, int height)
      : rows_inside(height), picture(PixelFormat::rgb24, width, height + 2 * guard, 64) {
    for (std::size_t y = 0; y < picture.rows(0); ++y)
      for (std::size_t x = 0; x < picture.row_bytes(0); ++x) picture.at(0, y, x) = grey;
  }

  Canvas& draw(gst::TextOverlay& overlay, const Lines& lines) {
    MutableImageView view = picture.mutable_view();
    view.height = rows_inside;
    view.planes[0].data += guard * view.planes[0].stride;
    overlay.draw(lines, view);
    for (std::size_t y = 0; y < picture.rows(0); ++y)
      for (std::size_t x = 0; x < picture.row_bytes(0); ++x)
        if (const int value = picture.at(0, y, x); value != grey) {
          columns = std::max(columns, static_cast<int>(x / 3) + 1);
          rows = std::max(rows, static_cast<int>(y) + 1 - guard);
          top = std::min(top, static_cast<int>(y) - guard);
          darkest = std::min(darkest, value);
          brightest = std::max(brightest, value);
        }
    EXPECT_GE(top, 0);
    EXPECT_LE(rows, rows_inside);
    EXPECT_TRUE(picture.padding_is_untouched());
    return *this;
  }

  static constexpr std::uint8_t grey = 128;
  static constexpr int guard = 8;  // rows
  int rows_inside;
  Picture picture;
  int columns = 0, rows = 0, top = 0, darkest = grey, brightest = grey;
};

// Letters of 720 / 24 = 30 pixels: no line is lower, and no letter is wider.
TEST(TextOverlay, DrawsWhiteTextOnADarkBoxInTheCorner) {
  gst::TextOverlay overlay;
  const Canvas one = Canvas(1280, 720).draw(overlay, {"tabby cat"});
  EXPECT_GT(one.rows, 30);
  EXPECT_LT(one.rows, 90);
  EXPECT_GT(one.columns, 9 * 10);
  EXPECT_LT(one.columns, 9 * 30 + 60);
  EXPECT_NEAR(one.darkest, 0.45 * Canvas::grey, 2);
  EXPECT_EQ(one.brightest, 255);
  const Canvas three = Canvas(1280, 720).draw(overlay, {"tabby cat", "", "tabby cat"});
  EXPECT_GT(three.rows, one.rows + 60);
  EXPECT_EQ(three.columns, one.columns);
}

TEST(TextOverlay, DrawsNothingWithoutLines) {
  gst::TextOverlay overlay;
  EXPECT_EQ(Canvas(64, 48).draw(overlay, {}).rows, 0);
}

TEST(TextOverlay, StaysInsidePicturesOfAnySize) {
  gst::TextOverlay overlay;
  for (const auto& [width, height] :
       {std::pair{1, 1}, {1, 7}, {7, 1}, {16, 16}, {4097, 3}, {3, 4097}, {39, 41}, {320, 240}})
    for (const auto& lines :
         {Lines{""}, Lines{"x"}, Lines(300, "two words"), Lines{std::string(100000, 'W')}}) {
      const Canvas canvas = Canvas(width, height).draw(overlay, lines);
      EXPECT_GT(canvas.rows, 0) << width << " x " << height;
    }
}

TEST(TextOverlay, ShortensLinesThatAreTooWide) {
  gst::TextOverlay overlay;
  const Canvas canvas = Canvas(400, 300).draw(overlay, {"short", std::string(5000, 'm'), "short"});
  EXPECT_GT(canvas.columns, 350);
  EXPECT_LE(canvas.columns, 400 - 300 / 40) << "a margin remains at the right";
  EXPECT_LT(canvas.rows, 3 * 20 + 30);
}

TEST(TextOverlay, KeepsEachLineOnItsOwnRowWhateverIsInIt) {
  gst::TextOverlay overlay;
  const Canvas plain = Canvas(400, 300).draw(overlay, {"a b"});
  for (const std::string line : {"a\nb", "a\r\nb", "a\u2029b", "a\xFF\xC3", "\xED\xA0\x80", "<b>&amp;"}) {
    const Canvas canvas = Canvas(400, 300).draw(overlay, {line});
    EXPECT_NEAR(canvas.rows, plain.rows, 8);  // another font may stand in
    EXPECT_GT(canvas.brightest, 200);
  }
  EXPECT_GT(Canvas(400, 300).draw(overlay, {std::string("a\0b", 3)}).columns, 0);
}

TEST(TextOverlay, DrawsTheSameForTheSameTextAndFollowsWhatChanges) {
  gst::TextOverlay overlay, other;
  const auto drawn = [&](gst::TextOverlay& by, const Lines& lines, int width) {
    return Canvas(width, 240).draw(by, lines).picture.pixels();
  };
  const auto first = drawn(overlay, {"cat"}, 320);
  EXPECT_EQ(drawn(overlay, {"cat"}, 320), first);
  EXPECT_NE(drawn(overlay, {"dog"}, 320), first);
  EXPECT_NE(drawn(overlay, {"cat"}, 160), first);
  EXPECT_EQ(drawn(overlay, {"cat"}, 320), first);
  EXPECT_EQ(drawn(other, {"cat"}, 320), first);
}

TEST(TextOverlay, RefusesOtherLayouts) {
  gst::TextOverlay overlay;
  Picture picture(PixelFormat::i420, 16, 16);
  EXPECT_THROW(overlay.draw({"x"}, picture.mutable_view()), Error);
}

}  // namespace
}  // namespace mpq::test
