// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iomanip>
#include <iostream>

#include "core/error.h"
#include "core/text.h"
#include "train/mbt2018/validation.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

volatile std::sig_atomic_t interrupted = 0;

void on_signal(int) {
  interrupted = 1;
}

double minutes_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count() / 60;
}

std::vector<Picture> load(const std::vector<fs::path>& folders, int least_side, std::size_t memory) {
  Pictures found = load_pictures(folders, {.least_side = least_side, .memory = memory});
  std::cerr << found.pictures.size() << " pictures";
  if (found.small > 0) std::cerr << "; " << found.small << " smaller than " << least_side << " pixels";
  if (found.left_out > 0) std::cerr << "; " << found.left_out << " left out: no more --memory";
  if (!found.damaged.empty())
    std::cerr << "; " << found.damaged.size() << " cannot be read, the first: " << found.damaged.front();
  std::cerr << '\n';
  return std::move(found.pictures);
}

/// A file that goes away with the object.
struct Draft {
  fs::path path;
  ~Draft() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
};

/// Codes the pictures at each level, prints the scores and adds them to validation.csv.
void validate(const Options& options, const fs::path& folder, const std::vector<Picture>& pictures) {
  const std::uint64_t step = read_summary(folder).value().step;
  const fs::path table = folder / "validation.csv";
  const bool begun = fs::exists(table);
  std::ofstream out(table, std::ios::app);
  if (!begun) out << "step,level,rate_bpp,psnr_db\n";
  const auto objective = mbt2018::make_objective(options.settings);
  for (int level = 0; level < options.settings.levels; ++level) {
    const Draft draft{folder / text(".validation-", getpid(), ".safetensors")};
    export_model(folder, draft.path, objective, level);
    const mbt2018::Score score = mbt2018::validate(draft.path, pictures, options.threads);
    out << step << ',' << level << ',' << score.rate << ',' << score.psnr << '\n';
    std::cerr << text("step ", step, ", level ", level, ": ") << std::fixed << std::setprecision(4)
              << score.rate << " bits a pixel, PSNR " << std::setprecision(3) << score.psnr
              << std::defaultfloat << " dB (" << pictures.size() << " pictures)\n";
  }
  if (!out.flush()) throw Error(ErrorCode::io, text("cannot write ", table.string()), "Make room.");
}

std::string duration_text(double seconds) {
  const auto minutes = static_cast<long>(seconds / 60);
  return minutes >= 60 ? text(minutes / 60, " h ", minutes % 60, " min") : text(minutes, " min");
}

void print(const LogRow& row, const Options& options) {
  const double rate = row.crops_per_second / options.schedule.batch;
  double left = static_cast<double>(options.schedule.steps - row.step) / rate;
  if (options.minutes) left = std::min(left, *options.minutes * 60);
  std::cerr << std::fixed << std::setprecision(4) << "step " << row.step << " of " << options.schedule.steps
            << ": loss " << row.loss << ", " << row.rate << " bits a pixel, " << std::setprecision(2)
            << row.distortion << " dB, " << std::setprecision(1) << row.crops_per_second
            << " crops/s, waited " << 100 * row.waited << " %, " << duration_text(left) << " left"
            << std::defaultfloat << std::endl;
}

bool use_bfloat16(const Options& options) {
  return options.precision == nn::Precision::bfloat16 ||
         (options.precision == nn::Precision::automatic && bfloat16_is_faster());
}

}  // namespace

void run_training(const Options& options) {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  keep_memory();
  mbt2018::Settings settings = options.settings;
  settings.bfloat16 = use_bfloat16(options);
  TrainerOptions how;
  how.folder = options.output;
  how.schedule = options.schedule;
  how.bfloat16 = settings.bfloat16;
  how.threads = options.threads;
  how.save_interval = 60 * options.save_minutes;
  const auto validation =
      options.validation.empty() ? std::vector<Picture>() : load(options.validation, 1, options.memory);
  Trainer trainer(mbt2018::make_objective(settings),
                  load(options.data, options.schedule.crop, options.memory), how);
  std::cerr << (trainer.step() > 0 ? text("going on from step ", trainer.step())
                                   : std::string("a new training"))
            << (settings.bfloat16 ? ", bfloat16" : ", float32") << '\n';
  const auto start = Clock::now();
  const auto ended = [&] {
    return interrupted != 0 || (options.minutes && minutes_since(start) >= *options.minutes);
  };
  do {
    const auto part = Clock::now();
    const bool parts = !validation.empty();
    trainer.run([&] { return ended() || (parts && minutes_since(part) >= options.validate_minutes); },
                [&](const LogRow& row) {
                  Options remaining = options;
                  if (remaining.minutes) remaining.minutes = *remaining.minutes - minutes_since(start);
                  print(row, remaining);
                });
    if (parts && interrupted == 0) validate(options, options.output, validation);
  } while (!ended() && trainer.step() < options.schedule.steps);
  std::cerr << "saved at step " << trainer.step() << ": " << (options.output / "model.safetensors").string()
            << '\n';
}

void run_export(const Options& options) {
  export_model(options.output, options.names[1], mbt2018::make_objective(options.settings), options.level);
}

void run_validation(const Options& options) {
  validate(options, options.output, load(options.data, 1, options.memory));
}

}  // namespace mpq::train
