// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The RIFF chunks of a WebP file (RFC 9649 section 2). Private to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mpq::webp {

/// Bytes of pixel and alpha data in a complete file: the payload of its VP8, VP8L and ALPH chunks.
std::size_t payload_bytes(std::span<const std::uint8_t> file);

}  // namespace mpq::webp
