// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One picture through the fast network. Each step is shared out among the threads by tokens or by rows; what
// it needs besides its inputs and outputs is of some dozen tokens, and stays in the caches.
#include <algorithm>
#include <cstring>

#include "tasks/segformer/fast_network.h"
#include "tasks/segformer/positions.h"

namespace mpq::segformer {
namespace {

using fast::Value;
using Values = Workspace::Values;

constexpr int chunk = 24;  // tokens that are computed together: a multiple of what product() has in registers

template <class T>
std::vector<T> buffer(std::int64_t tokens, int features) {
  return std::vector<T>(static_cast<std::size_t>(tokens) * static_cast<std::size_t>(features));
}

template <class T>
T* room(std::vector<T>* in, std::int64_t tokens, std::int64_t features) {
  const auto size = static_cast<std::size_t>(tokens * features);
  if (in->size() < size) in->resize(size);
  return in->data();
}

/// Calls function(first, count) for chunks of tokens from `from` to `to`.
template <class Function>
void in_chunks(std::int64_t from, std::int64_t to, const Function& function) {
  for (std::int64_t first = from; first < to; first += chunk)
    function(first, static_cast<int>(std::min<std::int64_t>(chunk, to - first)));
}

}  // namespace

class FastNetwork::Pass {
 public:
  Pass(const FastNetwork& network, Workspace* workspace) : n_(network), w_(*workspace) {}

  void run(const Pixels& picture, Logits* logits) {
    load(picture);
    Grid grid{picture.height, picture.width};
    const Value* input = w_.pixels.data();
    for (std::size_t i = 0; i < stages; ++i) {
      const Stage& stage = n_.stage_[i];
      grid = grids_[i] = embed(stage, input, grid);
      for (std::size_t j = 0; j < stage.layers.size(); ++j) {
        reduce(stage, stage.layers[j], grid);
        attend(stage, stage.layers[j], grid);
        const bool last = j + 1 == stage.layers.size();
        Value* const out =
            last ? room(&w_.encoded[i], grid.tokens(), stage.norm.features()) : w_.first.data();
        feed_forward(stage.layers[j], last ? stage.norm : stage.layers[j + 1].norm1, grid, out);
      }
      input = w_.encoded[i].data();
      if (i > 0) project(i);
    }
    decode(logits);
  }

 private:
  void load(const Pixels& picture) {
    const auto count = static_cast<std::int64_t>(picture.values.size());
    const std::int64_t whole = count / fast::lanes * fast::lanes;
    Value* const values = room(&w_.pixels, count + fast::lanes, 1);
    fast::convert(picture.values.data(), whole, values);
    float rest[fast::lanes] = {};
    std::copy(picture.values.begin() + whole, picture.values.end(), rest);
    fast::convert(rest, fast::lanes, values + whole);
  }

  /// The values under the kernel of output (y, x), zeros outside of the picture.
  static void gather(const Convolution& c, const Value* input, Grid grid, int y, int x, Value* out) {
    const int left = x * c.stride - c.padding, from = std::max(left, 0),
              to = std::min(left + c.kernel, grid.width);
    const auto channels = static_cast<std::size_t>(c.channels),
               row = static_cast<std::size_t>(c.kernel) * channels;
    const bool inside = to - from == c.kernel;
    for (int i = 0; i < c.kernel; ++i, out += row) {
      const int at = y * c.stride - c.padding + i;
      const bool there = at >= 0 && at < grid.height;
      if (!there || !inside) std::fill_n(out, row, Value{0});
      if (there)
        std::memcpy(out + static_cast<std::size_t>(from - left) * channels,
                    input + (std::int64_t{at} * grid.width + from) * c.channels,
                    static_cast<std::size_t>(to - from) * channels * sizeof(Value));
    }
  }

