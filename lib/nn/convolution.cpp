// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/convolution.h"

#include <list>
#include <map>
#include <mutex>
#include <vector>

namespace mpq::nn {
namespace {

/// All that oneDNN tells plans apart by.
using Key = std::vector<std::int64_t>;

/// Plans that oneDNN still has, as it keeps the 1024 that were used last: a convolution has up to four, with
/// its inputs' changes of layout, and other layers have some.
class Planned {
 public:
  bool contains(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return false;
    order_.splice(order_.begin(), order_, found->second);
    return true;
  }

  void add(const Key& key) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(key)) return;
    order_.push_front(key);
    places_[key] = order_.begin();
    if (order_.size() <= most) return;
    places_.erase(order_.back());
    order_.pop_back();
  }

 private:
  static constexpr std::size_t most = 128;

  std::mutex mutex_;
  std::list<Key> order_;  ///< the latest first
  std::map<Key, std::list<Key>::iterator> places_;
};

void append(Key* key, at::IntArrayRef values) {
  key->insert(key->end(), values.begin(), values.end());
}

Key key_of(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  Key key{at::get_num_threads(), static_cast<std::int64_t>(x.scalar_type()), bias.defined()};
  for (const at::Tensor* tensor : {&x, &weight}) {
    append(&key, tensor->sizes());
    append(&key, tensor->strides());
  }
  return key;
}

template <class Function>
at::Tensor alone_at_first(const at::Tensor& x, const Key& key, const Function& function) {
  static Planned planned;
  static std::mutex planning;
  if (!x.is_cpu() || planned.contains(key)) return function();
  const std::lock_guard lock(planning);
  at::Tensor out = function();
  planned.add(key);
  return out;
}

}  // namespace

at::Tensor conv2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  at::IntArrayRef stride, at::IntArrayRef padding, std::int64_t groups) {
  Key key = key_of(x, weight, bias);
  for (const at::IntArrayRef values : {stride, padding, at::IntArrayRef(groups)}) append(&key, values);
  return alone_at_first(x, key,
                        [&] { return at::conv2d(x, weight, bias, stride, padding, /*dilation=*/1, groups); });
}

at::Tensor conv_transpose2d(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef output_padding) {
  Key key = key_of(x, weight, bias);
  for (const at::IntArrayRef values : {stride, padding, output_padding}) append(&key, values);
  key.push_back(-1);  // no convolution's groups
  return alone_at_first(
      x, key, [&] { return at::conv_transpose2d(x, weight, bias, stride, padding, output_padding); });
}

}  // namespace mpq::nn
