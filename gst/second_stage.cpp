// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/second_stage.h"

#include <algorithm>
#include <utility>

#include "core/processors.h"

namespace mpq::gst {
namespace {

constexpr int many_processors = 8;

}  // namespace

SecondStage::SecondStage(GRecMutex* stream_lock) : stream_lock_(stream_lock), thread_([this] { loop(); }) {}

SecondStage::~SecondStage() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return state_ != State::computing; });
    state_ = State::ended;
  }
  changed_.notify_all();
  thread_.join();
}

void SecondStage::loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return state_ == State::given || state_ == State::ended; });
    if (state_ == State::ended) return;
    compute(lock);
    lock.unlock();
    g_rec_mutex_lock(stream_lock_);
    deliver();
    g_rec_mutex_unlock(stream_lock_);
    lock.lock();
  }
}

void SecondStage::compute(std::unique_lock<std::mutex>& lock) {
  state_ = State::computing;
  lock.unlock();
  work_.compute();
  lock.lock();
  state_ = State::computed;
  changed_.notify_all();
}

GstFlowReturn SecondStage::deliver() {
  Work work;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::computed) return flow_;  // the other thread was here first
    state_ = State::idle;
    work = std::exchange(work_, {});
  }
  flow_ = work.deliver();
  return flow_;
}

GstFlowReturn SecondStage::finish() {
  {
    std::unique_lock lock(mutex_);
    // The thread may be waiting for the lock that the caller holds, to deliver what went out without it.
    if (state_ == State::given) compute(lock);
    changed_.wait(lock, [&] { return state_ != State::computing; });
  }
  deliver();
  return std::exchange(flow_, GST_FLOW_OK);
}

GstFlowReturn SecondStage::hand_over(Work work) {
  const GstFlowReturn flow = finish();
  if (flow != GST_FLOW_OK) return flow;
  {
    const std::lock_guard lock(mutex_);
    work_ = std::move(work);
    state_ = State::given;
  }
  changed_.notify_all();
  return GST_FLOW_OK;
}

bool OverlapSettings::overlaps(const NeuralSettings& neural) const {
  if (overlap != Overlap::automatic) return overlap == Overlap::on;
  return neural.threads == 0 && usable_processors() >= many_processors;
}

nn::Options OverlapSettings::stage_options(const NeuralSettings& neural) const {
  nn::Options options = neural.options();
  if (overlaps(neural) && options.threads == 0) options.threads = std::max(1, usable_processors() / 2);
  return options;
}

}  // namespace mpq::gst
