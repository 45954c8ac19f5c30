// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/functions.h"

#include <array>

#include "train/autograd.h"

namespace mpq::train {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

constexpr auto channels_last = at::MemoryFormat::ChannelsLast;

struct LowerBound : Function<LowerBound> {
  static Variable forward(AutogradContext* context, const Variable& x, double bound) {
    context->save_for_backward({x});
    context->saved_data["bound"] = bound;
    return x.clamp_min(bound);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor x = context->get_saved_variables()[0];
    const at::Tensor passes = x.ge(context->saved_data["bound"].toDouble()).logical_or(gradients[0].lt(0));
    return {gradients[0] * passes, Variable()};
  }
};

/// Gradients of a 5x5 convolution with stride 2, from `wide` to `narrow` pictures, as `wanted`.
std::array<at::Tensor, 3> convolution_gradients(const at::Tensor& narrow, const at::Tensor& wide,
                                                const at::Tensor& weight, std::array<bool, 3> wanted) {
  const std::array<std::int64_t, 2> stride{2, 2}, padding{2, 2}, dilation{1, 1}, none{0, 0};
  const std::array<std::int64_t, 1> outputs{weight.size(0)};
  const auto all = at::convolution_backward(narrow, wide, weight, at::IntArrayRef(outputs), stride, padding,
                                            dilation, false, none, 1, wanted);
  return {std::get<0>(all), std::get<1>(all), std::get<2>(all)};
}

struct Upsampling : Function<Upsampling> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& weight) {
    context->save_for_backward({x, weight});
    // Of the convolution's input only shape and type count for the gradient.
    const at::Tensor wide = at::empty({x.size(0), weight.size(1), 2 * x.size(2), 2 * x.size(3)},
                                      x.options().memory_format(channels_last));
    return convolution_gradients(x, wide, weight, {true, false, false})[0];
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], weight = saved[1], gradient = gradients[0].contiguous(channels_last);
    return {at::conv2d(gradient, weight, {}, 2, 2),
            convolution_gradients(x, gradient, weight, {false, true, false})[1]};
  }
};

/// [pixels, channels] of channels-last memory.
at::Tensor pixels_of(const at::Tensor& x) {
  return x.contiguous(channels_last).permute({0, 2, 3, 1}).view({-1, x.size(1)});
}

at::Tensor picture_of(const at::Tensor& pixels, const at::Tensor& like) {
  return pixels.view({like.size(0), like.size(2), like.size(3), like.size(1)}).permute({0, 3, 1, 2});
}

/// With n the sums and y = x n^p (p is -1/2 or 1/2): dL/dn = p g y / n, and n grows by 2 gamma x with x.
struct Normalisation : Function<Normalisation> {
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& beta,
                          const Variable& gamma, bool inverse) {
    const at::Tensor pixels = pixels_of(x), squares = pixels.square(),
                     sums = at::linear(squares, gamma, beta);
    const at::Tensor factor = inverse ? sums.sqrt() : sums.rsqrt(), y = pixels * factor;
    context->save_for_backward({pixels, gamma, squares, sums, factor});
    context->saved_data["inverse"] = inverse;
    return picture_of(y, x);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &pixels = saved[0], &gamma = saved[1], &squares = saved[2], &sums = saved[3];
    const double sign = context->saved_data["inverse"].toBool() ? 1 : -1;
    const at::Tensor gradient = pixels_of(gradients[0]);
    at::Tensor to_x = gradient * saved[4];
    const at::Tensor twice = (to_x * pixels).div_(sums);  // of dL/dn, but for its sign
    to_x.addcmul_(pixels, at::mm(twice, gamma), sign);
    const at::Tensor to_gamma = at::mm(twice.t(), squares).mul_(0.5 * sign);
    const at::Tensor to_beta = twice.sum(0).mul_(0.5 * sign);
    return {picture_of(to_x, gradients[0]), to_beta, to_gamma, Variable()};
  }
};

}  // namespace

at::Tensor lower_bound(const at::Tensor& x, double bound) {
  return LowerBound::apply(x, bound);
}

at::Tensor round_through(const at::Tensor& x) {
  return x + (x.round() - x).detach();
}

at::Tensor convolution(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                       std::int64_t stride) {
  const std::array<std::int64_t, 2> padding{weight.size(2) / 2, weight.size(3) / 2};
  const auto type = x.scalar_type();
  return at::conv2d(x, weight.to(type).contiguous(channels_last), bias.to(type), stride,
                    at::IntArrayRef(padding));
}

at::Tensor upsampling(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const auto type = x.scalar_type();
  return Upsampling::apply(x.contiguous(channels_last), weight.to(type).contiguous(channels_last)) +
         bias.to(type).view({1, -1, 1, 1});
}

at::Tensor narrow_upsampling(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const std::int64_t in = weight.size(0), out = weight.size(1);
  // Row o = 2 q + p of the output sees the inputs q + d with the weights p + 2 - 2 d, d from -1 to 1.
  const at::Tensor phases = at::constant_pad_nd(weight, {0, 1, 0, 1})
                                .view({in, out, 3, 2, 3, 2})
                                .flip({2, 4})
                                .permute({3, 5, 1, 0, 2, 4})
                                .reshape({4 * out, in, 3, 3});
  const at::Tensor all = convolution(x, phases, bias.repeat({4}), 1).permute({0, 2, 3, 1});
  return all.reshape({x.size(0), x.size(2), x.size(3), 2, 2, out})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({x.size(0), 2 * x.size(2), 2 * x.size(3), out})
      .permute({0, 3, 1, 2});
}

at::Tensor normalisation(const at::Tensor& x, const at::Tensor& beta, const at::Tensor& gamma, bool inverse) {
  const auto type = x.scalar_type();
  return Normalisation::apply(x, beta.to(type), gamma.to(type), inverse);
}

}  // namespace mpq::train
