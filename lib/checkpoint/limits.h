// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Limits on what a file may ask for: each stands far above any published model, and keeps the answer to a
// hostile file under a second and 100 MB.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mpq::checkpoint::limits {

constexpr std::size_t MiB = std::size_t{1} << 20;

// Every format.
constexpr std::size_t tensors = 32768;
constexpr std::size_t name_bytes = 512;
constexpr std::size_t rank = 16;
/// Tensors may together be this many times as large as their file (shared, expanded, compressed,
/// dequantised), plus a bit that makes small files free of it.
constexpr std::uint64_t growth = 8;
constexpr std::uint64_t growth_allowance = 64 * MiB;

// safetensors
constexpr std::size_t safetensors_header = 8 * MiB;

// Zip
constexpr std::size_t zip_members = 65536;
constexpr std::size_t zip_directory = 16 * MiB;
constexpr std::uint64_t inflate_ratio = 1100;                      ///< deflate itself ends at 1032
constexpr std::uint64_t inflated_member = std::uint64_t{1} << 32;  ///< bytes

// Pickles
constexpr std::size_t pickle_bytes = 24 * MiB;      ///< of instructions; storages are apart
constexpr std::size_t pickle_steps = 3'000'000;     ///< instructions
constexpr std::size_t pickle_values = 300'000;      ///< objects made
constexpr std::size_t pickle_memo = 1'000'000;      ///< highest memo number
constexpr std::size_t pickle_depth = 200;           ///< objects within objects
constexpr std::size_t pickle_unfolded = 2'000'000;  ///< objects if each shared one were written out

// NumPy
constexpr std::size_t npy_header = 4096;  ///< those of plain arrays have 118 bytes

// ONNX
constexpr std::size_t onnx_depth = 16;              ///< graphs within graphs
constexpr std::size_t onnx_fields = 2'000'000;      ///< looked at in the whole file
constexpr std::size_t onnx_loose_values = 250'000;  ///< of a tensor, each in a field of its own

}  // namespace mpq::checkpoint::limits
