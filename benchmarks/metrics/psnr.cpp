// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// PSNR of 1920x1080 pictures: mpqpsnr against ffmpeg's psnr filter, as whole processes that read raw files
// from memory, and each filter alone.
#include "metrics/psnr/psnr.h"

#include <cmath>
#include <cstdio>
#include <fstream>

#include "benchmarks/media.h"
#include "benchmarks/process.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

constexpr std::size_t file_frames = 60;
const SizeInfo& size = sizes[1];
constexpr int threads_offered[] = {1, 2, 4};

struct Pair {
  StreamPtr reference, distorted;
};

Pair pictures(const std::string& format) {
  const StreamPtr reference = photographs(size.size, format);
  return {reference,
          through(text("mpqjpegenc quality=5 ! mpqjpegdec ! video/x-raw,format=", format), reference)};
}

psnr::Picture to_picture(const std::string& format, const std::uint8_t* bytes) {
  const ImageView view = view_of(format, size, bytes);
  psnr::Picture picture;
  picture.component_count = 3;
  for (int c = 0; c < 3; ++c) {
    const bool packed = format == "RGB";
    const auto& plane = view.planes[packed ? 0 : static_cast<std::size_t>(c)];
    picture.components[static_cast<std::size_t>(c)] = {.data = plane.data + (packed ? c : 0),
                                                       .row_stride = plane.stride,
                                                       .pixel_stride = packed ? 3 : 1,
                                                       .width = plane_width(view.format, c, size.width),
                                                       .height = plane_height(view.format, c, size.height)};
  }
  return picture;
}

Leg library(const std::string& format, const Pair& pair) {
  return loop_leg("library", [=] {
    return [=](std::size_t i, Bytes*) {
      const std::size_t at = i % pair.reference->buffers.size();
      const gst::ReadMap reference(pair.reference->buffers[at].get()),
          distorted(pair.distorted->buffers[at].get());
      volatile double sum =
          psnr::squared_error(to_picture(format, reference.data()), to_picture(format, distorted.data()))[0]
              .sum;
      static_cast<void>(sum);
    };
  });
}

constexpr const char* in_memory =
    "benchsource name=source0 ! m.ref_sink benchsource name=source1 ! m.dist_0 mpqpsnr name=m ! "
    "benchsink name=sink";

struct Files {
  std::string reference, distorted, ffmpeg_format, gst_format;
};

void write(const std::string& path, const StreamPtr& stream) {
  std::ofstream file(path, std::ios::binary);
  for (std::size_t i = 0; i < file_frames; ++i) {
    const gst::ReadMap map(stream->buffers[i % stream->buffers.size()].get());
    file.write(reinterpret_cast<const char*>(map.data()), static_cast<std::streamsize>(map.size()));
  }
  if (!file.flush()) throw Error(ErrorCode::io, "cannot write " + path);
}

Arguments gst_launch(const Files& files) {
  const auto branch = [&](const std::string& file, const char* pad) {
    const std::size_t bytes = std::filesystem::file_size(file) / file_frames;
    return text("filesrc location=", file, " blocksize=", bytes, " ! rawvideoparse width=", size.width,
                " height=", size.height, " format=", files.gst_format, " framerate=25/1 ! ", pad, ' ');
  };
  Arguments arguments{"gst-launch-1.0", "-q"};
  std::istringstream words(branch(files.reference, "m.ref_sink") + branch(files.distorted, "m.dist_0") +
                           "mpqpsnr name=m ! fakesink sync=false");
  for (std::string word; words >> word;) arguments.push_back(word);
  return arguments;
}

// `loops` 0 reads the files; otherwise their first frames are sent round that many times.
Arguments ffmpeg(const Files& files, int threads, int loops, const char* level = "error") {
  Arguments arguments{"ffmpeg",     "-hide_banner", "-nostdin", "-loglevel", level, "-filter_complex_threads",
                      text(threads)};
  for (const auto& file : {files.reference, files.distorted}) {
    const Arguments input{
        "-f", "rawvideo", "-pix_fmt", files.ffmpeg_format, "-s", text(size.width, 'x', size.height),
        "-i", file};
    arguments.insert(arguments.end(), input.begin(), input.end());
  }
  const std::string loop = text("loop=loop=", loops, ":size=3");
  const std::string graph =
      loops == 0 ? "[0:v][1:v]psnr"
                 : text("[0:v]trim=end_frame=3,", loop, "[a];[1:v]trim=end_frame=3,", loop, "[b];[a][b]psnr");
  for (const std::string& argument :
       {std::string("-filter_complex"), graph, std::string("-f"), std::string("null"), std::string("-")}) {
    arguments.push_back(argument);
  }
  return arguments;
}

