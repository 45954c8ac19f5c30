// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "run.h"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>

#include "core/error.h"
#include "core/text.h"
#include "session.h"
#include "train/mbt2018/validation.h"
#include "train/objective.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double minutes_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count() / 60;
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
  const Draft draft{folder / text(".validation-", getpid(), ".safetensors")};
  export_model(folder, draft.path, objective, {});
  const std::vector<Score> scores = mbt2018::validate(draft.path, pictures, options.threads);
  for (std::size_t level = 0; level < scores.size(); ++level) {
    const Score& score = scores[level];
    out << step << ',' << level << ',' << score.rate << ',' << score.psnr << '\n';
    std::cerr << text("step ", step, ", level ", level, ": ") << std::fixed << std::setprecision(4)
              << score.rate << " bits a pixel, PSNR " << std::setprecision(3) << score.psnr
              << std::defaultfloat << " dB (" << pictures.size() << " pictures)\n";
  }
  if (!out.flush()) throw Error(ErrorCode::io, text("cannot write ", table.string()), "Make room.");
}

}  // namespace

void run_training(const Options& options) {
  catch_signals();
  keep_memory();
  mbt2018::Settings settings = options.settings;
  settings.bfloat16 = use_bfloat16(options);
  const auto validation = options.validation.empty()
                              ? std::vector<Picture>()
                              : load(find_pictures(options.validation), 1, options.memory);
  Trainer trainer(mbt2018::make_objective(settings),
                  load(find_pictures(options.data), options.schedule.crop, options.memory),
                  trainer_options(options, settings.bfloat16));
  std::cerr << (trainer.step() > 0 ? text("going on from step ", trainer.step())
                                   : std::string("a new training"))
            << (settings.bfloat16 ? ", bfloat16" : ", float32") << '\n';
  const auto start = Clock::now();
  const auto ended = [&] {
    return interrupted() || (options.minutes && minutes_since(start) >= *options.minutes);
  };
  do {
    const auto part = Clock::now();
    const bool parts = !validation.empty();
    trainer.run([&] { return ended() || (parts && minutes_since(part) >= options.validate_minutes); },
                [&](const LogRow& row) {
                  constexpr double endless = std::numeric_limits<double>::infinity();
                  print(row, options.schedule,
                        options.minutes ? 60 * (*options.minutes - minutes_since(start)) : endless);
                });
    if (parts && !interrupted()) validate(options, options.output, validation);
  } while (!ended() && !trainer.is_done());
  std::cerr << "saved at step " << trainer.step() << ": " << (options.output / "model.safetensors").string()
            << '\n';
}

void run_export(const Options& options) {
  export_model(options.output, options.names[1], mbt2018::make_objective(options.settings),
               {.level = options.level, .float16 = options.float16});
}

void run_validation(const Options& options) {
  validate(options, options.output, load(find_pictures(options.data), 1, options.memory));
}

}  // namespace mpq::train
