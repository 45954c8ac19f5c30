// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// convert: weights of any format as safetensors.
#include <iostream>

#include "checkpoint/safetensors_writer.h"
#include "commands.h"
#include "core/error.h"
#include "core/text.h"
#include "files.h"
#include "models/model_store.h"

namespace mpq::models {
namespace {

namespace fs = std::filesystem;
using Sources = std::vector<checkpoint::TensorSource>;

fs::path output_of(const Options& options) {
  fs::path output = options.names[1];
  if (output.extension() != ".safetensors")
    throw Error(ErrorCode::invalid_argument,
                text("the output is safetensors, but is called ", output.string()),
                "Give it a name that ends in .safetensors.");
  std::error_code ignored;
  if (!options.force && fs::exists(fs::symlink_status(output, ignored)))
    throw Error(ErrorCode::io, text(output.string(), " is there already"), "Give --force to replace it.");
  return output;
}

// What was written must be what any element will read.
void check_written(const fs::path& output, const Sources& written) {
  const auto file = checkpoint::open(output);
  bool same = file->tensors().size() == written.size();
  for (std::size_t i = 0; same && i < written.size(); ++i) {
    const checkpoint::Tensor &found = file->tensors()[i], &wanted = written[i].tensor;
    same = found.name == wanted.name && found.dtype == wanted.dtype && found.shape == wanted.shape;
  }
  if (!same)
    throw Error(ErrorCode::internal, text(output.string(), " does not have the tensors it should have"));
}

}  // namespace

void convert_model(const Options& options) {
  const fs::path output = output_of(options);
  const auto input = checkpoint::open(find_model(options.names[0]));
  const Sources tensors = checkpoint::tensors_of(input, options.type);
  if (tensors.empty())
    throw Error(ErrorCode::unsupported, text(input->file(), " holds no tensors"), "Name a file of weights.");
  checkpoint::write_safetensors(output, tensors, input->metadata());
  check_written(output, tensors);
  std::cout << output.string() << ": " << tensors.size() << (tensors.size() == 1 ? " tensor, " : " tensors, ")
            << size_text(size_or_zero(output)) << ", "
            << (options.type ? text("floating-point values as ", name_of(*options.type)) : "types kept")
            << '\n';
}

}  // namespace mpq::models
