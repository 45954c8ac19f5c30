// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/torch_file.h"

#include <algorithm>

#include "checkpoint/limits.h"
#include "checkpoint/tensor_calls.h"

namespace mpq::checkpoint {
namespace {

using Kind = Value::Kind;

// torch.save writes this number first, as a pickle of its own.
constexpr std::string_view legacy_magic("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12);
constexpr std::size_t magic_reach = 16;  // a protocol and a frame may stand before it
constexpr std::int64_t legacy_protocol = 1001;

void check_size(Bytes pickle) {
  if (pickle.size() > limits::pickle_bytes)
    throw Error(ErrorCode::limit_exceeded,
                text("its pickle has ", pickle.size(), " bytes, more than ", limits::pickle_bytes));
}

// The instructions of a pickle that is followed by large data: more than this are none.
Bytes head_of(Bytes bytes) {
  return bytes.first(std::min(bytes.size(), limits::pickle_bytes));
}

Place no_storage(const Storage& storage) {
  throw Error(ErrorCode::unsupported,
              text("its storage \"", storage.key.substr(0, 64), "\" is not in the file"),
              "Save it with torch.save.");
}

Place storage_member(const std::shared_ptr<const Zip>& zip, const std::string& folder,
                     const Storage& storage) {
  const ZipMember* const member = zip->find(text(folder, "data/", storage.key));
  if (member == nullptr) corrupt(text("its storage data/", storage.key.substr(0, 64), " is missing"));
  const std::size_t size = storage.dtype ? size_of(*storage.dtype) : 1;
  if (member->size % size != 0 || member->size / size != storage.count)
    corrupt(text("its storage data/", storage.key.substr(0, 64), " has ", member->size, " bytes, not ",
                 storage.count, " values of ", size));
  return {member->size, [zip, member] { return zip->read(*member); }};
}

bool is_big_endian(const Zip& zip, const std::string& folder) {
  const ZipMember* const member = zip.find(folder + "byteorder");
  return member != nullptr && member->size < 16 && as_text(zip.read(*member).bytes) == "big";
}

// Old files: the keys of the storages in their order, then each storage with its number of values before it.
class LegacyStorages {
 public:
  LegacyStorages(Cursor& cursor, const Source& source, const TensorCalls& calls)
      : cursor_(cursor), source_(source), calls_(calls) {}

  void read(const Value& keys) {
    if (!keys.is(Kind::list)) corrupt("it has no list of its storages");
    for (const Value* key : keys.items) {
      const Storage* const storage = key->is(Kind::string) ? calls_.find_storage(key->text) : nullptr;
      if (storage == nullptr || !storage->dtype)
        corrupt(text("it has a storage that no tensor is in, at byte ", cursor_.place()));
      read_one(*storage);
    }
  }

  Place find(const Storage& storage) const {
    const auto found = places_.find(storage.key);
    return found == places_.end() ? no_storage(storage) : found->second;
  }

 private:
  void read_one(const Storage& storage) {
    const std::uint64_t place = cursor_.place(), count = cursor_.u64();
    if (count != storage.count)
      corrupt(text("its storage at byte ", place, " says to have ", count, " values, where ", storage.count,
                   " are expected"));
    if (count > cursor_.left() / size_of(*storage.dtype))
      corrupt(text("its storage at byte ", place, " has ", count, " values of ", size_of(*storage.dtype),
                   " bytes, but only ", cursor_.left(), " bytes are left"));
    const Bytes bytes = cursor_.take(count * size_of(*storage.dtype));
    places_[storage.key] = {bytes.size(), [bytes, owner = source_.owner] {
                              return Data{bytes, owner, false};
                            }};
  }

  Cursor& cursor_;
  const Source& source_;
  const TensorCalls& calls_;
  std::unordered_map<std::string, Place> places_;
};

// Two pickles before the object: the version of the format, and what machine wrote it.
void read_legacy_head(Cursor& cursor) {
  Arena arena;
  TensorCalls calls(arena);
  unpickle(cursor, arena, calls);
  const Value& protocol = unpickle(cursor, arena, calls);
  if (!protocol.is(Kind::integer) || protocol.integer != legacy_protocol)
    throw Error(ErrorCode::unsupported, "its version of PyTorch's format is not known",
                "Save it with PyTorch 1.6 or later.");
  const Value* const little = unpickle(cursor, arena, calls).find("little_endian");
  if (little != nullptr && little->integer == 0)
    throw Error(ErrorCode::unsupported, "it was written on a big-endian machine",
                "Save it with PyTorch 1.6 or later.");
}

}  // namespace

std::optional<std::string> torch_folder(const Zip& zip) {
  constexpr std::string_view pickle = "data.pkl";
  for (const ZipMember& member : zip.members()) {
    const auto slash = member.name.find('/');
    const std::size_t size = slash == std::string::npos ? 0 : slash + 1;
    if (std::string_view(member.name).substr(size) == pickle) return member.name.substr(0, size);
  }
  return std::nullopt;
}

Contents read_torch_zip(std::shared_ptr<const Zip> zip, const std::string& folder) {
  const ZipMember& member = *zip->find(folder + "data.pkl");
  if (member.size > limits::pickle_bytes)
    throw Error(ErrorCode::limit_exceeded,
                text("its pickle has ", member.size, " bytes, more than ", limits::pickle_bytes));
  const Data pickle = zip->read(member);
  const auto arena = std::make_shared<Arena>();
  TensorCalls calls(*arena);
  Cursor cursor(pickle.bytes);
  Value& root = unpickle(cursor, *arena, calls);
  make_tree(root, *arena);
  Contents contents = calls.contents(root, arena, is_big_endian(*zip, folder), [&](const Storage& storage) {
    return storage_member(zip, folder, storage);
  });
  contents.format = "PyTorch";
  return contents;
}

bool looks_like_torch_legacy(Bytes bytes) {
  return looks_like_pickle(bytes) &&
         as_text(bytes.first(std::min(bytes.size(), legacy_magic.size() + magic_reach))).find(legacy_magic) !=
             std::string_view::npos;
}

Contents read_torch_legacy(const Source& source) {
  Cursor cursor(source.bytes);
  read_legacy_head(cursor);
  const std::size_t start = cursor.at();
  const auto arena = std::make_shared<Arena>();
  TensorCalls calls(*arena);
  Cursor head(head_of(source.bytes.subspan(start)), start);
  Value& root = unpickle(head, *arena, calls);
  make_tree(root, *arena);
  const Value& keys = unpickle(head, *arena, calls);
  cursor.take(head.at());
  LegacyStorages storages(cursor, source, calls);
  storages.read(keys);
  Contents contents =
      calls.contents(root, arena, false, [&](const Storage& storage) { return storages.find(storage); });
  contents.format = "PyTorch (before 1.6)";
  return contents;
}

bool looks_like_pickle(Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
}

Contents read_pickle(const Source& source) {
  check_size(source.bytes);
  const auto arena = std::make_shared<Arena>();
  TensorCalls calls(*arena);
  Cursor cursor(source.bytes);
  Value& root = unpickle(cursor, *arena, calls);
  make_tree(root, *arena);
  Contents contents = calls.contents(root, arena, false, no_storage);
  contents.format = "pickle";
  return contents;
}

}  // namespace mpq::checkpoint
