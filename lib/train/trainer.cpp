// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/trainer.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

#include "checkpoint/new_file.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/runtime.h"
#include "train/objective.h"
#include "train/optimiser.h"
#include "train/state_file.h"

namespace mpq::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t warm_up = 100;
constexpr double last_share = 0.02, most_norm = 1;
constexpr int most_bad_steps = 100;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check(const Schedule& schedule) {
  const auto refuse = [](const std::string& cause, const char* remedy) {
    throw Error(ErrorCode::invalid_argument, cause, remedy);
  };
  if (schedule.crop < 64 || schedule.crop > 1024 || schedule.crop % 64 != 0)
    refuse(text("crops cannot have ", schedule.crop, " pixels"), "Use a multiple of 64 up to 1024.");
  if (schedule.batch < 1 || schedule.batch > 256)
    refuse(text("a step cannot have ", schedule.batch, " crops"), "Use 1 to 256.");
  if (!(schedule.learning_rate > 0) || schedule.learning_rate > 1)
    refuse(text("a learning rate cannot be ", schedule.learning_rate), "Use a positive number up to 1.");
  if (schedule.steps < 1) refuse("a training needs steps", "Use at least 1.");
  if (!(schedule.minutes >= 0) || schedule.minutes > 1e6)
    refuse(text("a training cannot take ", schedule.minutes, " minutes"), "Use a positive number.");
}

/// Sums of the steps since a row of the log.
struct Interval {
  Figures sum;
  double gradient = 0, waited = 0;
  std::uint64_t steps = 0;
  Clock::time_point start = Clock::now();
};

}  // namespace

double share_done(const Schedule& schedule, std::uint64_t step, double seconds) {
  const double steps = static_cast<double>(step) / static_cast<double>(schedule.steps);
  const double time = schedule.minutes > 0 ? seconds / (60 * schedule.minutes) : 0;
  return std::min(1.0, std::max(steps, time));
}

double learning_rate(const Schedule& schedule, std::uint64_t step, double seconds) {
  const double rise = std::min(1.0, (static_cast<double>(step) + 1) / static_cast<double>(warm_up));
  const double fall = 0.5 * (1 + std::cos(std::numbers::pi * share_done(schedule, step, seconds)));
  return schedule.learning_rate * rise * (last_share + (1 - last_share) * fall);
}

void keep_memory() {
  constexpr int largest = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, largest);
  mallopt(M_TRIM_THRESHOLD, largest);
}

bool bfloat16_is_faster(const std::string& device) {
  return nn::find_device(device).is_cuda() || nn::prefers_bfloat16();
}

struct Trainer::State {
  State(std::shared_ptr<Objective> what, std::vector<Picture> all, const TrainerOptions& how)
      : objective(std::move(what)),
        pictures(std::move(all)),
        options(how),
        optimiser(objective->parameters()) {}

  std::shared_ptr<Objective> objective;
  std::vector<Picture> pictures;
  TrainerOptions options;
  Optimiser optimiser;
  StateSummary summary;
  std::unique_ptr<Log> log;
  std::unique_ptr<Loader> loader;
  Interval interval;
  int bad_steps = 0;

  void begin();
  void take_step();
  LogRow finish_row();
  void note_bad_step();
  bool is_done() const { return share_done(options.schedule, summary.step, summary.seconds) >= 1; }
  double rate() const { return learning_rate(options.schedule, summary.step, summary.seconds); }
};

void Trainer::State::begin() {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error)
    throw Error(ErrorCode::io,
                text("cannot make the folder ", options.folder.string(), ": ", error.message()),
                "Name a folder that can be made, and that you may write to.");
  const auto earlier = read_summary(options.folder);
  summary = {objective->description(), options.schedule, options.bfloat16, 0, 0};
  if (earlier) {
    if (earlier->description != summary.description || earlier->schedule.seed != options.schedule.seed ||
        earlier->bfloat16 != options.bfloat16)
      throw Error(ErrorCode::mismatch,
                  text("the state in ", options.folder.string(), " is of another training"),
                  "Name the options that it was begun with, or another --output.");
    read_state(options.folder, objective->parameters(), optimiser);
    summary.step = earlier->step;
    summary.seconds = earlier->seconds;
  } else {
    objective->initialise(options.schedule.seed);
    optimiser.average.copy_(objective->parameters().values());
  }
  log = std::make_unique<Log>(options.folder / "log.csv", summary.step);
  loader = std::make_unique<Loader>(Cropper(pictures, options.schedule.crop, options.augmentation),
                                    options.schedule.batch, options.schedule.seed, summary.step);
}

