// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqfoldersrc
 * @title: mpqfoldersrc
 *
 * A folder of pictures as a stream: JPEG, PNG and WebP, one frame a picture, each in its own size, sorted by
 * name, the folders inside included. With `list-file` it is those that a CSV or JSON file names, in its
 * order. Gray pictures leave as GRAY8, colour as RGB and transparent ones as RGBA, or as the next element
 * wants; nothing is colour managed.
 *
 * Labels come from the list (CSV with the columns file, and index, label or mask; JSON [{"file": "a.jpg",
 * "index": 3, "label": "tench"}, ...] or {"a.jpg": 3, ...}), from `labels-file`, which must know every
 * picture, or from the name by `label-pattern`, a regular expression whose first group is the label:
 * "^([^/]+)/" is the folder. A label of digits is an index. Name and label are on each picture as the meta
 * MpqSampleMeta (fields name, label, index), which survives encoders, decoders and conversions and is what
 * mpqaccuracy reads, and precede it as the tags title and keywords.
 *
 * The request pad "mask" has the label map of each picture at the same time, as GRAY8 or GRAY16_LE whose
 * values are classes: PNG files of `masks-folder` named like the pictures but for `mask-suffix`, gray or with
 * a palette, whose indices then count, or with mask-coding=ade20k ADE20K's own RGB files (class = R / 10 *
 * 256 + G). Put a queue behind both pads.
 *
 * A picture or mask that cannot be read, or a mask of another size than its picture, ends the stream, or is
 * left out with a warning and counted where `unreadable` is skip. Files and labels that are not there are
 * found before the first picture leaves. Frame n has the time n / framerate. Each tenth of the
 * pictures posts an element message "progress" (percent, percent-double, current, total), and the end the
 * metric "frames": how many were sent; details skipped-frames, and damaged-frames, which were
 * sent all the same.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 mpqfoldersrc folder=pictures ! mpqjpegenc quality=5 ! mpqrate ! fakesink
 * ]|
 */
#include "core/text.h"
#include "gst/picture_source.h"
#include "gst/video_decoder.h"
#include "sources/folder/mask_file.h"
#include "sources/folder/picture_file.h"
#include "sources/folder/picture_list.h"

namespace mpq::gst {
namespace {

enum class Unreadable { stop, skip };

struct Settings : ImageDecoderSettings {
  std::string folder, list_file, labels_file, label_pattern, masks_folder;
  std::string mask_suffix = folder::ListOptions().mask_suffix;
  folder::MaskCoding mask_coding = folder::MaskCoding::index;
  int num_buffers = -1;
  Unreadable unreadable = Unreadable::stop;
  Fraction framerate;
};

class FolderSrc final : public WithSettings<PictureSource, Settings> {
 public:
  std::uint64_t open() override {
    settings_now_ = settings();
    const Settings& s = settings_now_;
    pictures_ = folder::list_pictures({.folder = s.folder,
                                       .list_file = s.list_file,
                                       .labels_file = s.labels_file,
                                       .label_pattern = s.label_pattern,
                                       .masks_folder = s.masks_folder,
                                       .mask_suffix = s.mask_suffix});
    if (s.num_buffers >= 0 && static_cast<std::size_t>(s.num_buffers) < pictures_.size())
      pictures_.resize(static_cast<std::size_t>(s.num_buffers));
    next_ = 0;
    if (wants_masks()) {
      for (const auto& picture : pictures_) {
        if (picture.mask.empty())
          throw Error(ErrorCode::invalid_argument,
                      text("the pad mask is linked, and ", picture.name, " has no mask"),
                      "Set masks-folder, or name the masks in the column \"mask\" of list-file");
      }
    }
    return pictures_.size();
  }

  std::optional<SourcePicture> next() override {
    if (next_ == pictures_.size()) return std::nullopt;
    const folder::ListedPicture& listed = pictures_[next_++];
    try {
      return read(listed);
    } catch (const Error& error) {
      if (settings_now_.unreadable == Unreadable::stop || error.code() == ErrorCode::mismatch) throw;
      report_skipped(error);
      return SourcePicture{};
    }
  }

  Fraction framerate() const override { return settings().framerate; }

 private:
  SourcePicture read(const folder::ListedPicture& listed) {
    SourcePicture picture;
    picture.sample = {listed.name, listed.label.name, listed.label.index};
    const ImageHeader& header = file_.open(listed.file, settings_now_.max_pixels);
    picture.info = new_info(to_gst(choose_format(pad("src").get(), header)), header.width, header.height);
    picture.buffer.reset(gst_buffer_new_allocate(nullptr, picture.info.size, nullptr));
    const auto decoded =
        file_.decode(MappedFrame(picture.info, picture.buffer.get(), GST_MAP_WRITE).mutable_view());
    if (!decoded.warnings.empty()) {
      report_damaged(text(listed.file.string(), " is damaged: ", decoded.warnings.front()));
      GST_BUFFER_FLAG_SET(picture.buffer.get(), GST_BUFFER_FLAG_CORRUPTED);
    }
    if (wants_masks()) add_mask(listed, &picture);
    return picture;
  }

