// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A training: batches to an objective, its gradients to the optimiser, and all of it kept in a folder so that
// it can be killed at any time and gone on with. No LibTorch header.
//
// The folder: state.safetensors (all that the training needs to go on), model.safetensors (what it has come
// to: the average of the weights), log.csv and log.svg.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/crops.h"
#include "train/log.h"

namespace mpq::train {

class Objective;
struct ModelForm;

struct Schedule {
  std::uint64_t steps = 200000;  ///< until the learning rate is down at its end
  double minutes = 0;            ///< of training until then, if that is sooner; 0: steps alone count
  double learning_rate = 1e-3;   ///< Adam's, at first; falls as a cosine does to a fiftieth
  int batch = 4;                 ///< crops a step
  int crop = 192;                ///< pixels, a multiple of 64
  std::uint64_t seed = 1;
};

/// Of the whole training, done after these steps and seconds: 0 to 1.
double share_done(const Schedule& schedule, std::uint64_t step, double seconds);

/// Of a step from 0, after so many seconds: rises over the first 100 steps, then falls.
double learning_rate(const Schedule& schedule, std::uint64_t step, double seconds = 0);

/// What a folder's state says of the training that it is of.
struct StateSummary {
  std::map<std::string, std::string> description;  ///< of the objective
  Schedule schedule;
  bool bfloat16 = false;
  std::uint64_t step = 0;
  double seconds = 0;  ///< trained so far
};

/// None where the folder has no state. Throws Error(corrupt_data, io, mismatch) for one that cannot be used.
std::optional<StateSummary> read_summary(const std::filesystem::path& folder);

/// Lets this process keep the memory that a step has used for the next one: asking the system anew for every
/// tensor takes a tenth of the time. For programs whose work is training.
void keep_memory();

/// Whether steps are faster with it on this device ("cpu", "cuda:1"): measured once, in some milliseconds.
/// Throws what nn::find_device() throws.
bool bfloat16_is_faster(const std::string& device);

struct TrainerOptions {
  std::filesystem::path folder;  ///< is made where it is not there
  Schedule schedule;
  bool bfloat16 = false;  ///< what the objective was made with
  int threads = 0;        ///< 0: one for each processor that this process may use
  Augmentation augmentation;
  std::uint64_t log_interval = 100;  ///< steps a row of the log
  double save_interval = 120;        ///< seconds
};

/// Not thread-safe.
class Trainer {
 public:
  /// Goes on from the folder's state, if it has one, otherwise begins. `pictures` are at least as large as a
  /// crop. Throws Error: what reading the state throws; mismatch where it is of another objective or seed;
  /// invalid_argument for schedules that cannot be; io where the folder cannot be written.
  Trainer(std::shared_ptr<Objective> objective, std::vector<Picture> pictures, const TrainerOptions& options);
  ~Trainer();
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  std::uint64_t step() const noexcept;
  /// Whether the schedule has come to its end.
  bool is_done() const noexcept;
  /// Seconds that steps waited for crops, since this object is there.
  double seconds_waited() const noexcept;

  /// Trains until the schedule's end or until `stop`, asked after every step, says so; then saves. `report`
  /// is called for every row of the log. Throws Error(internal) where the loss is no number for many steps,
  /// and what save() throws.
  void run(const std::function<bool()>& stop, const std::function<void(const LogRow&)>& report);
  /// Throws Error(io), for example where the disk is full; what was saved before is still there then.
  void save();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes the model that the folder's state has come to. Throws what reading the state throws, Error(io)
/// where there is none, and what writing throws.
void export_model(const std::filesystem::path& folder, const std::filesystem::path& file,
                  const std::shared_ptr<Objective>& objective, const ModelForm& form);

}  // namespace mpq::train