  /// Calls finish(first, count, outputs) with the outputs, [count, outputs], of chunks of a convolution.
  template <class Finish>
  static void convolve(const Convolution& c, const Value* input, Grid from, Grid to, const Finish& finish) {
    at::parallel_for(0, to.tokens(), chunk, [&](std::int64_t begin, std::int64_t end) {
      const int inputs = c.linear.inputs(), outputs = c.linear.outputs();
      Values under = buffer<Value>(chunk, inputs);
      std::vector<float> sums = buffer<float>(chunk, outputs);
      in_chunks(begin, end, [&](std::int64_t first, int count) {
        for (int i = 0; i < count; ++i)
          gather(c, input, from, static_cast<int>((first + i) / to.width),
                 static_cast<int>((first + i) % to.width), under.data() + std::ptrdiff_t{i} * inputs);
        fast::product(c.linear.matrix(), under.data(), inputs, count, sums.data(), outputs);
        finish(first, count, sums.data());
      });
    });
  }

  /// Tokens, and what enters the first layer.
  Grid embed(const Stage& stage, const Value* input, Grid from) {
    const Convolution& c = stage.embed;
    const Grid to{c.outputs(from.height), c.outputs(from.width)};
    const std::int64_t width = c.linear.outputs();
    float* const residual = room(&w_.residual, to.tokens(), width);
    Value* const first_norm = room(&w_.first, to.tokens(), width);
    room(&w_.second, to.tokens(), width);
    convolve(c, input, from, to, [&](std::int64_t first, int count, const float* sums) {
      float* const tokens = residual + first * width;
      fast::normalise(stage.embed_norm, sums, count, tokens);
      fast::normalise(stage.layers.front().norm1, tokens, count, first_norm + first * width);
    });
    return to;
  }

  /// Keys and values, in the order that products read them in.
  void reduce(const Stage& stage, const Layer& layer, Grid grid) {
    const int width = layer.query.outputs();
    const fast::Linear& linear = layer.key_value;
    const bool all = layer.reduce.empty();
    const Grid to =
        all ? grid : Grid{layer.reduce[0].outputs(grid.height), layer.reduce[0].outputs(grid.width)};
    keys_ = static_cast<int>(to.tokens());
    Value* const out = room(&w_.reduced, keys_, 2 * width);
    const auto multiply = [&](const Value* x, std::int64_t first, int count) {
      fast::product(linear.matrix(), x, width, count, out + first * 2 * width, std::ptrdiff_t{2} * width);
    };
    if (all)
      at::parallel_for(0, keys_, chunk, [&](std::int64_t begin, std::int64_t end) {
        in_chunks(begin, end, [&](std::int64_t first, int count) {
          multiply(w_.first.data() + first * width, first, count);
        });
      });
    else
      convolve(layer.reduce[0], w_.first.data(), grid, to,
               [&](std::int64_t first, int count, const float* sums) {
                 std::vector<Value> x = buffer<Value>(chunk, width);
                 fast::normalise(layer.reduced_norm, sums, count, x.data());
                 multiply(x.data(), first, count);
               });
    pack(stage.heads, width);
  }

  fast::Matrix key_matrix(int head, int features) const {
    return {features, fast::round_up(keys_, fast::lanes),
            w_.packed.data() + std::ptrdiff_t{2} * head * features * fast::round_up(keys_, fast::lanes)};
  }
  fast::Matrix value_matrix(int head, int features) const {
    const fast::Matrix keys = key_matrix(head, features);
    return {keys.outputs, features, keys.weights + std::ptrdiff_t{features} * keys.outputs};
  }

