// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// list, info and path: what there is.
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <vector>

#include "commands.h"
#include "core/error.h"
#include "core/text.h"
#include "files.h"
#include "models/model_store.h"

namespace mpq::models {
namespace {

using Row = std::vector<std::string>;

void print_table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - row[i].size() + 2, ' ');
    }
    std::cout << line << '\n';
  }
}

const StoredModel* find(const std::vector<StoredModel>& models, const std::string& name) {
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const auto& model) { return model.name == name; });
  return found == models.end() ? nullptr : &*found;
}

bool wanted(const Options& options, const std::string& description) {
  return options.names.empty() || description.find(options.names[0]) != std::string::npos;
}

std::string or_unverified(const std::string& value) {
  return value.empty() ? "unverified" : value;
}

std::string size_of(const ModelEntry* entry, const StoredModel* model) {
  if (model != nullptr) return size_text(model->size);
  return entry->size ? size_text(*entry->size) : "unverified";
}

void print(const char* field, const std::string& value) {
  std::cout << std::left << std::setw(15) << field << value << '\n';
}

std::string text_of(const ModelSource& source) {
  if (source.kind == ModelSource::Kind::url) return source.location;
  return text(source.kind == ModelSource::Kind::pypi ? "PyPI " : "npm ", source.location, ", ",
              source.member);
}

void print_entry(const ModelEntry& entry) {
  print("name", entry.name);
  print("architecture", text(entry.architecture, ", ", entry.variant));
  print("task", or_unverified(entry.task));
  print("file", text(entry.file, " (", or_unverified(entry.format), ")"));
  print("size", entry.size ? text(size_text(*entry.size), " (", *entry.size, " bytes)") : "unverified");
  print("sha256",
        entry.sha256.empty() ? "unverified" : text(entry.sha256, entry.sha256.size() < 64 ? "..." : ""));
  if (!entry.sha256_from.empty()) print("", entry.sha256_from);
  print("licence", text(or_unverified(entry.licence), ": ", entry.licence_text));
  print("preprocessing", or_unverified(entry.preprocessing));
  print("home", or_unverified(entry.home));
  for (const ModelSource& source : entry.sources) print("source", text_of(source));
  for (const std::string& name : entry.needs) print("needs", name);
}

void print_installed(const StoredModel& model) {
  print("installed", model.path().string());
  if (model.shipped) {
    print("", text(size_text(model.size),
                   ", comes with mpq; how it was made: ", (model.folder / (model.name + ".md")).string()));
    return;
  }
  print("", text(size_text(model.size), ", ", model.date, ", from ", model.source));
  if (!model.listed_sum) print("", text("SHA-256 when it was installed: ", model.sha256));
}

}  // namespace

const ModelEntry& listed(const ModelList& list, const std::string& name) {
  if (const ModelEntry* entry = list.find(name)) return *entry;
  const std::string closest = list.closest(name);
  throw Error(ErrorCode::io, text("no published model is called \"", name, "\""),
              closest.empty() ? "mpq-models list names them."
                              : text("Did you mean ", closest, "? mpq-models list names them all."));
}

void list_models(const Options& options, const ModelList& list) {
  const std::vector<StoredModel> installed = stored_models();
  std::vector<Row> rows = {{"NAME", "INSTALLED", "SIZE", "LICENCE", "FOR"}};
  for (const ModelEntry& entry : list.entries()) {
    const StoredModel* model = find(installed, entry.name);
    if ((options.installed && model == nullptr) || !wanted(options, text(entry.name, ' ', entry.task)))
      continue;
    rows.push_back({entry.name, model != nullptr ? "yes" : "-", size_of(&entry, model),
                    or_unverified(entry.licence), entry.task});
  }
  for (const StoredModel& model : installed) {
    if (list.find(model.name) == nullptr && wanted(options, model.name))
      rows.push_back({model.name, model.shipped ? "shipped" : "yes", size_of(nullptr, &model),
                      model.shipped ? "mpq's" : "your own", ""});
  }
  if (rows.size() > 1) {
    print_table(rows);
  } else {
    std::cout << (options.installed ? "No such model is installed." : "No model is like that.")
              << " mpq-models list names all that can be had.\n";
  }
}

void show_models(const Options& options, const ModelList& list) {
  for (const std::string& name : options.names) {
    const auto model = stored_model(name);
    if (&name != &options.names[0]) std::cout << '\n';
    if (list.find(name) == nullptr && model) {
      print("name", name);
    } else {
      print_entry(listed(list, name));
    }
    if (model) {
      print_installed(*model);
    } else {
      print("installed", "no");
    }
  }
}

void print_path(const Options& options) {
  std::cout << find_model(options.names[0]).string() << '\n';
}

}  // namespace mpq::models
