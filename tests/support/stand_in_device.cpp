// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A device of LibTorch's that is no CPU, for machines that have none: linked into a program, it is
// "privateuseone". Operators run on the CPU, but LibTorch refuses to mix its tensors with the CPU's, as it
// does with CUDA's, and its addresses are none of the host's, so that code which reads them ends there.
// Results are the CPU's.
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdint>

#include "nn/torch.h"

namespace mpq::test {
namespace {

constexpr c10::DeviceType stand_in = c10::DeviceType::PrivateUse1;
/// What no address of a program has.
constexpr std::uintptr_t mark = std::uintptr_t{1} << 62;

void* marked(void* address) {
  return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(address) | mark);
}

void* host(const void* address) {
  return reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(address) & ~mark);
}

/// Of the CPU, with the same elements.
at::Tensor on_host(const at::Tensor& x) {
  if (x.is_cpu()) return x;
  void* data = host(static_cast<const char*>(x.storage().data_ptr().get()) +
                    static_cast<std::size_t>(x.storage_offset()) * x.element_size());
  return at::from_blob(data, x.sizes(), x.strides(), x.options().device(at::kCPU));
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, c10::optional<at::ScalarType> type,
                         c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>) {
  const auto dtype = c10::scalarTypeToTypeMeta(type.value_or(at::kFloat));
  const std::size_t bytes = at::detail::computeStorageNbytes(sizes, strides, dtype.itemsize());
  c10::DataPtr memory = c10::GetAllocator(c10::DeviceType::CPU)->allocate(bytes);
  void* address = memory.get();
  const auto release = memory.get_deleter();
  c10::Storage storage(c10::Storage::use_byte_size_t(), bytes,
                       c10::DataPtr(marked(address), memory.release_context(), release, {stand_in, 0}),
                       nullptr, false);
  at::Tensor tensor = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), dtype);
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(sizes, strides);
  return tensor;
}

at::Tensor empty(at::IntArrayRef sizes, c10::optional<at::ScalarType> type, c10::optional<at::Layout> layout,
                 c10::optional<at::Device> device, c10::optional<bool> pinned,
                 c10::optional<at::MemoryFormat> format) {
  const at::Tensor like = at::empty(sizes, at::TensorOptions(at::kByte).memory_format(format));
  return empty_strided(sizes, like.strides(), type, layout, device, pinned);
}

at::Tensor copy_from(const at::Tensor& from, const at::Tensor& to, bool) {
  on_host(to).copy_(on_host(from));
  return to;
}

at::Tensor& set_storage(at::Tensor& x, const at::Tensor& from) {
  x.unsafeGetTensorImpl()->set_storage_keep_dtype(from.storage());
  x.unsafeGetTensorImpl()->set_sizes_and_strides(from.sizes(), from.strides());
  return x;
}

at::Tensor copy_from_and_resize(const at::Tensor& from, const at::Tensor& to) {
  at::Tensor target = to;
  if (to.sizes() != from.sizes()) set_storage(target, at::empty(from.sizes(), to.options()));
  return copy_from(from, target, false);
}

using Convolution = at::IntArrayRef;

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const c10::optional<at::Tensor>& bias,
                       Convolution stride, Convolution padding, Convolution dilation, bool transposed,
                       Convolution output_padding, std::int64_t groups) {
  const c10::optional<at::Tensor> b =
      bias && bias->defined() ? c10::make_optional(on_host(*bias)) : c10::nullopt;
  return at::convolution(on_host(x), on_host(weight), b, stride, padding, dilation, transposed,
                         output_padding, groups)
      .to(x.device());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor& gradient, const at::Tensor& x, const at::Tensor& weight, Convolution stride,
    Convolution padding, Convolution dilation, bool transposed, Convolution output_padding,
    std::int64_t groups, std::array<bool, 3> wanted) {
  const std::array<std::int64_t, 1> outputs{transposed ? weight.size(1) * groups : weight.size(0)};
  const auto all =
      at::convolution_backward(on_host(gradient), on_host(x), on_host(weight), at::IntArrayRef(outputs),
                               stride, padding, dilation, transposed, output_padding, groups, wanted);
  const auto here = [&](const at::Tensor& of) { return of.defined() ? of.to(x.device()) : of; };
  return {here(std::get<0>(all)), here(std::get<1>(all)), here(std::get<2>(all))};
}

void by_the_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  at::native::cpu_fallback(op, stack);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&by_the_cpu>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("_copy_from", copy_from);
  m.impl("_copy_from_and_resize", copy_from_and_resize);
  m.impl("as_strided", at::native::as_strided_tensorimpl);
  m.impl("unfold", at::native::unfold);
  m.impl("view", at::native::view);
  m.impl("_reshape_alias", at::native::_reshape_alias);
  m.impl("convolution_overrideable", convolution);
  m.impl("convolution_backward_overrideable", convolution_backward);
}

}  // namespace
}  // namespace mpq::test

namespace c10::impl {

/// One device, with one stream.
struct StandInGuard final : DeviceGuardImplInterface {
  static constexpr DeviceType static_type = DeviceType::PrivateUse1;
  DeviceType type() const override { return static_type; }
  Device exchangeDevice(Device) const override { return getDevice(); }
  Device getDevice() const override { return {static_type, 0}; }
  void setDevice(Device) const override {}
  void uncheckedSetDevice(Device) const noexcept override {}
  Stream getStream(Device) const noexcept override { return Stream(Stream::DEFAULT, getDevice()); }
  Stream getDefaultStream(Device device) const override { return getStream(device); }
  Stream exchangeStream(Stream stream) const noexcept override { return stream; }
  DeviceIndex deviceCount() const noexcept override { return 1; }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, StandInGuard);

}  // namespace c10::impl