void Trainer::State::note_bad_step() {
  if (++bad_steps < most_bad_steps) return;
  throw Error(ErrorCode::internal, text("the loss is no number for ", most_bad_steps, " steps"),
              "Go on from an earlier state with a lower --learning-rate.");
}

void Trainer::State::take_step() {
  const auto start = Clock::now();
  const double waited = loader->seconds_waited();
  const Batch batch = loader->next();
  const Figures figures = objective->backward(batch, options.schedule.seed, summary.step);
  const double norm = optimiser.step(objective->parameters(), summary.step, rate(), most_norm);
  ++summary.step;
  summary.seconds += since(start);
  interval.waited += loader->seconds_waited() - waited;
  if (!std::isfinite(norm) || !std::isfinite(figures.loss)) return note_bad_step();
  bad_steps = 0;
  interval.sum.loss += figures.loss;
  interval.sum.rate += figures.rate;
  interval.sum.distortion += figures.distortion;
  interval.gradient += norm;
  ++interval.steps;
}

LogRow Trainer::State::finish_row() {
  const auto steps = static_cast<double>(std::max<std::uint64_t>(interval.steps, 1));
  const double seconds = since(interval.start);
  LogRow row{.step = summary.step, .seconds = summary.seconds};
  row.loss = interval.sum.loss / steps;
  row.rate = interval.sum.rate / steps;
  row.distortion = interval.sum.distortion / steps;
  row.learning_rate = rate();
  row.gradient = interval.gradient / steps;
  row.crops_per_second = steps * options.schedule.batch / seconds;
  row.waited = interval.waited / seconds;
  log->add(row);
  interval = {};
  return row;
}

Trainer::Trainer(std::shared_ptr<Objective> objective, std::vector<Picture> pictures,
                 const TrainerOptions& options) {
  check(options.schedule);
  nn::place({.precision = nn::Precision::float32, .threads = options.threads});
  state_ = std::make_unique<State>(std::move(objective), std::move(pictures), options);
  state_->begin();
}

Trainer::~Trainer() = default;

std::uint64_t Trainer::step() const noexcept {
  return state_->summary.step;
}

bool Trainer::is_done() const noexcept {
  return state_->is_done();
}

double Trainer::seconds_waited() const noexcept {
  return state_->loader->seconds_waited();
}

void Trainer::run(const std::function<bool()>& stop, const std::function<void(const LogRow&)>& report) {
  State& state = *state_;
  auto saved = Clock::now();
  state.interval = {};
  try {
    while (!state.is_done() && !stop()) {
      state.take_step();
      if (state.summary.step % state.options.log_interval == 0) report(state.finish_row());
      if (since(saved) < state.options.save_interval) continue;
      save();
      saved = Clock::now();
    }
  } catch (const c10::Error& error) {
    nn::rethrow(error, "training");
  }
  if (state.interval.steps > 0) report(state.finish_row());
  save();
}

void Trainer::save() {
  const State& state = *state_;
  const auto& folder = state.options.folder;
  write_state(folder, state.objective->parameters(), state.optimiser, state.summary);
  state.objective->write(folder / "model.safetensors", state.optimiser.average, {},
                         model_metadata(state.summary));
  const std::string plot = plot_svg(state.log->rows());
  checkpoint::NewFile file(folder / "log.svg");
  file.write({reinterpret_cast<const std::uint8_t*>(plot.data()), plot.size()});
  file.commit();
}

void export_model(const std::filesystem::path& folder, const std::filesystem::path& file,
                  const std::shared_ptr<Objective>& objective, const ModelForm& form) {
  const auto summary = read_summary(folder);
  if (!summary)
    throw Error(ErrorCode::io, text("there is no ", state_file(folder).string()),
                "Name the --output folder of a training.");
  Optimiser optimiser(objective->parameters());
  read_state(folder, objective->parameters(), optimiser);
  objective->write(file, optimiser.average, form, model_metadata(*summary));
}

}  // namespace mpq::train
