// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "routes.h"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "support/pipeline.h"
#include "tests/codecs/mbt2018/generated_model.h"

namespace mpq::test {
namespace {

#ifdef MPQ_WITH_NETWORKS
constexpr bool with_networks = true;
#else
constexpr bool with_networks = false;
#endif

const std::string picture =
    "videotestsrc num-buffers=3 pattern=ball ! video/x-raw,width=37,height=21,format=";
const std::string sound = "audiotestsrc num-buffers=12 samplesperbuffer=1000 wave=ticks ! audio/x-raw,rate=";

const std::vector<std::string> jpegs{
    picture + "RGB ! mpqjpegenc quality=30",
    picture + "RGB ! mpqjpegenc quality=60 subsampling=444 progressive=true",
    picture + "GRAY8 ! mpqjpegenc quality=90",
};
const std::vector<std::string> webps{
    picture + "RGB ! mpqwebpenc quality=30",
    picture + "RGB ! mpqwebpenc lossless=true",
    picture + "RGBA ! mpqwebpenc quality=50",
};
const std::vector<std::string> mp3s{
    sound + "44100,channels=2 ! mpqmp3enc bitrate=64",
    sound + "8000,channels=1 ! mpqmp3enc bitrate=8",
};
const std::vector<std::string> opuses{
    sound + "48000,channels=1 ! mpqopusenc bitrate=6000",
    sound + "48000,channels=2 ! mpqopusenc bitrate=64000",
    sound + "48000,channels=6,channel-mask=(bitmask)0x3f ! mpqopusenc bitrate=96000",
};

/// A small network's weights, in a file that goes away with the program, and not with the processes that it
/// forks.
class GeneratedModel {
 public:
  GeneratedModel() { write_mbt2018(path_, mbt2018_tensors({mbt2018::Variant::mbt2018, 2, 4})); }
  ~GeneratedModel() {
    if (getpid() == maker_) std::filesystem::remove(path_);
  }
  GeneratedModel(const GeneratedModel&) = delete;
  GeneratedModel& operator=(const GeneratedModel&) = delete;
  const std::string& path() const { return path_; }

 private:
  pid_t maker_ = getpid();
  std::string path_ =
      (std::filesystem::temp_directory_path() / ("mpq-mutation-" + std::to_string(maker_))).string();
};

std::vector<std::string> with(const std::vector<std::string>& lines, const std::string& end) {
  std::vector<std::string> longer;
  for (const auto& line : lines) longer.push_back(line + end);
  return longer;
}

/// The first packet of the caps' stream header.
Data stream_header(const std::string& text) {
  const gst::CapsPtr caps(gst_caps_from_string(text.c_str()));
  const GValue* headers = gst_structure_get_value(gst_caps_get_structure(caps.get(), 0), "streamheader");
  if (headers == nullptr || gst_value_array_get_size(headers) == 0) return {};
  const gst::ReadMap map(gst_value_get_buffer(gst_value_array_get_value(headers, 0)));
  return {map.data(), map.data() + map.size()};
}

std::vector<Route> make_routes() {
  std::vector<Route> all{
      {"mpqjpegdec-bytes", Framing::file, jpegs, "image/jpeg ! mpqjpegdec"},
      {"mpqjpegdec-parsed", Framing::file, jpegs, "jpegparse ! mpqjpegdec"},
      {"mpqjpegdec-packets", Framing::packets, jpegs, "mpqjpegdec"},
      {"mpqwebpdec-bytes", Framing::file, webps, "image/webp ! mpqwebpdec"},
      {"mpqwebpdec-packets", Framing::packets, webps, "mpqwebpdec"},
      {"mpqmp3dec-parsed", Framing::file, mp3s, "mpegaudioparse ! mpqmp3dec"},
      {"mpqmp3dec-packets", Framing::packets, mp3s, "mpqmp3dec"},
      {"mpqopusdec-ogg", Framing::ogg, with(opuses, " ! oggmux"),
       "oggdemux name=demuxer ! mpqopusdec plc=true"},
      {"mpqopusdec-packets", Framing::packets, opuses, "mpqopusdec plc=true"},
  };
  if constexpr (with_networks) {
    static const GeneratedModel model;
    const std::string settings = " precision=float32 threads=1 model-file=" + model.path();
    const std::vector<std::string> streams{picture + "RGB ! mpqmbt2018enc" + settings};
    all.push_back({"mpqmbt2018dec-bytes", Framing::file, streams,
                   "video/x-mpq,codec=mbt2018 ! mpqmbt2018dec" + settings});
    all.push_back({"mpqmbt2018dec-parsed", Framing::file, streams, "mpqparse ! mpqmbt2018dec" + settings});
    all.push_back({"mpqmbt2018dec-packets", Framing::packets, streams, "mpqmbt2018dec" + settings});
  }
  return all;
}

}  // namespace

const std::vector<Route>& routes() {
  static const std::vector<Route> all = make_routes();
  return all;
}

std::vector<Seed> make_seeds(const Route& route) {
  std::vector<Seed> seeds;
  for (const std::string& line : route.encode) {
    Pipeline pipeline(line + " ! appsink name=out sync=false");
    if (!pipeline.run()) throw std::runtime_error(line + ": " + pipeline.error());
    Seed& seed = seeds.emplace_back();
    Data all;
    for (const Received& packet : pipeline.pull_all()) {
      seed.caps = packet.caps;
      seed.stream.packets.push_back(packet.bytes);
      all.insert(all.end(), packet.bytes.begin(), packet.bytes.end());
    }
    if (all.empty()) throw std::runtime_error(line + " makes nothing");
    if (route.framing == Framing::packets)
      seed.stream.header = stream_header(seed.caps);
    else
      seed.stream.packets = {all};
  }
  return seeds;
}

}  // namespace mpq::test
