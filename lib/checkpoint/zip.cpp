// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// APPNOTE.TXT of PKWARE describes the format; its section numbers are given below.
#include "checkpoint/zip.h"

#include <zlib.h>

#include <algorithm>

#include "checkpoint/inflate.h"
#include "checkpoint/layout.h"
#include "checkpoint/limits.h"

namespace mpq::checkpoint {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50, entry_signature = 0x02014b50,
                        end_signature = 0x06054b50, end64_signature = 0x06064b50,
                        locator_signature = 0x07064b50;
constexpr std::size_t end_bytes = 22, locator_bytes = 20, max_comment = 65535;
constexpr std::uint32_t none32 = 0xFFFFFFFF;
constexpr std::uint16_t stored = 0, deflated = 8, encrypted_flag = 1;

struct Directory {
  std::uint64_t place = 0, size = 0, members = 0, disks = 0;
};

// 4.3.16: at the very end, but for a comment.
std::size_t find_end(Bytes file) {
  if (file.size() < end_bytes) corrupt("its zip archive is cut short: it has no directory");
  const std::size_t last = file.size() - end_bytes, first = last > max_comment ? last - max_comment : 0;
  for (std::size_t at = last + 1; at-- > first;) {
    Cursor end(file.subspan(at));
    if (end.u32() != end_signature) continue;
    end.take(16);
    if (end.u16() == end.left()) return at;
  }
  corrupt("its zip archive is cut short: it has no directory at its end");
}

// 4.3.14 and 4.3.15: numbers of 64 bits, where the older ones do not suffice.
void read_end64(Bytes file, std::size_t end, Directory& directory) {
  if (end < locator_bytes) corrupt("its zip archive lacks the 64-bit end of its directory");
  Cursor locator(file.subspan(end - locator_bytes), end - locator_bytes);
  if (locator.u32() != locator_signature) corrupt("its zip archive lacks the 64-bit end of its directory");
  locator.u32();
  const std::uint64_t place = locator.u64();
  if (place > file.size())
    corrupt(text("its zip archive's directory ends at byte ", place, ", beyond the file"));
  Cursor end64(file.subspan(static_cast<std::size_t>(place)), place);
  if (end64.u32() != end64_signature)
    corrupt(text("its zip archive lacks the 64-bit end of its directory at byte ", place));
  end64.take(12);
  directory.disks = std::uint64_t{end64.u32()} + end64.u32();
  end64.u64();
  directory.members = end64.u64();
  directory.size = end64.u64();
  directory.place = end64.u64();
}

Directory find_directory(Bytes file) {
  const std::size_t place = find_end(file);
  Cursor end(file.subspan(place + 4), place + 4);
  Directory directory;
  directory.disks = std::uint64_t{end.u16()} + end.u16();
  end.u16();
  directory.members = end.u16();
  directory.size = end.u32();
  directory.place = end.u32();
  if (directory.members == 0xFFFF || directory.size == none32 || directory.place == none32)
    read_end64(file, place, directory);
  if (directory.disks != 0)
    throw Error(ErrorCode::unsupported, "its zip archive is spread over several files",
                "Join them into one.");
  if (directory.members > limits::zip_members || directory.size > limits::zip_directory)
    throw Error(ErrorCode::limit_exceeded, text("its zip archive claims ", directory.members,
                                                " members in a directory of ", directory.size, " bytes"));
  if (directory.place > place || directory.size > place - directory.place)
    corrupt(text("its zip archive's directory at byte ", directory.place, " is not within the file"));
  return directory;
}

// 4.5.3: replaces, in this order, those numbers that are all ones.
void read_extra64(Bytes extra, std::uint64_t place, std::vector<std::uint64_t*> numbers) {
  std::erase_if(numbers, [](const std::uint64_t* number) { return *number != none32; });
  if (numbers.empty()) return;
  for (Cursor fields(extra, place); fields.left() >= 4;) {
    const std::uint16_t id = fields.u16(), size = fields.u16();
    Cursor field(fields.take(size), fields.place() - size);
    if (id != 1) continue;
    for (std::uint64_t* number : numbers) *number = field.u64();
    return;
  }
  corrupt(text("a zip member's 64-bit sizes are missing at byte ", place));
}

void check_method(const ZipMember& member, std::uint16_t flags, std::uint16_t method) {
  if ((flags & encrypted_flag) != 0)
    throw Error(ErrorCode::unsupported, text("its member ", member.name, " is encrypted"),
                "Unpack the archive first.");
  if (method != stored && method != deflated)
    throw Error(ErrorCode::unsupported, text("its member ", member.name, " is compressed by method ", method),
                "Unpack the archive first.");
  if (method == stored && member.size != member.packed_size)
    corrupt(text("its member ", member.name, " is stored, but in ", member.packed_size, " bytes, not ",
                 member.size));
  if (member.deflated &&
      (member.size > limits::inflated_member || member.size / limits::inflate_ratio > member.packed_size))
    throw Error(ErrorCode::limit_exceeded, text("its member ", member.name, " claims to unpack from ",
                                                member.packed_size, " to ", member.size, " bytes"));
}

// Bytes that several members claim are how archives unpack to more than can be stored.
void check_apart(std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].first < ranges[i - 1].second)
      corrupt(text("its zip archive has two members at byte ", ranges[i].first));
}