  void pack(int heads, int width) {
    const int features = width / heads;
    Value* const packed = room(&w_.packed, fast::round_up(keys_, fast::lanes), 2 * width);
    std::fill_n(packed, 2 * std::int64_t{width} * fast::round_up(keys_, fast::lanes), Value{0});
    at::parallel_for(0, heads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto head = static_cast<int>(begin); head < end; ++head) {
        const fast::Matrix keys = key_matrix(head, features), values = value_matrix(head, features);
        Value* const to_keys = packed + (keys.weights - packed);
        Value* const to_values = packed + (values.weights - packed);
        for (int key = 0; key < keys_; ++key) {
          const Value* const from = w_.reduced.data() + std::ptrdiff_t{2} * key * width + head * features;
          for (int f = 0; f < features; ++f) {
            to_keys[keys.index(f, key)] = from[f];
            to_values[values.index(key, f)] = from[width + f];
          }
        }
      }
    });
  }

  /// Adds attention to the tokens, and normalises them for what follows.
  void attend(const Stage& stage, const Layer& layer, Grid grid) {
    const int width = layer.query.outputs(), features = width / stage.heads;
    const int keys = fast::round_up(keys_, fast::lanes);
    at::parallel_for(0, grid.tokens(), chunk, [&](std::int64_t begin, std::int64_t end) {
      Values query = buffer<Value>(chunk, width), weights = buffer<Value>(chunk, keys),
             mixed = buffer<Value>(chunk, width);
      std::vector<float> scores = buffer<float>(chunk, keys),
                         sums = buffer<float>(chunk, std::max(width, features));
      in_chunks(begin, end, [&](std::int64_t first, int count) {
        fast::product(layer.query.matrix(), w_.first.data() + first * width, width, count, query.data(),
                      width);
        for (int head = 0; head < stage.heads; ++head) {
          fast::product(key_matrix(head, features), query.data() + head * features, width, count,
                        scores.data(), keys);
          float inverse[chunk];
          for (std::ptrdiff_t i = 0; i < count; ++i)
            inverse[i] = fast::softmax2(scores.data() + i * keys, keys_, keys, weights.data() + i * keys);
          fast::product(value_matrix(head, features), weights.data(), keys, count, sums.data(), features);
          for (std::ptrdiff_t i = 0; i < count; ++i)
            fast::scale(sums.data() + i * features, inverse[i], features,
                        mixed.data() + i * width + head * features);
        }
        fast::product(layer.projection.matrix(), mixed.data(), width, count, sums.data(), width);
        float* const residual = w_.residual.data() + first * width;
        fast::add(sums.data(), std::int64_t{count} * width, residual);
        fast::normalise(layer.norm2, residual, count, w_.second.data() + first * width);
      });
    });
  }

  /// Adds the two-layer network with its mixing of neighbours, row after row, and normalises what leaves.
  void feed_forward(const Layer& layer, const fast::Norm& next, Grid grid, Value* out) {
    const int width = layer.query.outputs(), hidden = layer.mix.features;
    at::parallel_for(0, grid.height, 1, [&](std::int64_t begin, std::int64_t end) {
      // Three rows of hidden tokens with a column of zeros on both sides.
      const std::ptrdiff_t row_size = std::ptrdiff_t{hidden} * (grid.width + 2);
      Values ring = buffer<Value>(3, static_cast<int>(row_size)), activated = buffer<Value>(chunk, hidden);
      std::vector<float> sums = buffer<float>(chunk, width);
      const auto row_at = [&](std::int64_t y) { return ring.data() + (y + 3) % 3 * row_size; };
      const auto expand = [&](std::int64_t y) {
        if (y < 0 || y >= grid.height) return void(std::fill_n(row_at(y), row_size, Value{0}));
        in_chunks(0, grid.width, [&](std::int64_t first, int count) {
          fast::product(layer.expand.matrix(), w_.second.data() + (y * grid.width + first) * width, width,
                        count, row_at(y) + (first + 1) * hidden, hidden);
        });
      };
      expand(begin - 1);
      expand(begin);
      for (std::int64_t y = begin; y < end; ++y) {
        expand(y + 1);
        in_chunks(0, grid.width, [&](std::int64_t first, int count) {
          const Value* const rows[] = {row_at(y - 1) + first * hidden, row_at(y) + first * hidden,
                                       row_at(y + 1) + first * hidden};
          fast::mix(layer.mix, rows, count, activated.data());
          fast::product(layer.contract.matrix(), activated.data(), hidden, count, sums.data(), width);
          const std::int64_t token = y * grid.width + first;
          float* const residual = w_.residual.data() + token * width;
          fast::add(sums.data(), std::int64_t{count} * width, residual);
          fast::normalise(next, residual, count, out + token * width);
        });
      }
    });
  }

  /// A stage's part of the head, before it is enlarged.
  void project(std::size_t i) {
    const fast::Linear& head = n_.stage_[i].head;
    const int width = head.inputs(), decoder = head.outputs();
    float* const out = room(&w_.head[i], grids_[i].tokens(), decoder);
    at::parallel_for(0, grids_[i].tokens(), chunk, [&](std::int64_t begin, std::int64_t end) {
      fast::product(head.matrix(), w_.encoded[i].data() + begin * width, width, static_cast<int>(end - begin),
                    out + begin * decoder, decoder);
    });
  }

  void decode(Logits* logits) {
    const fast::Linear &head = n_.stage_[0].head, &classifier = n_.classifier_;
    const int width = head.inputs(), decoder = head.outputs(), classes = n_.classes_;
    const Grid grid = grids_[0];
    logits->width = grid.width;
    logits->height = grid.height;
    logits->classes = classes;
    logits->values.resize(static_cast<std::size_t>(grid.tokens() * classes));
    float* const all = logits->values.data();
    std::array<std::vector<Position>, stages> rows, columns;
    for (std::size_t i = 1; i < stages; ++i) {
      rows[i] = positions(grids_[i].height, grid.height);
      columns[i] = positions(grids_[i].width, grid.width);
    }
    at::parallel_for(0, grid.height, 1, [&](std::int64_t begin, std::int64_t end) {
      std::array<std::vector<float>, stages> between;  // a row of each stage's part
      std::vector<float> sums = buffer<float>(chunk, std::max(decoder, classifier.outputs()));
      Values rectified = buffer<Value>(chunk, decoder);
      for (std::int64_t y = begin; y < end; ++y) {
        for (std::size_t i = 1; i < stages; ++i) {
          const Position& p = rows[i][static_cast<std::size_t>(y)];
          const std::int64_t row = std::int64_t{grids_[i].width} * decoder;
          fast::blend(w_.head[i].data() + p.first * row, w_.head[i].data() + p.second * row, p.weight, row,
                      room(&between[i], row, 1));
        }
        in_chunks(0, grid.width, [&](std::int64_t first, int count) {
          const std::int64_t token = y * grid.width + first;
          fast::product(head.matrix(), w_.encoded[0].data() + token * width, width, count, sums.data(),
                        decoder);
          for (int k = 0; k < count; ++k)
            for (std::size_t i = 1; i < stages; ++i) {
              const Position& p = columns[i][static_cast<std::size_t>(first + k)];
              fast::add_blend(between[i].data() + std::ptrdiff_t{p.first} * decoder,
                              between[i].data() + std::ptrdiff_t{p.second} * decoder, p.weight, decoder,
                              sums.data() + std::ptrdiff_t{k} * decoder);
            }
          fast::rectify(sums.data(), std::int64_t{count} * decoder, rectified.data());
          fast::product(classifier.matrix(), rectified.data(), decoder, count, sums.data(),
                        classifier.outputs());
          for (std::ptrdiff_t k = 0; k < count; ++k)
            std::copy_n(sums.data() + k * classifier.outputs(), classes, all + (token + k) * classes);
        });
      }
    });
  }

  const FastNetwork& n_;
  Workspace& w_;
  std::array<Grid, stages> grids_{};
  int keys_ = 0;
};

void FastNetwork::forward(const Pixels& picture, Workspace* workspace, Logits* logits) const {
  Pass(*this, workspace).run(picture, logits);
}

}  // namespace mpq::segformer
