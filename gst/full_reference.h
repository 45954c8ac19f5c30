// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every full-reference metric: pairs distorted streams with a reference by time, and scores the
// pairs.
//
// Pads: ref_sink, one or more dist_%u. The lowest-numbered distorted stream leaves through src untouched,
// with its results as metas; further ones are scored and consumed. Pictures pair by running time, within the
// property `tolerance`. Audio pairs by sample position, whatever the buffer sizes, and is scored in windows
// that span no gap. What has no partner is counted. A flush forgets everything measured.
#pragma once

#include <gst/audio/audio.h>
#include <gst/base/gstaggregator.h>
#include <gst/video/video.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gst/element.h"
#include "gst/lag.h"
#include "gst/stopwatch.h"
#include "gst/video.h"

namespace mpq::gst {

/// Settings that every full-reference metric has.
struct PairingSettings {
  std::uint64_t tolerance = 0;
  std::uint64_t window = GST_SECOND;
};
/// Rows for a settings struct that is or derives from it.
template <class Settings = PairingSettings>
std::vector<Property> pairing_properties() {
  using detail::inherited;
  return {
      unsigned64("tolerance", inherited<Settings>(&PairingSettings::tolerance), 0, G_MAXINT64,
                 "Pictures pair when their running times differ by no more than this many nanoseconds; an "
                 "audio buffer that starts this near to the last one's end continues it (at least 1 sample)",
                 Mutable::playing),
      unsigned64("window", inherited<Settings>(&PairingSettings::window), GST_MSECOND, 3600 * GST_SECOND,
                 "Audio: length in nanoseconds of the windows that are scored one by one")};
}

/// The pads of a metric that takes these raw caps; `output` is what may leave, if that is more.
std::vector<PadTemplate> full_reference_pads(const std::string& caps, const std::string& output = {});

/// A distorted picture, and which input it came from: 1, 2, ... Each input keeps its number while the stream
/// runs.
struct DistortedPicture {
  std::size_t input;
  GstVideoFrame* frame;
};

class FullReference : public Element {
 public:
  FullReference();
  ~FullReference() override;

  /// Loads and validates what the settings name, in NULL to READY. Throws Error.
  virtual void load() {}
  /// Lets go of it, in READY to NULL.
  virtual void unload() {}

  /// Which pairs of a live stream come too late to be scored, for metrics that may be slower than it. They
  /// report their time as latency, and how fast they are as a result "speed". Late pictures leave unscored,
  /// or not at all where the policy is to drop them; audio leaves before it is scored.
  virtual std::optional<LateSettings> late_settings() const { return std::nullopt; }

  /// What leaves through src instead of the distorted stream of these caps. Streaming thread.
  virtual CapsPtr output_caps(GstCaps* carrier) const { return CapsPtr(gst_caps_ref(carrier)); }
  /// What leaves instead of a buffer of it, which was scored just before if `scored`; null: nothing does.
  virtual BufferPtr output(BufferPtr carrier, bool /*scored*/) { return carrier; }

  /// What the next pictures or samples look like; both sides agree in format, size, rate and channels, unless
  /// takes_unlike_pictures(): then it is the reference's.
  /// Throws Error(unsupported), which the defaults do. Streaming thread, with no lock held.
  virtual void set_video_format(const GstVideoInfo& info);
  virtual void set_audio_format(const GstAudioInfo& info);

  /// Scores pictures of one time, `distorted` all different inputs (numbered from 1): metric, value, unit and
  /// details of one result each, in that order. Pools under state_mutex. Streaming thread.
  virtual std::vector<Result> compare_pictures(GstVideoFrame* reference,
                                               std::span<const DistortedPicture> distorted);

  /// Scores one window of `frames` interleaved samples.
  virtual Result compare_audio(std::size_t input, const void* reference, const void* distorted,
                               std::size_t frames);

  /// Whether distorted pictures may differ from the reference in size and format, and are never asked to
  /// become like it; then compare_pictures() goes by the frames' own infos.
  virtual bool takes_unlike_pictures() const { return false; }