std::vector<std::uint8_t> inflate_member(Bytes packed, const ZipMember& member) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(member.size));
  Inflater inflater;
  const std::size_t made = inflater.run(packed, bytes);
  if (!inflater.at_end() || made != bytes.size() || inflater.taken() != packed.size())
    corrupt(text("its member ", member.name, " at byte ", member.place,
                 " is damaged: it does not unpack to the ", bytes.size(), " bytes that it claims"));
  return bytes;
}

void check_crc(Bytes bytes, const ZipMember& member) {
  if (member.checked.load(std::memory_order_relaxed)) return;
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
  if (crc != member.crc)
    corrupt(
        text("its member ", member.name, " at byte ", member.place, " is damaged: its checksum is wrong"));
  member.checked.store(true, std::memory_order_relaxed);
}

}  // namespace

Zip::Zip(Source source) : source_(std::move(source)) {
  const Directory place = find_directory(source_.bytes);
  Cursor directory(
      source_.bytes.subspan(static_cast<std::size_t>(place.place), static_cast<std::size_t>(place.size)),
      place.place);
  for (std::uint64_t i = 0; i < place.members; ++i) read_member(directory);
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges{{place.place, source_.bytes.size()}};
  for (ZipMember& member : members_) {
    const std::uint64_t header = member.place;
    find_data(member, header, place.place);
    ranges.emplace_back(header, member.place + member.packed_size);
  }
  check_apart(std::move(ranges));
}

// 4.3.12
void Zip::read_member(Cursor& directory) {
  const std::uint64_t place = directory.place();
  if (directory.u32() != entry_signature)
    corrupt(text("its zip archive's directory is damaged at byte ", place));
  directory.u32();
  const std::uint16_t flags = directory.u16(), method = directory.u16();
  directory.u32();
  ZipMember& member = members_.emplace_back();
  member.crc = directory.u32();
  member.packed_size = directory.u32();
  member.size = directory.u32();
  const std::uint16_t name_bytes = directory.u16(), extra_bytes = directory.u16(),
                      comment_bytes = directory.u16();
  directory.u64();
  member.place = directory.u32();
  if (name_bytes > limits::name_bytes)
    throw Error(ErrorCode::limit_exceeded, text("its zip archive has a name of ", name_bytes, " bytes"));
  member.name = directory.text_of(name_bytes);
  const std::uint64_t extra_place = directory.place();
  read_extra64(directory.take(extra_bytes), extra_place, {&member.size, &member.packed_size, &member.place});
  directory.take(comment_bytes);
  member.deflated = method == deflated;
  check_method(member, flags, method);
  if (!by_name_.emplace(member.name, &member).second)
    corrupt(text("its zip archive has two members ", member.name));
}

// 4.3.7: the data follow a second header, whose name and extra field have sizes of their own.
void Zip::find_data(ZipMember& member, std::uint64_t header, std::uint64_t limit) {
  if (header >= limit)
    corrupt(text("its member ", member.name, " begins at byte ", header, ", beyond the data"));
  Cursor local(
      source_.bytes.subspan(static_cast<std::size_t>(header), static_cast<std::size_t>(limit - header)),
      header);
  if (local.u32() != local_signature)
    corrupt(text("its member ", member.name, " has no header at byte ", header));
  local.take(4);
  const bool same_method = local.u16() == (member.deflated ? deflated : stored);
  local.take(16);
  const std::uint16_t name_bytes = local.u16(), extra_bytes = local.u16();
  if (local.text_of(name_bytes) != member.name || !same_method)
    corrupt(text("its member ", member.name, " has another name or method in its header at byte ", header));
  local.take(extra_bytes);
  member.place = local.place();
  if (member.packed_size > local.left())
    corrupt(text("its member ", member.name, " at byte ", member.place, " has ", member.packed_size,
                 " bytes, but only ", local.left(), " are left"));
}

const ZipMember* Zip::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

Bytes Zip::packed(const ZipMember& member) const {
  return source_.bytes.subspan(static_cast<std::size_t>(member.place),
                               static_cast<std::size_t>(member.packed_size));
}

Data Zip::read(const ZipMember& member) const {
  Data data = member.deflated ? owned(inflate_member(packed(member), member))
                              : Data{packed(member), source_.owner, false};
  check_crc(data.bytes, member);
  return data;
}

Data Zip::read_head(const ZipMember& member, std::size_t count) const {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(count, member.size));
  if (!member.deflated) return {packed(member).first(size), source_.owner, false};
  std::vector<std::uint8_t> bytes(size);
  bytes.resize(Inflater().run(packed(member), bytes));
  return owned(std::move(bytes));
}

}  // namespace mpq::checkpoint
