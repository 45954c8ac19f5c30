// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Codecs whose work has two halves may do the second half of a frame while the first half of the next is
// under way: a thread for it, and the property that users choose by.
#pragma once

#include <glib.h>
#include <gst/gst.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "gst/neural_settings.h"
#include "gst/property.h"

namespace mpq::gst {

/// One piece of work at a time. Its result is delivered by whichever of the two threads comes first, holding
/// the stream lock of the element: by this one at once where the streaming thread has released the lock, else
/// by the streaming thread when it has the next piece or an event to come after it.
class SecondStage {
 public:
  /// `compute` runs on the thread, without the lock, `deliver` with it; neither throws.
  struct Work {
    std::function<void()> compute;
    std::function<GstFlowReturn()> deliver;
  };

  /// `stream_lock` is the element's, and outlives this.
  explicit SecondStage(GRecMutex* stream_lock);
  /// Not with the lock held. Work that was not delivered is destroyed.
  ~SecondStage();
  SecondStage(const SecondStage&) = delete;
  SecondStage& operator=(const SecondStage&) = delete;

  /// Delivers what is under way, then gives the thread this. With the lock held. Returns what delivering
  /// said; the work is refused, and destroyed, where that was not GST_FLOW_OK.
  GstFlowReturn hand_over(Work work);

  /// Waits for what is under way and delivers it. With the lock held. Returns what the last delivery said.
  GstFlowReturn finish();

 private:
  void loop();
  void compute(std::unique_lock<std::mutex>& lock);
  GstFlowReturn deliver();

  enum class State { idle, given, computing, computed, ended };

  GRecMutex* stream_lock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::idle;  // guarded by mutex_; work_ belongs to who set `computing`
  Work work_;
  GstFlowReturn flow_ = GST_FLOW_OK;  // guarded by the stream lock
  std::thread thread_;
};

/// Releases a stream lock, which the caller holds once, for a while; null: does nothing.
class Unlocked {
 public:
  explicit Unlocked(GRecMutex* lock) : lock_(lock) {
    if (lock_ != nullptr) g_rec_mutex_unlock(lock_);
  }
  ~Unlocked() {
    if (lock_ != nullptr) g_rec_mutex_lock(lock_);
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  GRecMutex* lock_;
};

enum class Overlap { automatic, off, on };

/// Settings of a codec whose halves may overlap.
struct OverlapSettings {
  Overlap overlap = Overlap::automatic;

  /// Whether frames overlap. From eight processors on they do by themselves: with fewer, both halves together
  /// on all of them are as fast, and a frame is ready sooner.
  bool overlaps(const NeuralSettings& neural) const;

  /// The network's options: each half has half of the processors where the user named no number.
  nn::Options stage_options(const NeuralSettings& neural) const;
};

/// The row of a settings struct that derives from OverlapSettings.
template <class Settings>
Property overlap_property() {
  return enumeration<Settings, Overlap>(
      "overlap", detail::inherited<Settings>(&OverlapSettings::overlap), "MpqOverlap",
      {{Overlap::automatic, "auto", "On eight processors or more, where threads is 0"},
       {Overlap::off, "off", "One frame after the other"},
       {Overlap::on, "on", "Two frames at once: more of them a second, and more memory"}},
      "Whether a frame is begun while the last is finished, with as many threads again");
}

}  // namespace mpq::gst
