// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "session.h"

#include <algorithm>
#include <csignal>
#include <iomanip>
#include <iostream>

#include "core/text.h"

namespace mpq::train {
namespace {

volatile std::sig_atomic_t signalled = 0;

void on_signal(int) {
  signalled = 1;
}

std::string duration_text(double seconds) {
  const auto minutes = static_cast<long>(seconds / 60);
  return minutes >= 60 ? text(minutes / 60, " h ", minutes % 60, " min") : text(minutes, " min");
}

}  // namespace

void catch_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

void release_signals() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

bool interrupted() {
  return signalled != 0;
}

std::vector<Picture> load(const std::vector<std::filesystem::path>& files, int least_side,
                          std::size_t memory) {
  Pictures found = load_files(files, {.least_side = least_side, .memory = memory});
  std::cerr << found.pictures.size() << " pictures";
  if (found.small > 0) std::cerr << "; " << found.small << " smaller than " << least_side << " pixels";
  if (found.left_out > 0) std::cerr << "; " << found.left_out << " left out: no more --memory";
  if (!found.damaged.empty())
    std::cerr << "; " << found.damaged.size() << " cannot be read, the first: " << found.damaged.front();
  std::cerr << '\n';
  return std::move(found.pictures);
}

bool use_bfloat16(const Options& options) {
  return options.precision == nn::Precision::bfloat16 ||
         (options.precision == nn::Precision::automatic && bfloat16_is_faster(options.settings.device));
}

TrainerOptions trainer_options(const Options& options, bool bfloat16) {
  TrainerOptions how;
  how.folder = options.output;
  how.schedule = options.schedule;
  how.bfloat16 = bfloat16;
  how.threads = options.threads;
  how.save_interval = 60 * options.save_minutes;
  return how;
}

void print(const LogRow& row, const Schedule& schedule, double seconds) {
  const double rate = row.crops_per_second / schedule.batch;
  double left = std::min(seconds, static_cast<double>(schedule.steps - row.step) / rate);
  if (schedule.minutes > 0) left = std::clamp(60 * schedule.minutes - row.seconds, 0.0, left);
  std::cerr << "step " << row.step;
  if (!(schedule.minutes > 0)) std::cerr << " of " << schedule.steps;
  std::cerr << std::fixed << std::setprecision(4) << ": loss " << row.loss << ", " << row.rate
            << " bits a pixel, " << std::setprecision(2) << row.distortion << " dB, " << std::setprecision(1)
            << row.crops_per_second << " crops/s, waited " << 100 * row.waited << " %, "
            << duration_text(left) << " left" << std::defaultfloat << std::endl;
}

}  // namespace mpq::train
