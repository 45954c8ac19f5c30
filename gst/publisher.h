// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How results leave an element: as element messages, as buffer metas, and as lines of a file.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/result.h"
#include "core/result_io.h"
#include "gst/pointer.h"

namespace mpq::gst {

/// A result as the structure "mpq-result" (docs/results.md lists the fields), and back. from_structure throws
/// Error(corrupt_data) for a structure of another name or with fields missing.
StructurePtr to_structure(const Result& result);
Result from_structure(const GstStructure* structure);

/// The structure "mpq-results" with the list "results", for the property of that name.
StructurePtr to_structure(const std::vector<Result>& results);

/// Adds the result to a writable buffer as a meta. It survives copies and conversions of the buffer: it says
/// what was measured on this frame upstream.
void attach_result(GstBuffer* buffer, const Result& result);

/// All results that elements upstream attached, in order.
std::vector<Result> attached_results(GstBuffer* buffer);

/// One element's outlet. Thread-safe; posts with no lock held.
class Publisher {
 public:
  void set_location(std::string location);
  std::string location() const;
  void set_post_messages(bool post) { post_messages_ = post; }
  bool post_messages() const { return post_messages_; }

  /// Opens the file, if a location is set. Throws Error(io).
  void open();
  void close();

  /// Whether a result would go anywhere, so that an element can spare itself the work.
  bool active() const { return post_messages_ || writing_; }

  /// Writes and posts. Throws Error(io) when the file cannot take it.
  void publish(GstElement* element, const Result& result);

 private:
  mutable std::mutex mutex_;  // guards location_ and writer_
  std::string location_;
  std::unique_ptr<ResultWriter> writer_;
  std::atomic<bool> writing_{false};
  std::atomic<bool> post_messages_{true};
};

}  // namespace mpq::gst