  /// The pooled result of an input, without the counts of pairing. Called with state_mutex held.
  virtual Result pooled_input(std::size_t input) const = 0;

  static KindInfo kind();

  std::vector<Result> pooled() const final;
  void reset_results() override;

 protected:
  virtual PairingSettings pairing_settings() const = 0;

 private:
  struct Glue;
  struct Input;
  struct Head;
  struct Step;
  struct Window;
  enum class Fate { alone, scored, late };  // what became of a step

  // full_reference.cpp: the life of a score.
  GstFlowReturn aggregate();
  Fate compare(const Step& step);
  void prepare_format(const Input& reference);
  void score_pictures(const Step& step);
  void count_lonely(const Step& step, const std::vector<Head>& heads);
  void warn_of_lonely();
  GstFlowReturn consume(const Step& step, Fate fate);
  GstFlowReturn push(Head& head, Fate fate);
  void pass_gap(const Head& head);
  void publish(Result result, Input& input);
  void restart();
  void flush();
  void release_pads();

  // full_reference_pairing.cpp: what belongs together.
  std::vector<ObjectPtr<GstAggregatorPad>> sink_pads() const;
  Input& input_for(GstAggregatorPad* pad);
  bool collect_heads(std::vector<Head>& heads);
  void read_caps(Input& input);
  void locate(Head& head) const;
  Step picture_step(std::vector<Head>& heads) const;
  static bool ends_before(const Head& one, const Head& other);
  Step audio_step(std::vector<Head>& heads) const;
  static void require_one_kind(const std::vector<Head>& heads);
  void require_agreement(const Input& reference, const Input& distorted) const;

  // full_reference_audio.cpp: windows.
  void gather_audio(const Step& step);
  void add_samples(Input& input, const Step& step, const guint8* reference, const guint8* distorted);
  void finish_window(Input& input);
  void finish_windows();

  // full_reference_lag.cpp: what comes too late.
  bool leave_out(const FrameTimes& due, std::span<Input* const> inputs);
  bool leave_out(const Step& step);
  bool leave_out(Input& input, const Window& window, std::size_t frames);
  void took(const Stopwatch& watch, std::size_t scores);
  void describe_lag(const Input& input, Result& result) const;
  std::optional<Result> speed() const;

  // full_reference_pads.cpp: caps.
  void remember_caps(GstAggregatorPad* pad, GstCaps* caps);
  CapsPtr expected_reference() const;
  GstCaps* offer_caps(GstAggregatorPad* pad, GstCaps* filter);

  GstAggregator* base() const { return GST_AGGREGATOR(gobject()); }

  // Sorted by pad, the reference first. Only the streaming thread changes it, with state_mutex held.
  std::vector<std::unique_ptr<Input>> inputs_;
  Input* carrier_ = nullptr;     // whose buffers leave through src
  CapsPtr format_;               // caps of the last set_*_format call
  CapsPtr src_caps_;             // caps that src was given last
  GstSegment src_segment_{};     // format undefined: not sent yet
  std::vector<Result> carried_;  // frame results to attach to the next buffer on src
  Lag lag_;
  Work work_;               // guarded by state_mutex
  CapsPtr reference_caps_;  // as soon as their event arrives; guarded by settings_mutex
};

/// A metric whose settings derive from PairingSettings, and that pools what it finds of each input in a
/// `Pool`.
template <class Settings, class Pool>
class PoolingReference : public WithSettings<FullReference, Settings> {
 public:
  void reset_results() override {
    FullReference::reset_results();
    pools_.clear();
  }

 protected:
  PairingSettings pairing_settings() const override { return this->settings(); }

  /// Of an input, empty where nothing was found yet. With state_mutex held.
  Pool pool_of(std::size_t input) const {
    const auto found = pools_.find(input);
    return found != pools_.end() ? found->second : Pool();
  }

  std::map<std::size_t, Pool> pools_;  ///< by input; guarded by state_mutex
};

}  // namespace mpq::gst
