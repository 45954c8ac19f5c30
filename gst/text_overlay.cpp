// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/text_overlay.h"

#include <pango/pangocairo.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace mpq::gst {
namespace {

struct Release {
  void operator()(cairo_t* cairo) const { cairo_destroy(cairo); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
  void operator()(PangoFontMetrics* metrics) const { pango_font_metrics_unref(metrics); }
  void operator()(gpointer object) const { g_object_unref(object); }
  void operator()(char* text) const { g_free(text); }
};
template <class T>
using Owned = std::unique_ptr<T, Release>;

constexpr int largest_surface = 32767;     // cairo's limit
constexpr std::size_t longest_line = 500;  // characters; what shaping takes grows with them

/// Valid UTF-8 without what would break the line, and not longer than a picture can show.
std::string printable(const std::string& line) {
  const Owned<char> valid(g_utf8_make_valid(line.data(), static_cast<gssize>(line.size())));
  std::string result;
  const char* p = valid.get();
  for (std::size_t count = 0; *p != '\0' && count < longest_line; ++count) {
    const char* const next = g_utf8_next_char(p);
    const GUnicodeType type = g_unichar_type(g_utf8_get_char(p));
    const bool breaks = type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR ||
                        type == G_UNICODE_PARAGRAPH_SEPARATOR;
    result += breaks ? " " : std::string(p, next);
    p = next;
  }
  return *p == '\0' ? result : result + "…";
}

void rounded_box(cairo_t* cairo, double width, double height, double radius) {
  const double quarter = std::acos(0.0);
  cairo_new_path(cairo);
  cairo_arc(cairo, width - radius, radius, radius, -quarter, 0);
  cairo_arc(cairo, width - radius, height - radius, radius, 0, quarter);
  cairo_arc(cairo, radius, height - radius, radius, quarter, 2 * quarter);
  cairo_arc(cairo, radius, radius, radius, 2 * quarter, 3 * quarter);
  cairo_close_path(cairo);
}

/// `from` is cairo's ARGB32: one word a pixel, colours multiplied by alpha.
void blend_row(const std::uint32_t* from, int pixels, std::uint8_t* rgb) {
  for (int x = 0; x < pixels; ++x, rgb += 3) {
    const std::uint32_t word = from[x], under = 255 - (word >> 24);
    for (int c = 0; c < 3; ++c)
      rgb[c] = static_cast<std::uint8_t>(((word >> (16 - 8 * c)) & 255) + (rgb[c] * under + 127) / 255);
  }
}

}  // namespace

struct TextOverlay::State {
  State() {
    const Owned<cairo_font_options_t> options(cairo_font_options_create());
    cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);  // no colour fringes
    pango_cairo_context_set_font_options(context.get(), options.get());
    pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_MIDDLE);
  }

  void render();
  int set_font(int size);
  void paint_box(int width, int height, int padding, int line);
  /// What squares before the lines take of the width.
  int indent(int line) const { return colours.empty() ? 0 : line * 5 / 4; }

  Owned<PangoFontMap> fonts{pango_cairo_font_map_new()};  // GLib's default is a thread's, and stays with it
  Owned<PangoContext> context{pango_font_map_create_context(fonts.get())};
  Owned<PangoLayout> layout{pango_layout_new(context.get())};
  Owned<PangoFontDescription> font{pango_font_description_from_string("Sans")};

  // What is drawn, and what for.
  std::vector<std::string> lines;
  std::vector<Colour> colours;
  int width = 0, height = 0;  // of the picture
  int margin = 0;             // left of it and above
  Owned<cairo_surface_t> box;
};

/// The height of a line.
int TextOverlay::State::set_font(int size) {
  pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font.get());
  const Owned<PangoFontMetrics> metrics(pango_context_get_metrics(context.get(), font.get(), nullptr));
  const int height_of_line =
      pango_font_metrics_get_ascent(metrics.get()) + pango_font_metrics_get_descent(metrics.get());
  return std::max(size, PANGO_PIXELS_CEIL(height_of_line));
}

