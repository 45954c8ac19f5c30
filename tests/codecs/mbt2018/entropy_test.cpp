// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The exact half of the MBT2018 family beside the reference's outputs.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "codecs/mbt2018/latent_coder.h"
#include "core/error.h"
#include "support/parity.h"
#include "support/shared.h"
#include "tests/codecs/mbt2018/channels_last.h"

namespace mpq::mbt2018 {
namespace {

using entropy::Fixed;
using entropy::Map;
using entropy::Tap;
using test::channels_last;
using test::ParityCase;
using test::read_floats;
using Bytes = std::vector<std::uint8_t>;

constexpr Grid grid{2, 3};  // of z, in all cases

Map to_map(const std::vector<float>& values, int height, int width) {
  Map map(height, width, static_cast<int>(values.size()) / (height * width));
  for (std::size_t i = 0; i < values.size(); ++i)
    map.values[i] = entropy::to_fixed(static_cast<double>(values[i]));
  return map;
}

class ExactEntropy : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    folder_ = test::shared_file(std::string("parity/") + GetParam());
    if (folder_.empty()) GTEST_SKIP() << "needs the development data: parity";
    const std::string file = temporary_ / "model.safetensors";
    if (!ParityCase(folder_).write_checkpoint(file)) GTEST_SKIP() << "needs python3-numpy";
    model_ = open(file);
    exact_ = std::make_shared<const EntropyModel>(model_);
  }

  std::vector<float> output(const std::string& name) const {
    return read_floats(folder_ / ("out_" + name + ".npy"));
  }
  std::vector<float> output_channels_last(const std::string& name, int channels) const {
    return channels_last(output(name), channels);
  }
  Bytes string(const std::string& name) const {
    const std::vector<float> values = output(name);
    return {values.begin(), values.end()};
  }
  int m() const { return model_.architecture.m; }
  int n() const { return model_.architecture.n; }

  /// Scales and means at every position, from latents that are given.
  Map parameters(const Map& latents) const {
    const Map hyper =
        exact_->hyper_synthesis(to_map(output_channels_last("z_hat", n()), grid.height, grid.width));
    if (!exact_->has_context()) return hyper;
    EntropyModel::Context context(*exact_);
    Map all(hyper.height, hyper.width, 2 * m());
    for (int y = 0; y < all.height; ++y)
      for (int x = 0; x < all.width; ++x) {
        const Tap position{y, x};
        const Map& one = context.predict(hyper, latents, std::span(&position, 1));
        std::copy(one.values.begin(), one.values.end(), all.at(y, x));
      }
    return all;
  }

  test::TemporaryFolder temporary_;
  std::filesystem::path folder_;
  Model model_;
  std::shared_ptr<const EntropyModel> exact_;
};

template <class Row>
void expect_string(const std::vector<float>& symbols, const entropy::CdfTables& tables, const Bytes& expected,
                   const Row& row) {
  entropy::RansEncoder<1> encoder;
  for (std::size_t i = 0; i < symbols.size(); ++i)
    encoder.put(tables, row(i), static_cast<std::int32_t>(symbols[i]));
  EXPECT_EQ(encoder.finish(), expected);
  entropy::RansDecoder<1> decoder(expected);
  for (std::size_t i = 0; i < symbols.size(); ++i)
    ASSERT_EQ(decoder.get(tables, row(i)), static_cast<std::int32_t>(symbols[i])) << i;
  decoder.finish();
}

TEST_P(ExactEntropy, CodesTheReferencesSymbolsIntoItsBytes) {
  const std::vector<float> rows = output("y_indexes");
  expect_string(output("y_symbols"), exact_->tables().latents, string("y_string"),
                [&](std::size_t i) { return static_cast<int>(rows[i]); });
  const std::size_t positions = std::size_t{6};
  expect_string(output("z_symbols"), exact_->tables().hyper, string("z_string"),
                [&](std::size_t i) { return static_cast<int>(i / positions); });
}

