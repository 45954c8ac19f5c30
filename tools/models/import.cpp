// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// import and verify: files that are here already.
#include <iostream>
#include <vector>

#include "checksum.h"
#include "commands.h"
#include "core/error.h"
#include "core/text.h"
#include "installation.h"
#include "models/folders.h"

namespace mpq::models {
namespace {

namespace fs = std::filesystem;

void copy(const fs::path& from, const fs::path& to) {
  const FileDescriptor in = open_to_read(from), out = open_to_write(to, false);
  std::vector<std::uint8_t> buffer(std::size_t{1} << 20);
  while (const std::size_t size = read_some(in, buffer, from))
    write_all(out, std::span(buffer).first(size), to);
}

void link(const fs::path& file, const fs::path& to) {
  std::error_code error;
  fs::create_symlink(file, to, error);
  if (!error) return;
  errno = error.value();
  file_error("create the link", to);
}

fs::path file_to_import(const std::string& name) {
  std::error_code error;
  fs::path file = fs::canonical(name, error);
  if (error || !fs::is_regular_file(file, error)) {
    throw Error(ErrorCode::io, text(name, " is no file"), "Check the path.");
  }
  return file;
}

// The bytes that will be installed are the ones that are summed: those of the copy.
StoredModel described(const Installation& installation, const fs::path& file, const std::string& file_name) {
  StoredModel model;
  model.file = file_name;
  model.size = size_or_zero(installation.partial());
  model.sha256 = sha256_of(installation.partial());
  model.source = file.string();
  return model;
}

std::string name_in_store(const ModelEntry* entry, const fs::path& file) {
  if (entry != nullptr) return entry->file;
  const std::string name = file.filename().string();
  return is_file_name(name) && name != "model.json" ? name : "model";
}

void check_name(const std::string& name) {
  if (is_model_name(name)) return;
  throw Error(ErrorCode::invalid_argument, text("\"", name, "\" cannot be the name of a model"),
              "Names have lower-case letters, digits, '.', '_' and '-', and begin with a letter or digit.");
}

void check_not_installed(const Options& options, const fs::path& store) {
  const auto model = stored_model_in(store, options.names[0]);
  if (!model || options.force) return;
  throw Error(ErrorCode::io, text(model->name, " is installed already: ", model->path().string()),
              "Give --force to replace it.");
}

// What became of the file; empty if it is as it was.
std::string change_of(const StoredModel& model, const ModelEntry* entry) {
  std::error_code ignored;
  if (!fs::is_regular_file(model.path(), ignored)) return "the file is missing";
  const std::string sum = sha256_of(model.path());
  if (sum != model.sha256)
    return text("the file has CHANGED: its SHA-256 is ", sum, ", it was ", model.sha256);
  if (entry != nullptr && !sum.starts_with(entry->sha256)) return "it is not the file that mpq's list names";
  return {};
}

std::vector<StoredModel> models_to_verify(const Options& options) {
  if (options.names.empty()) return stored_models();
  std::vector<StoredModel> models;
  for (const std::string& name : options.names) {
    auto model = stored_model(name);
    if (!model) {
      throw Error(ErrorCode::io, text("the model ", name, " is not installed"),
                  text("Run: mpq-models fetch ", name));
    }
    models.push_back(*model);
  }
  return models;
}

}  // namespace

void import_model(const Options& options, const ModelList& list) {
  const std::string& name = options.names[0];
  check_name(name);
  const fs::path file = file_to_import(options.names[1]);
  const ModelEntry* entry = list.find(name);
  const fs::path store = options.store.empty() ? writable_model_folder() : fs::path(options.store);
  Installation installation(store, name);
  check_not_installed(options, store);
  installation.discard_partial();
  StoredModel model;
  try {
    (options.link ? link : copy)(file, installation.partial());
    model = described(installation, file, name_in_store(entry, file));
    model.listed_sum = entry != nullptr && check_against_list(*entry, model.size, model.sha256);
    model = installation.commit(model);
  } catch (const Error&) {
    installation.discard_partial();
    throw;
  }
  if (entry == nullptr)
    std::cerr << name << " is none of the published models: it is installed as one of your own.\n";
  if (!model.listed_sum)
    std::cerr << "The list has no checksum of it; recorded is SHA-256 " << model.sha256 << ".\n";
  std::cout << name << ": " << model.path().string() << '\n';
}

void verify_models(const Options& options, const ModelList& list) {
  int bad = 0;
  for (const StoredModel& model : models_to_verify(options)) {
    if (model.shipped) {
      std::cout << model.name << ": comes with mpq, without a checksum" << std::endl;
      continue;
    }
    const std::string change = change_of(model, list.find(model.name));
    if (!change.empty()) ++bad;
    std::cout << model.name << ": "
              << (!change.empty()    ? change
                  : model.listed_sum ? "as it is in the list"
                                     : "as it was when it was installed (the list has no checksum)")
              << std::endl;
  }
  if (bad == 0) return;
  throw Error(ErrorCode::mismatch, text(bad, bad == 1 ? " model is" : " models are", " not as installed"),
              "Install again what has changed: mpq-models fetch --force NAME.");
}

}  // namespace mpq::models
