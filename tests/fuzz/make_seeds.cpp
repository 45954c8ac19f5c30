// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Writes the seeds of the fuzz targets, by our own encoders where these can: tests/COMPONENT/seeds/TARGET/.
//   make_seeds TESTS_FOLDER
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "codecs/mp3/mp3.h"
#include "codecs/opus/opus_codec.h"
#include "core/result_io.h"
#include "tests/codecs/jpeg/made_jpegs.h"
#include "tests/codecs/png/made_pngs.h"
#include "tests/codecs/webp/made_webps.h"
#include "tests/core/example_results.h"
#include "tests/stream/made_frames.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"
#include "tests/support/pictures.h"

namespace {

using namespace mpq;
using Data = std::vector<std::uint8_t>;

std::filesystem::path tests_folder;

void write_seed(const std::string& target, const std::string& name, const Data& data) {
  const auto path = tests_folder / target / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

Data join(const std::vector<Data>& parts) {
  Data all;
  for (const Data& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

Data characters(const std::string& text) {
  return {text.begin(), text.end()};
}

void jpeg_seeds() {
  const std::string target = "codecs/jpeg/seeds/jpeg_decoder";
  const test::Picture rgb = test::synthetic(PixelFormat::rgb24, 37, 21);
  const Data baseline = test::jpeg_of(rgb, {.quality = 30});
  const Data progressive =
      test::jpeg_of(rgb, {.quality = 60, .subsampling = jpeg::Subsampling::s444, .progressive = true});
  const Data gray = test::jpeg_of(test::synthetic(PixelFormat::gray8, 9, 17), {.quality = 90});
  write_seed(target, "baseline_420.jpg", baseline);
  write_seed(target, "progressive_444.jpg", progressive);
  write_seed(target, "gray.jpg", gray);
  write_seed(
      target, "optimized_422.jpg",
      test::jpeg_of(rgb, {.quality = 5, .subsampling = jpeg::Subsampling::s422, .optimize_coding = true}));
  write_seed(target, "cmyk.jpg", test::libjpeg_picture(JCS_CMYK, 4));
  write_seed(target, "many_scans.jpg", test::picture_with_many_scans(6));
  write_seed("codecs/jpeg/seeds/jpeg_stream", "two_pictures", join({{50}, baseline, {0xFF, 0, 7}, gray}));
  write_seed("codecs/jpeg/seeds/jpeg_stream", "cut_short",
             join({{3}, Data(baseline.begin(), baseline.begin() + 500), progressive}));
}

void png_seeds() {
  const std::string target = "codecs/png/seeds/png_decoder";
  const Data samples = test::synthetic(PixelFormat::gray8, 24, 9).pixels();
  write_seed(target, "gray.png", test::png_of(24, 9, samples));
  write_seed(target, "gray_16.png", test::png_of(12, 9, samples, {PNG_COLOR_TYPE_GRAY, 16}));
  write_seed(target, "rgb_interlaced.png",
             test::png_of(8, 9, samples, {PNG_COLOR_TYPE_RGB, 8, PNG_INTERLACE_ADAM7}));
  write_seed(target, "rgba.png", test::png_of(6, 9, samples, {PNG_COLOR_TYPE_RGBA, 8}));
  write_seed(target, "palette.png",
             test::png_of(96, 9, samples, {PNG_COLOR_TYPE_PALETTE, 2, PNG_INTERLACE_NONE, true}));
}

void webp_seeds() {
  const std::string target = "codecs/webp/seeds/webp_decoder";
  const test::Picture rgb = test::synthetic(PixelFormat::rgb24, 37, 21);
  const Data lossy = test::webp_of(rgb, {.quality = 30});
  write_seed(target, "lossy.webp", lossy);
  write_seed(target, "lossless.webp", test::webp_of(rgb, {.quality = 50, .lossless = true}));
  write_seed(target, "lossy_alpha.webp", test::webp_of(test::with_alpha(20, 12, false), {.quality = 50}));
  write_seed(target, "lossless_alpha.webp",
             test::webp_of(test::with_alpha(11, 5, false), {.quality = 0, .lossless = true}));
  write_seed(target, "animation.webp", test::animation());
  write_seed("codecs/webp/seeds/webp_stream", "two_pictures", join({lossy, {'R', 'I'}, lossy}));
  write_seed("codecs/webp/seeds/webp_stream", "cut_short", Data(lossy.begin(), lossy.end() - 9));
}

Data mp3_stream(int rate, int channels, int kbps, std::size_t frames) {
  mp3::Encoder encoder(rate, channels, {.bitrate_kbps = kbps});
  const auto audio = test::tones(frames, channels, rate);
  const auto packets = test::encode_all(encoder, test::view(audio, channels));
  return join({encoder.info_tag(), test::concatenate(packets)});
}

void mp3_seeds() {
  const Data mono = mp3_stream(8000, 1, 8, 6000), stereo = mp3_stream(44100, 2, 64, 8000);
  const std::string target = "codecs/mp3/seeds/mp3_decoder";
  write_seed(target, "mono_8k.mp3", mono);
  write_seed(target, "stereo_64k.mp3", stereo);
  write_seed(target, "mono_320k.mp3", mp3_stream(48000, 1, 320, 1200));
  const Data tag{'I', 'D', '3', 4, 0, 0, 0, 0, 0, 5, 'T', 'I', 'T', '2', 0};
  write_seed("codecs/mp3/seeds/mp3_frame", "tagged", join({{99}, tag, mono}));
  write_seed("codecs/mp3/seeds/mp3_frame", "two_streams", join({{4}, mono, {0xFF, 0xFB}, stereo}));
}

Data block(const Data& bytes) {
  const auto size = bytes.size();
  return join({{static_cast<std::uint8_t>(size & 255), static_cast<std::uint8_t>(size >> 8)}, bytes});
}

void opus_seed(const std::string& name, std::uint8_t how, int channels, const opus::EncoderOptions& options) {
  opus::Encoder encoder(48000, channels, options);
  const auto audio = test::tones(7000, channels, 48000);
  const Data head = opus::write_head(encoder.head());
  Data input = join({{how}, block(head)});
  for (const test::Packet& packet : test::encode_all(encoder, test::view(audio, channels)))
    input = join({input, block(packet.bytes)});
  write_seed("codecs/opus/seeds/opus_decoder", name, input);
  write_seed("codecs/opus/seeds/opus_head", name, head);
}

void opus_seeds() {
  opus_seed("speech_6k", 0, 1, {.bitrate = 6000, .signal = opus::Signal::voice});
  opus_seed("music_48k", 0x40, 2, {.bitrate = 48000, .rate_control = opus::RateControl::variable});
  opus_seed("surround", 0x43, 6, {.bitrate = 60000});
  opus_seed("unrelated", 4, 3, {.bitrate = 30000, .surround = false});
  opus_seed(
      "redundant", 0x82, 1,
      {.bitrate = 16000, .signal = opus::Signal::voice, .inband_fec = true, .expected_loss_percent = 20});
  opus_seed("short_frames", 0x41, 2, {.bitrate = 64000, .frame_duration_us = 2500});
}

void result_seeds() {
  const std::string target = "core/seeds/result_file";
  const std::vector<Result> results{test::example_result(), test::awkward_result(),
                                    test::pooled_result("psnr", 30)};
  std::string json, csv = csv_header() + '\n';
  for (const Result& result : results) {
    json += to_json(result) + '\n';
    csv += to_csv(result) + '\n';
  }
  write_seed(target, "three.jsonl", characters(json));
  write_seed(target, "three.csv", characters(csv));
  write_seed(target, "one.json", characters(test::example_json));
  write_seed(target, "one.csv", characters(test::example_csv));
}

void model_seeds() {
  write_seed("models/seeds/model_list", "two.json", characters(R"({"schema": 1, "models": [
{"name": "a", "architecture": "b", "variant": "c", "task": "d", "file": "e", "format": "f", "size": 1,
"sha256": "01234567", "sha256-from": "g", "licence": {"name": "h", "text": "i"}, "preprocessing": "j", "home": "k",
"sources": [{"url": "l"}, {"pypi": "m==1", "member": "n"}, {"npm": "o@1", "member": "p/q"}], "needs": ["r"]},
{"name": "r", "file": "s"}]})"));
}

void list_seeds() {
  const std::string target = "metrics/accuracy/seeds/file_list";
  write_seed(target, "labels.csv",
             characters("file,index,label,mask\nx/a.jpg,7,\"a, \"\"b\"\"\",a.png\r\nb.jpg,,c,\n"));
  write_seed(
      target, "list.json",
      characters(R"([{"file": "a.jpg", "index": 3, "label": "tench", "mask": "a.png"}, {"file": "b.jpg"}])"));
  write_seed(target, "members.json",
             characters(R"({"a.jpg": 3, "b.jpg": "tench", "c.jpg": {"index": 4, "label": "x"}})"));
}

void stream_seeds() {
  const std::string target = "stream/seeds/stream_frame";
  const Data picture = test::picture_frame(60, 1),
             other = test::frame_of(test::example_header(), {{1, 2, 3}, {}, {4}});
  const Data sound = test::frame_of({.codec = static_cast<stream::Codec>(99),
                                     .mode = 7,
                                     .shape = {2, 48000, 1, 3},
                                     .model = 5,
                                     .latents_crc = 6},
                                    {});
  write_seed(target, "two_frames", join({{14}, picture, {0x8D, 'M'}, other}));
  write_seed(target, "signed", join({{255}, other}));
  write_seed(target, "unknown_codec", join({{7}, sound, test::of_version(picture, 2)}));
  write_seed(target, "cut_short", join({{2}, Data(picture.begin(), picture.end() - 9), other, other}));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  tests_folder = argv[1];
  jpeg_seeds();
  png_seeds();
  webp_seeds();
  mp3_seeds();
  opus_seeds();
  result_seeds();
  model_seeds();
  stream_seeds();
  list_seeds();
  return 0;
}
