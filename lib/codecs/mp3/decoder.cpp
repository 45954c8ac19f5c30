// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// libmpg123 fed with exactly one whole frame at a time, so that it neither waits for the next frame nor
// searches for one. Information tags are read here, not by libmpg123.
#include <mpg123.h>

#include <algorithm>
#include <utility>

#include "codecs/mp3/mp3.h"
#include "core/clip_account.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::mp3 {
namespace {

struct HandleDeleter {
  void operator()(mpg123_handle* handle) const { mpg123_delete(handle); }
};
using Handle = std::unique_ptr<mpg123_handle, HandleDeleter>;

Handle open_mpg123(SampleFormat output) {
  static const int initialized = mpg123_init();
  if (initialized != MPG123_OK) throw Error(ErrorCode::internal, "libmpg123 cannot be initialized");
  int error = MPG123_OK;
  Handle handle(mpg123_new(nullptr, &error));
  if (!handle) throw Error(ErrorCode::internal, text("libmpg123: ", mpg123_plain_strerror(error)));
  const long flags =
      MPG123_QUIET | MPG123_NO_READAHEAD | MPG123_NO_RESYNC | MPG123_IGNORE_INFOFRAME | MPG123_SKIP_ID3V2;
  mpg123_param(handle.get(), MPG123_REMOVE_FLAGS, MPG123_GAPLESS | MPG123_AUTO_RESAMPLE, 0);
  mpg123_param(handle.get(), MPG123_ADD_FLAGS, flags, 0);
  mpg123_param(handle.get(), MPG123_RVA, MPG123_RVA_OFF, 0);
  mpg123_format_none(handle.get());
  const int encoding = output == SampleFormat::s16 ? MPG123_ENC_SIGNED_16 : MPG123_ENC_FLOAT_32;
  for (const int rate : sample_rates)
    mpg123_format(handle.get(), rate, MPG123_MONO | MPG123_STEREO, encoding);
  if (mpg123_open_feed(handle.get()) != MPG123_OK)
    throw Error(ErrorCode::internal, text("libmpg123: ", mpg123_strerror(handle.get())));
  return handle;
}

}  // namespace

struct Decoder::State {
  explicit State(SampleFormat format) : output(format), handle(open_mpg123(format)) {}

  void restart();
  FrameHeader check(std::span<const std::uint8_t> packet);
  void decode_frame(const FrameHeader& header, std::span<const std::uint8_t> frame);
  std::string check_reservoir(const FrameHeader& header, std::span<const std::uint8_t> frame);
  void begin_stream(const InfoTag& tag, const FrameHeader& header);
  void skip_frame(const FrameHeader& header);

  SampleFormat output;
  Handle handle;
  std::vector<std::uint8_t> buffer;
  bool first = true;          ///< no packet yet since the start or a reset
  std::size_t reservoir = 0;  ///< bytes of main data that libmpg123 has from earlier frames
  ClipAccount clips;          ///< as the information tag says
};

/// Empties libmpg123, bit reservoir and filter memory included.
void Decoder::State::restart() {
  reservoir = 0;
  if (mpg123_open_feed(handle.get()) != MPG123_OK)
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

void Decoder::State::decode_frame(const FrameHeader& header, std::span<const std::uint8_t> frame) {
  const std::size_t size = static_cast<std::size_t>(header.samples() * header.channels) * sample_size(output);
  buffer.resize(size);
  std::size_t done = 0;
  int result = mpg123_decode(handle.get(), frame.data(), frame.size(), buffer.data(), size, &done);
  if (result == MPG123_NEW_FORMAT)
    result = mpg123_decode(handle.get(), nullptr, 0, buffer.data(), size, &done);
  if (result == MPG123_OK && done == size) return;
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
  s.decode_frame(header, frame);
  decoded.audio.data = s.buffer.data();
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