  void add_mask(const folder::ListedPicture& listed, SourcePicture* picture) const {
    const auto mask = folder::read_mask(listed.mask, settings_now_.mask_coding, settings_now_.max_pixels);
    if (mask.width != picture->info.width || mask.height != picture->info.height)
      throw Error(ErrorCode::corrupt_data,
                  text("the mask ", listed.mask.string(), " is ", mask.width, 'x', mask.height,
                       ", its picture ", listed.name, ' ', picture->info.width, 'x', picture->info.height),
                  "Give each picture a mask of its size");
    picture->mask_info =
        new_info(mask.wide ? GST_VIDEO_FORMAT_GRAY16_LE : GST_VIDEO_FORMAT_GRAY8, mask.width, mask.height);
    picture->mask.reset(gst_buffer_new_allocate(nullptr, picture->mask_info.size, nullptr));
    MappedFrame frame(picture->mask_info, picture->mask.get(), GST_MAP_WRITE);
    auto* row = static_cast<guint8*>(GST_VIDEO_FRAME_PLANE_DATA(frame.get(), 0));
    const auto stride = GST_VIDEO_FRAME_PLANE_STRIDE(frame.get(), 0);
    const auto width = static_cast<std::size_t>(mask.width);
    for (std::size_t i = 0; i < mask.classes.size(); ++i) {
      const std::size_t x = i % width;
      if (i > 0 && x == 0) row += stride;
      if (mask.wide)
        GST_WRITE_UINT16_LE(row + 2 * x, mask.classes[i]);
      else
        row[x] = static_cast<guint8>(mask.classes[i]);
    }
  }

  GstVideoInfo new_info(GstVideoFormat format, int width, int height) const {
    GstVideoInfo info;
    gst_video_info_set_format(&info, format, static_cast<guint>(width), static_cast<guint>(height));
    info.fps_n = settings_now_.framerate.numerator;
    info.fps_d = settings_now_.framerate.denominator;
    return info;
  }

  Settings settings_now_;  ///< of this run
  std::vector<folder::ListedPicture> pictures_;
  std::size_t next_ = 0;
  folder::PictureFile file_;
};

const ElementInfo info{
    .type_name = "MpqFolderSrc",
    .long_name = "MPQ folder source",
    .klass = "Source/File/Video",
    .description = "A folder of pictures, with labels and masks, as a stream of one frame a picture",
    .pads = picture_source_pads(),
    .properties =
        {string("folder", &Settings::folder,
                "The folder that holds the pictures, in it or in folders inside it"),
         string("list-file", &Settings::list_file,
                "A list of the pictures, CSV, JSON or a name a line, relative to folder, or to itself "
                "(empty = all pictures of the folder)"),
         string("labels-file", &Settings::labels_file,
                "A CSV or JSON file with the index or label of every picture (empty = none)"),
         string("label-pattern", &Settings::label_pattern,
                "A regular expression whose first group is the label in a picture's name (empty = none)"),
         string("masks-folder", &Settings::masks_folder, "The folder that holds the masks, for the pad mask"),
         string("mask-suffix", &Settings::mask_suffix,
                "What replaces the ending of a picture's name in the name of its mask"),
         enumeration<Settings, folder::MaskCoding>(
             "mask-coding", &Settings::mask_coding, "MpqMaskCoding",
             {{folder::MaskCoding::index, "index", "Gray values or palette indices are classes"},
              {folder::MaskCoding::ade20k, "ade20k", "ADE20K's own: the class is in red and green"}},
             "How masks store classes"),
         enumeration<Settings, Unreadable>("unreadable", &Settings::unreadable, "MpqUnreadable",
                                           {{Unreadable::stop, "stop", "End the stream with an error"},
                                            {Unreadable::skip, "skip", "Leave it out, with a warning"}},
                                           "What becomes of a picture or mask that cannot be read"),
         integer("num-buffers", &Settings::num_buffers, -1, G_MAXINT,
                 "Read the first pictures alone (-1 = all)"),
         fraction("framerate", &Settings::framerate, "Pictures a second of stream time"),
         max_pixels_property<Settings>()},
    .create = [] { return std::make_unique<FolderSrc>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_ELEMENT(mpqfoldersrc, mpq::gst::PictureSource, mpq::gst::info)
