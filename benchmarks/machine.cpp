// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/machine.h"

#include <gst/gst.h>
#include <sched.h>
#include <stdlib.h>

#include <fstream>
#include <set>
#include <sstream>

#include "gst/pointer.h"

namespace mpq::bench {
namespace {

std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, key.size(), key) == 0) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string processor_class() {
  std::istringstream words(cpuinfo("flags"));
  std::set<std::string> flags;
  for (std::string flag; words >> flag;) flags.insert(flag);
  if (flags.count("amx_tile") != 0 && flags.count("amx_bf16") != 0) return "AMX";
  if (flags.count("avx512_bf16") != 0) return "AVX-512 BF16";
  if (flags.count("avx512f") != 0) return "AVX-512";
  if (flags.count("avx2") != 0) return "AVX2";
  return "other";
}

std::string compiler() {
#ifdef __clang__
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "g++ " __VERSION__;
#else
  return "unknown";
#endif
}

}  // namespace

Machine this_machine() {
  Machine machine{cpuinfo("model name"), processor_class(), 0, compiler(), {}, 0, {}};
#ifndef __OPTIMIZE__
  machine.compiler += ", not optimizing";
#endif
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) machine.cores = CPU_COUNT(&set);
  machine.gstreamer = gst::CharPtr(gst_version_string()).get();
  if (getloadavg(&machine.load, 1) != 1) machine.load = 0;
  return machine;
}

}  // namespace mpq::bench
