// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/error.h"
#include "core/text.h"
#include "nn/weights.h"
#include "train/mbt2018/model_file.h"

namespace mpq::train::mbt2018 {

void read_model(const mpq::mbt2018::Model& model, Network& network) {
  const c10::NoGradGuard guard;
  const Parameters& parameters = network.parameters();
  for (const auto& [name, shape] : parameters.shapes()) {
    if (name == "entropy_bottleneck.medians") continue;
    const bool gain = name.starts_with("log_");
    const std::string tensor = gain ? name.substr(4) : name;
    at::Tensor values =
        nn::load(model.weights.checkpoint(), model.weights.tensor(tensor), at::kFloat, at::kCPU);
    if (gain) values = values.log();  // no number where it is not positive
    if (network.architecture().nano) values = values / unit(name);
    if (!values.isfinite().all().item<bool>())
      throw Error(
          ErrorCode::corrupt_data,
          text(model.weights.checkpoint().file(), ": tensor ", tensor, " holds values that cannot be"),
          "Fetch or export the model again.");
    parameters.part(parameters.values(), name).copy_(values);
  }
  network.update_medians();
}

}  // namespace mpq::train::mbt2018