void TextOverlay::State::render() {
  const int side = std::min(width, height);
  const int size = std::clamp(side / 24, 10, 200);
  const int padding = size / 3;
  margin = side / 40;
  const int most_width = std::min(width - margin, largest_surface);
  const int most_height = std::min(height - margin, largest_surface);
  const int line = set_font(size);
  const int fitting = std::max(1, (most_height - margin - 2 * padding) / line);

  std::string all;
  for (std::size_t i = 0; i < lines.size() && i < static_cast<std::size_t>(fitting); ++i)
    all += (i > 0 ? "\n" : "") + printable(lines[i]);
  pango_layout_set_width(layout.get(),
                         std::max(1, most_width - margin - 2 * padding - indent(line)) * PANGO_SCALE);
  pango_layout_set_text(layout.get(), all.data(), static_cast<int>(all.size()));
  int text_width = 0, text_height = 0;
  pango_layout_get_pixel_size(layout.get(), &text_width, &text_height);
  paint_box(std::min(text_width + 2 * padding + indent(line), most_width),
            std::min(text_height + 2 * padding, most_height), padding, line);
}

void TextOverlay::State::paint_box(int box_width, int box_height, int padding, int line) {
  box.reset(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, box_width, box_height));
  const Owned<cairo_t> cairo(cairo_create(box.get()));
  rounded_box(cairo.get(), box_width, box_height, std::min({padding, box_width / 2, box_height / 2}));
  cairo_set_source_rgba(cairo.get(), 0, 0, 0, 0.55);
  cairo_fill(cairo.get());
  for (std::size_t i = 0; i < colours.size(); ++i) {
    const auto& [red, green, blue] = colours[i];
    cairo_set_source_rgb(cairo.get(), red / 255.0, green / 255.0, blue / 255.0);
    cairo_rectangle(cairo.get(), padding, padding + line * (static_cast<double>(i) + 0.1), line * 0.8,
                    line * 0.8);
    cairo_fill(cairo.get());
  }
  cairo_move_to(cairo.get(), padding + indent(line), padding);
  cairo_set_source_rgb(cairo.get(), 1, 1, 1);
  pango_cairo_show_layout(cairo.get(), layout.get());
  cairo_surface_flush(box.get());
  if (const cairo_status_t status = cairo_status(cairo.get()); status != CAIRO_STATUS_SUCCESS) {
    box.reset();
    throw Error(ErrorCode::internal, std::string("cairo draws no text: ") + cairo_status_to_string(status));
  }
}

bool TextOverlay::available() {
  return true;
}

TextOverlay::TextOverlay() : state_(std::make_unique<State>()) {
  const Owned<PangoFont> any(pango_context_load_font(state_->context.get(), state_->font.get()));
  if (!any)
    throw Error(ErrorCode::unsupported, "there is no font to draw text with",
                "Install one, such as the Debian package fonts-dejavu-core");
}

TextOverlay::~TextOverlay() = default;

void TextOverlay::draw(const std::vector<std::string>& lines, const MutableImageView& picture,
                       const std::vector<Colour>& colours) {
  if (picture.format != PixelFormat::rgb24)
    throw Error(ErrorCode::unsupported, "text is drawn on RGB pictures only", "Convert with videoconvert");
  if (lines.empty()) return;
  State& s = *state_;
  if (!s.box || lines != s.lines || colours != s.colours || picture.width != s.width ||
      picture.height != s.height) {
    s.box.reset();
    s.lines = lines;
    s.colours = colours;
    s.width = picture.width;
    s.height = picture.height;
    s.render();
  }
  const unsigned char* pixels = cairo_image_surface_get_data(s.box.get());
  const std::ptrdiff_t stride = cairo_image_surface_get_stride(s.box.get());
  for (int y = 0; y < cairo_image_surface_get_height(s.box.get()); ++y)
    blend_row(
        reinterpret_cast<const std::uint32_t*>(pixels + y * stride),
        cairo_image_surface_get_width(s.box.get()),
        picture.planes[0].data + (s.margin + y) * picture.planes[0].stride + std::ptrdiff_t{3} * s.margin);
}

}  // namespace mpq::gst