// The filter's own cost: what more frames, already in memory, take more.
Leg ffmpeg_filter(const std::string& name, const Files& files, int threads) {
  return {name, [=](std::size_t count, Bytes*) {
            const int few = 20, many = few + static_cast<int>(count + 2) / 3;
            return (run_process(ffmpeg(files, threads, many)) - run_process(ffmpeg(files, threads, few))) /
                   (3.0 * (many - few)) / (1.0 / static_cast<double>(count));
          }};
}

// Both must find the same error over all samples.
void check_agreement(const Files& files, const Pair& pair) {
  std::string log;
  run_process(ffmpeg(files, 1, 0, "info"), {}, &log);
  const std::size_t at = log.rfind("average:");
  const double theirs = at != std::string::npos ? std::strtod(log.c_str() + at + 8, nullptr) : 0;
  double ours = 0;
  run_and_look(in_memory, {pair.reference, pair.distorted}, file_frames, "m", [&](GstElement* element) {
    GstStructure* results = nullptr;
    g_object_get(element, "results", &results, nullptr);
    const gst::StructurePtr owner(results);
    const GValue* first = gst_value_list_get_value(gst_structure_get_value(results, "results"), 0);
    const GValue* details = gst_structure_get_value(gst_value_get_structure(first), "details");
    gst_structure_get_double(gst_value_get_structure(details), "psnr-of-mse", &ours);
  });
  if (!(std::abs(ours - theirs) < 0.001))
    throw Error(ErrorCode::internal, text("mpqpsnr says ", ours, " dB, ffmpeg ", theirs));
}

void compare_filters(Bench& bench, const std::string& format, const Files& files, const Pair& pair,
                     bool peer) {
  const auto name = text("psnr/filter/", format, '/', size.name);
  Comparison c{.name = name, .unit = "picture", .legs = {}, .measure = Measure::wall};
  c.legs = {pipeline_leg("mpqpsnr", in_memory, {pair.reference, pair.distorted}), library(format, pair)};
  for (const int threads : threads_offered) {
    if (!peer) break;
    c.legs.push_back(ffmpeg_filter(text("ffmpeg ", threads, " thr"), files, threads));
    c.bars.push_back({c.legs.back().name, 1});
  }
  bench.compare(c);
}

void compare_processes(Bench& bench, const std::string& format, const Files& files) {
  Comparison c{.name = text("psnr/process/", format, '/', size.name),
               .unit = "picture",
               .legs = {},
               .measure = Measure::wall};
  c.units_a_piece = file_frames;
  c.pieces = 1;
  c.legs = {process_leg("gst-launch", gst_launch(files))};
  for (const int threads : threads_offered) {
    c.legs.push_back(process_leg(text("ffmpeg ", threads, " thr"), ffmpeg(files, threads, 0)));
    c.bars.push_back({c.legs.back().name, 1});
  }
  bench.compare(c);
}

void run(Bench& bench) {
  if (!bench.wants("psnr/filter") && !bench.wants("psnr/process")) return;
  for (const std::string format : {"I420", "RGB"}) {
    const Pair pair = pictures(format);
    const TemporaryFolder folder;
    const Files files{folder.path() / "reference.raw", folder.path() / "distorted.raw",
                      format == "I420" ? "yuv420p" : "rgb24", format == "I420" ? "i420" : "rgb"};
    const bool peer = have_program("ffmpeg") && have_program("gst-launch-1.0");
    if (peer) {
      write(files.reference, pair.reference);
      write(files.distorted, pair.distorted);
      if (format == "I420") check_agreement(files, pair);  // of RGB ffmpeg weighs the components otherwise
    }
    compare_filters(bench, format, files, pair, peer);
    if (peer) compare_processes(bench, format, files);
  }
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("psnr", mpq::bench::run)
