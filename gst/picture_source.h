// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every element that makes a stream of single pictures, each of a size of its own, with a label map
// for each beside them where somebody asks for the pad "mask".
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>
#include <optional>

#include "core/image_header.h"
#include "gst/element.h"
#include "gst/sample.h"
#include "gst/video.h"

namespace mpq::gst {

/// The pads of such a source.
std::vector<PadTemplate> picture_source_pads();

/// A picture, and its label map where the source has one.
struct SourcePicture {
  GstVideoInfo info{};
  BufferPtr buffer;
  Sample sample;
  GstVideoInfo mask_info{};
  BufferPtr mask;  ///< null: there is none
};

/// Frame n starts at n / framerate seconds. It is not live: it makes pictures as fast as they are taken. The
/// sample's name and label precede each picture as tags (title, keywords) and lie on it as a meta. Each tenth
/// posts the element message "progress" (percent, percent-double, current and total, in pictures).
class PictureSource : public Element {
 public:
  /// Makes ready and returns how many pictures there are. Before the stream, on the thread that changes the
  /// state. Throws Error.
  virtual std::uint64_t open() = 0;

  /// The next picture; a buffer of null where this one is left out; nothing at the end. Streaming thread.
  /// Throws Error, which ends the stream.
  virtual std::optional<SourcePicture> next() = 0;

  /// Pictures a second.
  virtual Fraction framerate() const = 0;

  static KindInfo kind();

  std::vector<Result> pooled() const override;
  void reset_results() override;

 protected:
  /// "src" or "mask"; null where there is none.
  ObjectPtr<GstPad> pad(const char* name) const;
  /// Whether the pad "mask" was asked for.
  bool wants_masks() const;
  /// Counts a picture that is left out, or that is damaged and shown, and posts a warning of it.
  void report_skipped(const Error& cause);
  void report_damaged(const std::string& what);

 private:
  struct Glue;
  void start();
  void advance();
  void post_progress();
  void warn(const std::string& cause, const std::string& remedy);
  void loop();
  GstFlowReturn send_next();
  GstFlowReturn send(SourcePicture picture);
  GstFlowReturn push(const char* name, const GstVideoInfo& info, const Sample& sample, BufferPtr buffer);
  bool set_caps(GstPad* target, const GstVideoInfo& info) const;

  std::atomic<std::uint64_t> total_{0};  // pictures; 0: not known yet
  std::atomic<bool> ending_{false};      // the application wants no more

  // Streaming thread only.
  std::uint64_t seen_ = 0;    // pictures sent or left out
  std::uint64_t frames_ = 0;  // sent
  std::uint64_t warnings_ = 0;
  guint group_ = 0;  // of the streams
  std::optional<Error> last_skip_;

  // Guarded by state_mutex.
  std::uint64_t sent_ = 0, skipped_ = 0, damaged_ = 0;
};

}  // namespace mpq::gst
