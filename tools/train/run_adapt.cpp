// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <set>

#include "core/error.h"
#include "core/text.h"
#include "data/held_back.h"
#include "run.h"
#include "session.h"
#include "tools/models/checksum.h"
#include "train/mbt2018/validation.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;

/// Of those that are held back: more tell hardly more, and coding them takes time.
constexpr std::size_t most_held_back = 50;

struct Split {
  std::vector<fs::path> train, held_back;
};

/// Told apart by their content, so that no copy of a held-back picture is trained on.
Split split(const Options& options) {
  std::multimap<std::string, fs::path> data;
  for (const fs::path& file : find_pictures(options.data)) data.emplace(models::sha256_of(file), file);
  Split parts;
  std::set<std::string> held_back;
  for (const fs::path& file : find_pictures(options.validation)) {
    held_back.insert(models::sha256_of(file));
    parts.held_back.push_back(file);
  }
  const bool own = options.validation.empty();
  for (const auto& [sum, file] : data) {
    // The first of all where no other is.
    if (own && (is_held_back(sum) || held_back.empty()) && held_back.insert(sum).second &&
        parts.held_back.size() < most_held_back)
      parts.held_back.push_back(file);
    if (!held_back.contains(sum)) parts.train.push_back(file);
  }
  if (!data.empty() && parts.train.empty())
    throw Error(ErrorCode::invalid_argument,
                "beside the pictures that are held back there is none to train on",
                "Name more pictures with --data, or others with --validate.");
  return parts;
}

Augmentation as_they_are() {
  return {.largest_scale = 1, .jitter_chance = 0};
}

void write_table(const fs::path& file, const std::vector<Score>& before, const std::vector<Score>& after) {
  std::ofstream out(file);
  out << "model,level,rate_bpp,psnr_db\n";
  for (const auto& [name, scores] : {std::pair{"before", &before}, {"after", &after}})
    for (std::size_t level = 0; level < scores->size(); ++level)
      out << name << ',' << level << ',' << (*scores)[level].rate << ',' << (*scores)[level].psnr << '\n';
  if (!out.flush()) throw Error(ErrorCode::io, text("cannot write ", file.string()), "Make room.");
}

void print(const std::vector<Score>& before, const std::vector<Score>& after) {
  std::cout << "         before                 after\n"
               "  level  bits a pixel  PSNR dB  bits a pixel  PSNR dB\n"
            << std::fixed;
  for (std::size_t level = 0; level < before.size(); ++level) {
    std::cout << std::setw(7) << level;
    for (const Score& score : {before[level], after.at(level)})
      std::cout << std::setprecision(4) << std::setw(14) << score.rate << std::setprecision(2) << std::setw(9)
                << score.psnr;
    std::cout << '\n';
  }
  if (const auto change = bd_rate(before, after))
    std::cout << std::showpos << std::setprecision(2) << *change << std::noshowpos
              << " % of the rate at equal PSNR (Bjontegaard)\n";
  else
    std::cout << "no rate at equal PSNR: the two curves have no PSNR in common, or one has a single level\n";
  std::cout << std::defaultfloat << std::flush;
}

}  // namespace

void run_adapt(const Options& options) {
  keep_memory();
  const fs::path& model = options.names.front();
  mbt2018::Settings settings = options.settings;
  settings.bfloat16 = use_bfloat16(options);
  const auto objective = mbt2018::make_objective(settings, model);
  const Split files = split(options);
  std::cerr << "held back: ";
  const std::vector<Picture> held_back = load(files.held_back, 1, options.memory);
  std::cerr << "to train on: ";
  TrainerOptions how = trainer_options(options, settings.bfloat16);
  if (!options.augment) how.augmentation = as_they_are();
  Trainer trainer(objective, load(files.train, options.schedule.crop, options.memory), how);
  std::cerr << (trainer.step() > 0 ? text("going on from step ", trainer.step())
                                   : text("adapting ", model.string()))
            << (settings.bfloat16 ? ", bfloat16" : ", float32") << '\n';
  const std::vector<Score> before = mbt2018::validate(model, held_back, options.threads);
  catch_signals();
  trainer.run(interrupted, [&](const LogRow& row) { print(row, options.schedule); });
  release_signals();  // from here on nothing can be lost
  const fs::path adapted = options.output / "model.safetensors";
  std::cerr << "saved at step " << trainer.step() << ": " << adapted.string() << '\n';
  if (!trainer.is_done()) {
    std::cerr << "interrupted: the same command goes on\n";
    return;
  }
  const std::vector<Score> after = mbt2018::validate(adapted, held_back, options.threads);
  write_table(options.output / "adaptation.csv", before, after);
  print(before, after);
}

}  // namespace mpq::train
