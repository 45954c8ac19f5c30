// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What libraries allocate while they are loaded is not for the leak checker to report: GLib's table of
// quarks, which it leaves where it is when there are more. To tell it by its chain of calls instead would
// take the unwinder that makes each allocation many times as slow, as GLib keeps no frame pointers.
// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer's; null without
extern "C" [[gnu::weak]] void __lsan_disable();
extern "C" [[gnu::weak]] void __lsan_enable();
// NOLINTEND(bugprone-reserved-identifier)

namespace {

void before_libraries() {
  if (__lsan_disable != nullptr) __lsan_disable();
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const first)() = before_libraries;

[[gnu::constructor]] void after_libraries() {
  if (__lsan_enable != nullptr) __lsan_enable();
}

}  // namespace
