// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "copyright.h"

#include <fnmatch.h>

#include <filesystem>
#include <map>
#include <sstream>

namespace mpq::train {
namespace {

namespace fs = std::filesystem;

std::string trimmed(const std::string& words) {
  const std::size_t first = words.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : words.substr(first, words.find_last_not_of(" \t\r") + 1 - first);
}

/// Paragraphs of "Name: value" with lines that go on after a blank; values keep their lines.
std::vector<std::map<std::string, std::string>> paragraphs(const std::string& text) {
  std::vector<std::map<std::string, std::string>> all(1);
  std::string field;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (trimmed(line).empty()) {
      if (!all.back().empty()) all.emplace_back();
      field.clear();
    } else if (line.front() == '#') {
      continue;
    } else if (line.front() == ' ' || line.front() == '\t') {
      if (!field.empty()) all.back()[field] += '\n' + trimmed(line);
    } else if (const std::size_t colon = line.find(':'); colon != std::string::npos) {
      field = line.substr(0, colon);
      all.back()[field] = trimmed(line.substr(colon + 1));
    }
  }
  return all;
}

bool matches_from_any_folder(const std::string& pattern, const std::string& path) {
  for (std::size_t start = 0;; ++start) {
    if (fnmatch(pattern.c_str(), path.c_str() + start, 0) == 0) return true;
    start = path.find('/', start);
    if (start == std::string::npos) return false;
  }
}

/// 2: the pattern names the file and its folder; 1: the file; 0: neither.
int sameness(const fs::path& pattern, const fs::path& path) {
  if (pattern.filename() != path.filename()) return 0;
  return pattern.has_parent_path() && pattern.parent_path().filename() == path.parent_path().filename() ? 2
                                                                                                        : 1;
}

}  // namespace

CopyrightFile::CopyrightFile(const std::string& text) {
  for (const auto& fields : paragraphs(text)) {
    const auto files = fields.find("Files"), licence = fields.find("License");
    if (files == fields.end() || licence == fields.end()) continue;
    Stanza stanza;
    std::istringstream patterns(files->second);
    for (std::string pattern; patterns >> pattern;) stanza.patterns.push_back(pattern);
    stanza.licence = licence->second.substr(0, licence->second.find('\n'));
    if (const auto owner = fields.find("Copyright"); owner != fields.end())
      stanza.copyright = trimmed(owner->second);
    if (!stanza.copyright.empty() && stanza.copyright.front() == '\n') stanza.copyright.erase(0, 1);
    stanzas_.push_back(std::move(stanza));
  }
}

std::vector<Licence> CopyrightFile::licences_of(const std::string& path) const {
  std::vector<Licence> matching, named;
  int best = 1;
  for (const Stanza& stanza : stanzas_)
    for (const std::string& pattern : stanza.patterns) {
      const Licence licence{stanza.licence, stanza.copyright, pattern};
      if (const int same = sameness(pattern, path); same >= best) {
        best = same;
        named = {licence};
      }
      if (matches_from_any_folder(pattern, path)) matching.push_back(licence);
    }
  return named.empty() ? matching : named;
}

}  // namespace mpq::train
