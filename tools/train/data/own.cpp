// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "own.h"

#include <array>
#include <iostream>
#include <string>

#include "core/error.h"
#include "core/text.h"
#include "held_back.h"
#include "store.h"
#include "tools/common/child.h"
#include "tools/models/checksum.h"
#include "train/pictures.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;

constexpr std::array video_endings{".mp4", ".mkv", ".webm", ".avi", ".mov"};
constexpr const char* frame_rate = "video/x-raw,framerate=1/5";

std::string role_of(const std::string& sha256) {
  return is_held_back(sha256) ? "validate" : "train";
}

/// Frames as PNG files in `folder`, which is emptied first.
void take_frames(const fs::path& video, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  const auto status =
      run_child({"gst-launch-1.0", "-q", "filesrc", "location=" + fs::absolute(video).string(), "!",
                 "decodebin", "!", "videorate", "drop-only=true", "!", frame_rate, "!", "videoconvert", "!",
                 "pngenc", "compression-level=1", "!", "multifilesink", "location=%06d.png"},
                {.folder = folder, .silent = false});
  if (!status)
    throw Error(ErrorCode::io, text("gst-launch-1.0, which ", video.string(), " needs, is not installed"),
                "On Debian: apt install gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-libav");
  if (*status != 0)
    throw Error(ErrorCode::corrupt_data, text(video.string(), ": gst-launch-1.0 fails, as it says above"),
                "The file may be damaged, or a plugin for its format may not be installed.");
}

class Adder {
 public:
  Adder(fs::path folder, Card& card) : folder_(std::move(folder)), card_(card) {}

  void add_picture(const fs::path& file) {
    const std::string sum = models::sha256_of(file);
    if (card_.has("sha256", sum)) return;
    store(file, role_of(sum), file.stem().string(), {{"path", file.string()}});
  }

  void add_video(const fs::path& file) {
    const std::string sum = models::sha256_of(file);
    if (card_.has("video_sha256", sum)) return;
    const fs::path frames = folder_ / "frames";
    take_frames(file, frames);
    for (const fs::path& frame : find_pictures({frames}))
      store(frame, role_of(sum), file.stem().string() + '-' + frame.stem().string(),
            {{"path", text(file.string(), '#', frame.stem().string())}, {"video_sha256", sum}});
    fs::remove_all(frames);
  }

  /// Between two files only: a video that is on the card is whole.
  void save_at_times() {
    if (added_ < saved_ + 100) return;
    card_.save();
    saved_ = added_;
    std::cerr << added_ << " pictures" << std::endl;
  }

  std::size_t added() const { return added_; }

 private:
  void store(const fs::path& file, const std::string& role, const std::string& name,
             nlohmann::ordered_json item) {
    item.update(store_picture(file, folder_, role, name));
    card_.add_item(item);
    ++added_;
  }

  fs::path folder_;
  Card& card_;
  std::size_t added_ = 0, saved_ = 0;
};

}  // namespace

void add_own(const std::vector<fs::path>& data, const fs::path& folder, Card& card) {
  Adder adder(folder, card);
  std::vector<std::string> unreadable;
  const auto add_all = [&](const std::vector<fs::path>& files, void (Adder::*add)(const fs::path&)) {
    for (const fs::path& file : files) try {
        (adder.*add)(file);
        adder.save_at_times();
      } catch (const Error& error) {
        if (error.code() == ErrorCode::io) throw;
        unreadable.emplace_back(error.what());
      }
  };
  add_all(find_pictures(data), &Adder::add_picture);
  add_all(find_files(data, video_endings), &Adder::add_video);
  card.save();
  fs::remove_all(folder / "frames");
  std::cerr << adder.added() << " pictures added";
  if (!unreadable.empty())
    std::cerr << "; " << unreadable.size() << " cannot be read, the first: " << unreadable.front();
  std::cerr << '\n';
}

}  // namespace mpq::train
