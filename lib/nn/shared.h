// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Objects that are costly to load, one for all who ask for the same, freed with the last of them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace mpq::nn {

/// What tells one state of a file from another. Throws std::filesystem::filesystem_error without the file.
inline std::string file_identity(const std::filesystem::path& path) {
  const auto real = std::filesystem::canonical(path);
  return real.string() + '\n' + std::to_string(std::filesystem::file_size(real)) + '\n' +
         std::to_string(std::filesystem::last_write_time(real).time_since_epoch().count());
}

/// Thread-safe. Two threads that ask for the same object at once get one object: the second waits.
template <class Key, class Object>
class Shared {
 public:
  /// The living object of this key, or what `make()` returns (a std::shared_ptr). Throws what `make` throws;
  /// nothing is remembered then.
  template <class Make>
  std::shared_ptr<const Object> get(const Key& key, const Make& make) {
    const std::shared_ptr<Slot> slot = slot_of(key);
    const std::lock_guard lock(slot->mutex);
    if (auto living = slot->object.lock()) return living;
    std::shared_ptr<const Object> made = make();
    slot->object = made;
    return made;
  }

 private:
  struct Slot {
    std::mutex mutex;
    std::weak_ptr<const Object> object;
  };

  std::shared_ptr<Slot> slot_of(const Key& key) {
    const std::lock_guard lock(mutex_);
    std::erase_if(slots_, [](const auto& entry) {
      return entry.second.use_count() == 1 && entry.second->object.expired();
    });
    auto& slot = slots_[key];
    if (slot == nullptr) slot = std::make_shared<Slot>();
    return slot;
  }

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Slot>> slots_;
};

}  // namespace mpq::nn
