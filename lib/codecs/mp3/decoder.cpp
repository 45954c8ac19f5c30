// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// libmpg123 reads exactly one whole frame at a time, so that it neither waits for the next frame nor searches
// for one. Information tags are read here, not by libmpg123.
#include <mpg123.h>

#include <algorithm>
#include <utility>

#include "codecs/mp3/mp3.h"
#include "core/clip_account.h"
#include "core/error.h"
#include "core/sample_rounding.h"
#include "core/text.h"

namespace mpq::mp3 {
namespace {

struct HandleDeleter {
  void operator()(mpg123_handle* handle) const { mpg123_delete(handle); }
};
using Handle = std::unique_ptr<mpg123_handle, HandleDeleter>;

/// The rest of the frame that is being decoded, as libmpg123 asks for it.
ssize_t read_frame(void* frame, void* to, std::size_t size) {
  auto& rest = *static_cast<std::span<const std::uint8_t>*>(frame);
  size = std::min(size, rest.size());
  std::copy_n(rest.begin(), size, static_cast<std::uint8_t*>(to));
  rest = rest.subspan(size);
  return static_cast<ssize_t>(size);
}

/// libmpg123 from 1.32 on wants a function to seek by, too; this one says that there is none.
off_t refuse_to_seek(void*, off_t, int) {
  return -1;
}

Handle open_mpg123(SampleFormat format) {
  static const int initialized = mpg123_init();
  if (initialized != MPG123_OK) throw Error(ErrorCode::internal, "libmpg123 cannot be initialized");
  int error = MPG123_OK;
  Handle handle(mpg123_new(nullptr, &error));
  if (!handle) throw Error(ErrorCode::internal, text("libmpg123: ", mpg123_plain_strerror(error)));
  const long flags = MPG123_QUIET | MPG123_NO_READAHEAD | MPG123_NO_RESYNC | MPG123_NO_PEEK_END |
                     MPG123_IGNORE_INFOFRAME | MPG123_SKIP_ID3V2;
  mpg123_param(handle.get(), MPG123_REMOVE_FLAGS, MPG123_GAPLESS | MPG123_AUTO_RESAMPLE, 0);
  mpg123_param(handle.get(), MPG123_ADD_FLAGS, flags, 0);
  mpg123_param(handle.get(), MPG123_RVA, MPG123_RVA_OFF, 0);
  mpg123_format_none(handle.get());
  const int encoding = format == SampleFormat::s16 ? MPG123_ENC_SIGNED_16 : MPG123_ENC_FLOAT_32;
  for (const int rate : sample_rates)
    mpg123_format(handle.get(), rate, MPG123_MONO | MPG123_STEREO, encoding);
  if (mpg123_replace_reader_handle(handle.get(), read_frame, refuse_to_seek, nullptr) != MPG123_OK)
    throw Error(ErrorCode::internal, text("libmpg123: ", mpg123_strerror(handle.get())));
  return handle;
}

}  // namespace

struct Decoder::State {
  explicit State(SampleFormat format)
      : output(format),
        decoded(format == SampleFormat::s16 && !rounds_in_vectors ? SampleFormat::s16 : SampleFormat::f32),
        handle(open_mpg123(decoded)) {
    restart();
  }

  void restart();
  FrameHeader check(std::span<const std::uint8_t> packet);
  const void* decode_frame(const FrameHeader& header, std::span<const std::uint8_t> frame);
  std::string check_reservoir(const FrameHeader& header, std::span<const std::uint8_t> frame);
  void begin_stream(const InfoTag& tag, const FrameHeader& header);
  void skip_frame(const FrameHeader& header);

