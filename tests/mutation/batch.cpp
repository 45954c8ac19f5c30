// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What runs in a process of its own.
#include <gst/gst.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>
#include <iterator>

#include "core/text.h"
#include "watch.h"

namespace mpq::test {
namespace {

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::int64_t monotonic_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

long peak_kilobytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

/// A pipeline, its clean streams, and how they decode.
class Batch {
 public:
  Batch(const Route& route, Report* report)
      : route_(route), report_(report), seeds_(make_seeds(route)), runner_(route) {
    for (const Seed& seed : seeds_) {
      const double start = processor_seconds();
      const Outcome outcome = runner_.run(seed.stream, seed.caps);
      clean_.push_back({runner_.frames(), processor_seconds() - start});
      if (outcome != Outcome::whole) fail("a clean stream does not decode");
    }
  }

  /// False where the stream is a finding.
  bool run_damaged(std::uint64_t index) {
    const std::size_t which = index % seeds_.size();
    const Stream stream = damaged(seeds_[which].stream, route_.framing, static_cast<std::uint32_t>(index));
    run(stream, which, index);
    const bool check = index % streams_a_check == streams_a_check - 1;
    if (check && runner_.run(seeds_[which].stream, seeds_[which].caps) != Outcome::whole)
      fail("after it, a clean stream does not decode without a warning");
    else if (check && runner_.frames() != clean_[which].frames)
      fail("after it, a clean stream decodes to another number of frames");
    return good();
  }

  /// For every seed's caps.
  bool run_saved(const std::filesystem::path& path, std::uint64_t index) {
    std::ifstream file(path, std::ios::binary);
    const Data bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    for (std::size_t which = 0; which < seeds_.size() && good(); ++which)
      run(unpack(bytes, route_.framing), which, index);
    return good();
  }

  bool good() const { return report_->failure[0] == '\0'; }

 private:
  struct Clean {
    int frames;
    double seconds;
  };

  void fail(const std::string& sentence) {
    std::snprintf(report_->failure.data(), report_->failure.size(), "%s", sentence.c_str());
  }

  void run(const Stream& stream, std::size_t which, std::uint64_t index) {
    const Data packed = pack(stream, route_.framing);
    report_->input_size = std::min(packed.size(), report_->input.size());
    std::copy_n(packed.begin(), report_->input_size, report_->input.begin());
    report_->next = index;
    report_->started = monotonic_nanoseconds();
    const double start = processor_seconds();
    const Outcome outcome = runner_.run(stream, seeds_[which].caps);
    const double seconds = processor_seconds() - start;
    report_->started = 0;
    ++report_->outcomes[static_cast<std::size_t>(outcome)];
    if (outcome == Outcome::stuck) {  // nothing can be taken down any more
      report_->next = index + 1;
      std::_Exit(0);
    }
    report_->slowest = std::max(report_->slowest, seconds);
    report_->peak = std::max(report_->peak, peak_kilobytes());
    if (outcome == Outcome::invalid) fail("a frame is not what its caps say");
    if (seconds > clean_[which].seconds + most_seconds)
      fail(text("it took ", seconds, " s of processor time"));
    if (peak_kilobytes() > most_kilobytes) fail(text("it took ", peak_kilobytes() / 1024, " MiB of memory"));
  }

  const Route& route_;
  Report* report_;
  std::vector<Seed> seeds_;
  Runner runner_;
  std::vector<Clean> clean_;
};

}  // namespace

int run_streams(const Route& route, const std::vector<std::filesystem::path>& saved, std::uint64_t end,
                Report* report) try {
  gst_init(nullptr, nullptr);
  g_random_set_seed(1);  // serial numbers of Ogg streams
  bool good = true;
  {
    Batch batch(route, report);
    good = batch.good();
    const std::uint64_t last = std::min(end, report->next + streams_a_process);
    for (std::uint64_t index = report->next; good && index < last; ++index) {
      good = index < saved.size() ? batch.run_saved(saved[index], index) : batch.run_damaged(index);
      if (good) report->next = index + 1;
    }
  }
  gst_deinit();  // so that leaks are ours
  return good ? 0 : 1;
} catch (const std::exception& error) {
  std::snprintf(report->failure.data(), report->failure.size(), "%s", error.what());
  return 1;
}

}  // namespace mpq::test
