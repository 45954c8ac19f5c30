// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "stream.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "support/fuzz.h"

namespace mpq::test {
namespace {

void damage_packets(Stream* stream, Mutator& mutator) {
  auto& packets = stream->packets;
  if (!stream->header.empty() && mutator.below(6) == 0) mutator.damage(&stream->header);
  for (std::size_t left = 1 + mutator.below(3); left > 0 && !packets.empty(); --left) {
    const std::size_t at = mutator.below(packets.size());
    const auto place = packets.begin() + static_cast<std::ptrdiff_t>(at);
    switch (mutator.below(8)) {
      case 0:
        packets.erase(place);
        break;
      case 1:
        packets.insert(place, Data(*place));
        break;
      case 2:
        std::swap(packets[at], packets[mutator.below(packets.size())]);
        break;
      default:
        mutator.damage(&packets[at]);
    }
  }
}

std::uint32_t ogg_checksum(std::span<const std::uint8_t> page) {
  std::uint32_t sum = 0;
  for (const std::uint8_t byte : page) {
    sum ^= static_cast<std::uint32_t>(byte) << 24;
    for (int bit = 0; bit < 8; ++bit) sum = sum << 1 ^ (sum >> 31 ? 0x04c11db7U : 0U);
  }
  return sum;
}

}  // namespace

void fix_ogg_checksums(Data* bytes) {
  constexpr std::size_t header = 27, checksum = 22;  // then the table of segment lengths
  constexpr std::uint8_t magic[] = {'O', 'g', 'g', 'S'};
  for (auto at = bytes->begin();;) {
    at = std::search(at, bytes->end(), std::begin(magic), std::end(magic));
    const auto left = static_cast<std::size_t>(bytes->end() - at);
    if (left < header) return;
    const auto table = std::span(*bytes).last(left).subspan(header);
    const auto segments = table.first(std::min<std::size_t>(at[26], table.size()));
    const std::size_t size =
        header + segments.size() + std::accumulate(segments.begin(), segments.end(), std::size_t{0});
    if (size > left) return;
    std::fill_n(at + checksum, 4, std::uint8_t{0});
    const std::uint32_t sum = ogg_checksum(std::span(*bytes).last(left).first(size));
    for (int i = 0; i < 4; ++i)
      at[static_cast<std::ptrdiff_t>(checksum) + i] = static_cast<std::uint8_t>(sum >> (8 * i));
    at += static_cast<std::ptrdiff_t>(size);
  }
}

Stream damaged(const Stream& clean, Framing framing, std::uint32_t seed) {
  Mutator mutator(seed);
  Stream stream = clean;
  if (framing == Framing::packets) {
    damage_packets(&stream, mutator);
    return stream;
  }
  mutator.damage(&stream.packets.front());
  if (framing == Framing::ogg && mutator.below(8) != 0) fix_ogg_checksums(&stream.packets.front());
  return stream;
}

Data pack(const Stream& stream, Framing framing) {
  if (framing != Framing::packets) return stream.packets.front();
  Data all;
  const auto append = [&all](const Data& packet) {
    const std::size_t size = std::min<std::size_t>(packet.size(), 0xffff);
    all.push_back(static_cast<std::uint8_t>(size & 0xff));
    all.push_back(static_cast<std::uint8_t>(size >> 8));
    all.insert(all.end(), packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
  };
  append(stream.header);
  for (const Data& packet : stream.packets) append(packet);
  return all;
}

Stream unpack(const Data& bytes, Framing framing) {
  if (framing != Framing::packets) return {{}, {bytes}};
  InputReader reader(bytes);
  Stream stream;
  const Bytes header = reader.block();
  stream.header.assign(header.begin(), header.end());
  while (!reader.rest().empty()) {
    const Bytes packet = reader.block();
    stream.packets.emplace_back(packet.begin(), packet.end());
  }
  return stream;
}

}  // namespace mpq::test
