// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/state_file.h"

#include <array>
#include <charconv>
#include <limits>
#include <sstream>
#include <utility>

#include "checkpoint/binding.h"
#include "checkpoint/safetensors_writer.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/weights.h"

namespace mpq::train {
namespace {

constexpr const char* format = "mpq-train state 1";
/// The description's entries begin with this.
const std::string objective_prefix = "objective.";

[[noreturn]] void unusable(const std::filesystem::path& file, const std::string& why) {
  throw Error(ErrorCode::corrupt_data, text(file.string(), " is no state of a training: ", why),
              "Remove the file, or name another --output, to train anew.");
}

using Tensors = std::array<std::pair<const char*, at::Tensor>, 4>;

Tensors tensors_of(const Parameters& parameters, const Optimiser& optimiser) {
  return {{{"weights.", parameters.values()},
           {"moment1.", optimiser.moment1},
           {"moment2.", optimiser.moment2},
           {"average.", optimiser.average}}};
}

/// Of all values, to find damage that leaves a file's form as it is.
std::string hash_of(const Tensors& tensors) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor values = tensor.cpu();
    const auto* words = static_cast<const std::uint32_t*>(values.data_ptr());
    for (std::int64_t i = 0; i < tensor.numel(); ++i) hash = (hash ^ words[i]) * 0x100000001B3;
  }
  return text(hash);
}

std::map<std::string, std::string> metadata_of(const StateSummary& summary) {
  const auto exact = [](double value) {
    std::ostringstream out;
    out.precision(std::numeric_limits<double>::max_digits10);
    out << value;
    return out.str();
  };
  const Schedule& schedule = summary.schedule;
  std::map<std::string, std::string> metadata{{"format", format},
                                              {"step", text(summary.step)},
                                              {"seconds", exact(summary.seconds)},
                                              {"precision", summary.bfloat16 ? "bfloat16" : "float32"},
                                              {"steps", text(schedule.steps)},
                                              {"minutes", exact(schedule.minutes)},
                                              {"learning-rate", exact(schedule.learning_rate)},
                                              {"batch", text(schedule.batch)},
                                              {"crop", text(schedule.crop)},
                                              {"seed", text(schedule.seed)}};
  for (const auto& [name, value] : summary.description) metadata[objective_prefix + name] = value;
  return metadata;
}

template <class Number>
void read_number(const checkpoint::Checkpoint& file, const std::string& name, Number* value) {
  const auto found = file.metadata().find(name);
  if (found != file.metadata().end()) {
    const char* end = found->second.data() + found->second.size();
    const auto [rest, error] = std::from_chars(found->second.data(), end, *value);
    if (error == std::errc() && rest == end) return;
  }
  unusable(file.file(), "it does not say its " + name);
}

checkpoint::Binding bind(std::shared_ptr<const checkpoint::Checkpoint> file, const Parameters& parameters,
                         const Tensors& tensors) {
  std::vector<checkpoint::Wanted> wanted;
  for (const auto& [prefix, all] : tensors)
    for (const auto& [name, shape] : parameters.shapes()) wanted.push_back({prefix + name, shape});
  return checkpoint::bind(std::move(file), wanted, {}, [](const checkpoint::Checkpoint&) {
    return std::string("Name the options that it was trained with, or another --output.");
  });
}

}  // namespace

std::filesystem::path state_file(const std::filesystem::path& folder) {
  return folder / "state.safetensors";
}

std::optional<StateSummary> read_summary(const std::filesystem::path& folder) {
  const std::filesystem::path path = state_file(folder);
  if (!std::filesystem::exists(path)) return std::nullopt;
  const auto file = checkpoint::open(path);
  const auto& metadata = file->metadata();
  if (const auto found = metadata.find("format"); found == metadata.end() || found->second != format)
    unusable(path, "its format is another");
  StateSummary summary;
  read_number(*file, "step", &summary.step);
  read_number(*file, "seconds", &summary.seconds);
  read_number(*file, "steps", &summary.schedule.steps);
  if (metadata.contains("minutes")) read_number(*file, "minutes", &summary.schedule.minutes);
  read_number(*file, "learning-rate", &summary.schedule.learning_rate);
  read_number(*file, "batch", &summary.schedule.batch);
  read_number(*file, "crop", &summary.schedule.crop);
  read_number(*file, "seed", &summary.schedule.seed);
  const auto precision = metadata.find("precision");
  summary.bfloat16 = precision != metadata.end() && precision->second == "bfloat16";
  for (const auto& [name, value] : metadata)
    if (name.starts_with(objective_prefix)) summary.description[name.substr(objective_prefix.size())] = value;
  return summary;
}

std::map<std::string, std::string> model_metadata(const StateSummary& summary) {
  std::map<std::string, std::string> metadata = summary.description;
  metadata["steps"] = text(summary.step);
  metadata["seed"] = text(summary.schedule.seed);
  metadata["made-by"] = "mpq-train";
  return metadata;
}

void write_state(const std::filesystem::path& folder, const Parameters& parameters,
                 const Optimiser& optimiser, const StateSummary& summary) {
  const Tensors tensors = tensors_of(parameters, optimiser);
  std::vector<checkpoint::TensorSource> sources;
  for (const auto& [prefix, all] : tensors)
    for (const auto& [name, shape] : parameters.shapes()) {
      const at::Tensor part = parameters.part(all, name).cpu();
      sources.push_back({{prefix + name, checkpoint::Dtype::float32, shape}, [part] {
                           const auto* bytes = static_cast<const std::uint8_t*>(part.data_ptr());
                           return checkpoint::Data{{bytes, part.nbytes()}, nullptr, false};
                         }});
    }
  auto metadata = metadata_of(summary);
  metadata["hash"] = hash_of(tensors);
  checkpoint::write_safetensors(state_file(folder), sources, metadata);
}

void read_state(const std::filesystem::path& folder, const Parameters& parameters, Optimiser& optimiser) {
  const auto file = checkpoint::open(state_file(folder));
  const Tensors tensors = tensors_of(parameters, optimiser);
  const checkpoint::Binding binding = bind(file, parameters, tensors);
  for (const auto& [prefix, all] : tensors)
    for (const auto& [name, shape] : parameters.shapes())
      parameters.part(all, name).copy_(nn::load(*file, binding.tensor(prefix + name), at::kFloat, at::kCPU));
  const auto hash = file->metadata().find("hash");
  if (hash == file->metadata().end() || hash->second != hash_of(tensors))
    unusable(file->file(), "its values are not those that were written");
}

}  // namespace mpq::train