  /// What the user gets, and libmpg123 gives: it spends more time on 16-bit samples than on floats and their
  /// rounding here.
  SampleFormat output, decoded;
  Handle handle;
  std::span<const std::uint8_t> unread;
  std::vector<std::int16_t> rounded;
  bool first = true;          ///< no packet yet since the start or a reset
  std::size_t reservoir = 0;  ///< bytes of main data that libmpg123 has from earlier frames
  ClipAccount clips;          ///< as the information tag says
};

/// Empties libmpg123, bit reservoir and filter memory included.
void Decoder::State::restart() {
  reservoir = 0;
  if (mpg123_open_handle(handle.get(), &unread) != MPG123_OK)
    throw Error(ErrorCode::internal, text("libmpg123: ", mpg123_strerror(handle.get())));
}

/// Keeps the clips of later frames in place when this one cannot be decoded.
void Decoder::State::skip_frame(const FrameHeader& header) {
  EncodedAudio lost;
  clips.describe(header.samples(), &lost);
}

FrameHeader Decoder::State::check(std::span<const std::uint8_t> packet) {
  const auto header = parse_frame_header(packet);
  if (header && packet.size() >= header->length) return *header;
  restart();
  if (!header) throw Error(ErrorCode::corrupt_data, "the packet is no MP3 frame of stated bitrate");
  skip_frame(*header);
  throw Error(ErrorCode::corrupt_data,
              text("the MP3 frame is cut short: ", packet.size(), " of ", header->length, " bytes"));
}

/// What libmpg123 will do about a frame that needs more of the earlier ones than there is. The rules for what
/// is kept (511 or 255 bytes) follow from the range of main_data_begin.
std::string Decoder::State::check_reservoir(const FrameHeader& header, std::span<const std::uint8_t> frame) {
  const auto needed = static_cast<std::size_t>(main_data_begin(header, frame));
  const std::size_t had = reservoir;
  const std::size_t most = header.mpeg_audio_version == 1 ? 511 : 255;
  reservoir = std::min(reservoir + header.length - header.overhead(), most);
  if (needed <= had) return {};
  return text("the MP3 frame needs ", needed, " bytes of earlier frames and ", had,
              " are there: it is silent");
}

/// The frame's samples, which stay where they are until the next call.
const void* Decoder::State::decode_frame(const FrameHeader& header, std::span<const std::uint8_t> frame) {
  const std::size_t count = static_cast<std::size_t>(header.samples() * header.channels);
  unread = frame;
  unsigned char* samples = nullptr;
  std::size_t size = 0;
  int result = mpg123_decode_frame(handle.get(), nullptr, &samples, &size);
  if (result == MPG123_NEW_FORMAT) result = mpg123_decode_frame(handle.get(), nullptr, &samples, &size);
  if (result == MPG123_OK && size == count * sample_size(decoded)) {
    if (decoded == output) return samples;
    rounded.resize(count);
    round_to_s16(reinterpret_cast<const float*>(samples), count, rounded.data());
    return rounded.data();
  }
  const std::string cause = result == MPG123_OK ? "short output" : mpg123_plain_strerror(result);
  restart();
  skip_frame(header);
  throw Error(ErrorCode::corrupt_data, "libmpg123 does not decode the MP3 frame: " + cause);
}

void Decoder::State::begin_stream(const InfoTag& tag, const FrameHeader& header) {
  if (!tag.has_delay) return;
  const std::int64_t delay = tag.delay + decoder_delay;
  clips = ClipAccount(delay);
  const std::int64_t total = static_cast<std::int64_t>(tag.frames) * header.samples();
  const std::int64_t length = total - delay - std::max(0, tag.padding - decoder_delay);
  if (tag.frames != 0 && length >= 0) clips.set_length(length);
}

Decoder::Decoder(SampleFormat output) : state_(std::make_unique<State>(output)) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

DecodedAudio Decoder::decode(std::span<const std::uint8_t> packet) {
  State& s = *state_;
  const FrameHeader header = s.check(packet);
  const auto frame = packet.first(header.length);
  DecodedAudio decoded;
  decoded.rate = header.sample_rate;
  decoded.audio = {s.output, header.channels, nullptr, 0};
  if (std::exchange(s.first, false)) {
    if (const auto tag = parse_info_tag(frame)) {
      s.begin_stream(*tag, header);
      return decoded;
    }
  }
  decoded.warning = s.check_reservoir(header, frame);
  decoded.audio.data = s.decode_frame(header, frame);
  decoded.audio.frames = static_cast<std::size_t>(header.samples());
  EncodedAudio shares;
  s.clips.describe(header.samples(), &shares);
  decoded.clip_start = shares.clip_start;
  decoded.clip_end = shares.clip_end;
  if (packet.size() > header.length && decoded.warning.empty())
    decoded.warning = text(packet.size() - header.length, " bytes after the MP3 frame were ignored");
  return decoded;
}

void Decoder::reset() {
  State& s = *state_;
  s.restart();
  s.first = true;
  s.clips = ClipAccount();
}

}  // namespace mpq::mp3