TEST_P(ExactEntropy, AgreesWithTheReferenceOnItsLatents) {
  const auto latents = output_channels_last("y_hat_compress", m());
  const Map exact = parameters(to_map(latents, 4 * grid.height, 4 * grid.width));
  const bool context = exact_->has_context();
  auto rows = output("y_indexes");
  auto symbols = output("y_symbols");
  if (!context) {
    rows = channels_last(rows, m());
    symbols = channels_last(symbols, m());
  }
  std::size_t different = 0;
  double worst = 0;
  for (std::size_t i = 0; i < latents.size(); ++i) {
    const std::size_t position = i / static_cast<std::size_t>(m()),
                      channel = i % static_cast<std::size_t>(m());
    const Fixed* at = exact.values.data() + position * static_cast<std::size_t>(exact.channels);
    std::int32_t row = 0;
    exact_->find_rows({at + channel, 1}, {&row, 1});
    if (row != static_cast<int>(rows[i])) ++different;
    if (model_.architecture.variant == Variant::hyperprior) continue;
    const double mean = static_cast<double>(latents[i]) - static_cast<double>(symbols[i]);
    worst = std::max(
        worst,
        std::abs(std::ldexp(at[static_cast<std::size_t>(m()) + channel], -entropy::fraction_bits) - mean));
  }
  std::cout << GetParam() << ": means differ by " << worst << " at most, " << different << " of "
            << latents.size() << " rows of the tables differ\n";
  EXPECT_LE(worst, 1.0 / 32);
  EXPECT_LE(different, latents.size() / 200);
}

TEST_P(ExactEntropy, BringsBackItsOwnLatents) {
  LatentCoder encoder(exact_), decoder(exact_);
  const CodedLatents coded =
      encoder.encode(output_channels_last("y", m()), output_channels_last("z", n()), grid);
  decoder.decode(coded.bytes, grid, coded.crc);
  EXPECT_EQ(decoder.latents().values, encoder.latents().values);
  const std::size_t reference = string("y_string").size() + string("z_string").size();
  std::cout << GetParam() << ": " << coded.bytes.size() << " bytes, the reference " << reference << '\n';
  EXPECT_LE(static_cast<double>(coded.bytes.size()), 1.001 * static_cast<double>(reference) + 32);
  EXPECT_THROW(decoder.decode(coded.bytes, grid, coded.crc ^ 1), Error);
}

/// The most bits a symbol that a row of `built` costs more than one of `stored`, whose probabilities hold.
double extra_bits(const entropy::CdfTables& built, const entropy::CdfTables& stored) {
  double most = 0;
  for (int row = 0; row < stored.rows(); ++row) {
    EXPECT_EQ(built.escape(row), stored.escape(row)) << row;
    EXPECT_EQ(built.offset(row), stored.offset(row)) << row;
    double extra = 0;
    for (int i = 0; i <= std::min(built.escape(row), stored.escape(row)); ++i) {
      const double p = stored.interval(row, i).size / 65536.0, q = built.interval(row, i).size / 65536.0;
      extra += p * std::log2(p / q);
    }
    most = std::max(most, extra);
  }
  return most;
}

// Not to the bit: the reference computes in float32, and one rounding more or less changes a row's sum, and
// with it all of its values by 1.
TEST_P(ExactEntropy, BuildsTheTablesThatTheReferenceStores) {
  Model bare = model_;
  bare.has_tables = false;
  const Tables built = read_tables(bare);
  EXPECT_LE(extra_bits(built.hyper, exact_->tables().hyper), 0.006);
  EXPECT_LE(extra_bits(built.latents, exact_->tables().latents), 1e-4);
  EXPECT_EQ(built.thresholds, exact_->tables().thresholds);
}

INSTANTIATE_TEST_SUITE_P(Cases, ExactEntropy,
                         testing::Values("mbt2018_q1", "mbt2018_mean_q1", "bmshj2018_hyperprior_q1"));

}  // namespace
}  // namespace mpq::mbt2018
