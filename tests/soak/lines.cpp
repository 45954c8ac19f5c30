// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "lines.h"

#include <gst/gst.h>

#include <algorithm>

#include "gst/pointer.h"
#include "tests/codecs/mbt2018/generated_model.h"

namespace mpq::test {
namespace {

// The original and what the codec made of it, scored; the decoded stream arrives at the sink.
std::string scored(const std::string& source, const std::string& raw, const std::string& codec,
                   const std::string& queue = "queue") {
  return source + " ! " + raw + " ! identity name=source ! tee name=t ! queue ! score.ref_sink t. ! " +
         queue + " ! " + codec + " ! " + raw +
         " ! score.dist_0 mpqpsnr name=score ! fakesink name=sink sync=true";
}

std::string picture(const std::string& codec, int width, int height, double rate,
                    const std::string& queue = "queue") {
  return scored("videotestsrc is-live=true pattern=ball",
                "video/x-raw,format=RGB,width=" + std::to_string(width) +
                    ",height=" + std::to_string(height) +
                    ",framerate=" + std::to_string(std::max(1, static_cast<int>(rate))) + "/1",
                codec, queue);
}

std::string sound(const std::string& codec, int rate, int channels) {
  return scored(
      "audiotestsrc is-live=true wave=pink-noise volume=0.3",
      "audio/x-raw,format=S16LE,rate=" + std::to_string(rate) + ",channels=" + std::to_string(channels),
      codec);
}

bool is_missing(const Line& line) {
  const gst::ObjectPtr<GstElementFactory> factory(gst_element_factory_find(line.needs.c_str()));
  return factory == nullptr;
}

}  // namespace

std::vector<Line> lines(const TemporaryFolder& models, double load) {
  const std::string mbt2018 = models / "mbt2018.safetensors";
  write_mbt2018(mbt2018, mbt2018_tensors({mbt2018::Variant::mbt2018, 4, 6}));
  const std::string weights = " threads=1 model-file=" + mbt2018 + ' ';
  std::vector<Line> all = {
      {"jpeg", "mpqjpegenc", picture("mpqjpegenc ! mpqrate ! mpqjpegdec", 640, 480, 30 * load)},
      {"webp", "mpqwebpenc", picture("mpqwebpenc method=0 ! mpqrate ! mpqwebpdec", 160, 120, 15 * load)},
      {"mp3", "mpqmp3enc", sound("mpqmp3enc bitrate=64 codec-rate=32000 ! mpqrate ! mpqmp3dec", 32000, 2)},
      {"opus", "mpqopusenc", sound("mpqopusenc ! mpqrate ! mpqopusdec", 48000, 1)},
      {"camera", "mpqjpegenc",
       picture("mpqjpegenc ! mpqjpegdec", 320, 240, 30 * load, "queue leaky=downstream max-size-buffers=2"),
       true},
      {"jpeg restarted", "mpqjpegenc", picture("mpqjpegenc ! mpqjpegdec", 161, 121, 30 * load), false, 3},
      {"opus restarted", "mpqopusenc", sound("mpqopusenc ! mpqopusdec", 48000, 2), false, 4},
      {"mp3 restarted", "mpqmp3enc", sound("mpqmp3enc bitrate=64 codec-rate=32000 ! mpqmp3dec", 32000, 1),
       false, 5},
      {"mbt2018", "mpqmbt2018enc",
       picture("mpqmbt2018enc" + weights + "! mpqrate ! mpqmbt2018dec" + weights, 128, 96, 10 * load)},
      {"mbt2018 overlapping", "mpqmbt2018enc",
       picture("mpqmbt2018enc overlap=on" + weights + "! mpqmbt2018dec overlap=on" + weights, 128, 96,
               10 * load),
       false, 6},
  };
  std::erase_if(all, is_missing);
  return all;
}

}  // namespace mpq::test
