// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a checkpoint's tensors say of the network that they belong to.
#pragma once

#include <map>
#include <string>

#include "checkpoint/binding.h"

namespace mpq::checkpoint {

/// A file's tensors by a model's own names, for finding out sizes before the file is bound. The checkpoint
/// must outlive it.
class Index {
 public:
  /// `network` ("Vision Transformer") and `remedy` are for the errors.
  Index(const Checkpoint& file, const KeyMap& names, std::string network, std::string remedy);

  bool has(const std::string& name) const { return tensors_.contains(name); }

  /// One size of a tensor that has `rank` dimensions; 1 to 2^20. Throws Error(mismatch), as refuse() does.
  int size(const std::string& name, std::size_t rank, std::size_t axis) const;

  /// Throws Error(mismatch): the file holds no such network, and why.
  [[noreturn]] void refuse(const std::string& why) const;

 private:
  const Checkpoint& file_;
  std::string network_, remedy_;
  std::map<std::string, const Tensor*> tensors_;
};

}  // namespace mpq::checkpoint
