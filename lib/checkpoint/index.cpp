// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/index.h"

#include "core/error.h"
#include "core/text.h"

namespace mpq::checkpoint {

Index::Index(const Checkpoint& file, const KeyMap& names, std::string network, std::string remedy)
    : file_(file), network_(std::move(network)), remedy_(std::move(remedy)) {
  for (const Tensor& tensor : file.tensors())
    if (const auto name = own_name(names, tensor.name)) tensors_.emplace(*name, &tensor);
}

int Index::size(const std::string& name, std::size_t rank, std::size_t axis) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) refuse("it has no tensor " + name);
  const auto& shape = found->second->shape;
  if (shape.size() != rank) refuse(text(name, " has ", shape.size(), " dimensions"));
  if (shape[axis] < 1 || shape[axis] > 1 << 20) refuse(text(name, " has the size ", shape[axis]));
  return static_cast<int>(shape[axis]);
}

void Index::refuse(const std::string& why) const {
  throw Error(ErrorCode::mismatch, text(file_.file(), " holds no ", network_, " that mpq knows: ", why),
              remedy_);
}

}  // namespace mpq::checkpoint
