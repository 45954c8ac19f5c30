// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "core/result_table.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <map>
#include <tuple>

namespace mpq {
namespace {

using Row = std::vector<std::string>;

std::string number_text(double number) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.6g", number);
  return digits.data();
}

// Names come from files: what could steer a terminal is not passed on.
std::string printable(std::string cell) {
  std::replace_if(
      cell.begin(), cell.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return cell;
}

// Characters, not bytes, of UTF-8.
std::size_t width_of(const std::string& cell) {
  return static_cast<std::size_t>(
      std::count_if(cell.begin(), cell.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool is_number_column(const std::vector<Row>& rows, std::size_t column) {
  return rows.size() > 1 && std::all_of(rows.begin() + 1, rows.end(), [column](const Row& row) {
           const std::string& cell = row[column];
           return cell.find_first_not_of("0123456789.+-einfa") == std::string::npos;
         });
}

// rows[0] heads the columns. Numbers stand to the right, words to the left.
std::string align(std::vector<Row> rows) {
  for (Row& row : rows) std::transform(row.begin(), row.end(), row.begin(), printable);
  std::vector<std::string> lines(rows.size());
  for (std::size_t column = 0; column < rows[0].size(); ++column) {
    std::size_t width = 0;
    bool used = false;
    for (const Row& row : rows) width = std::max(width, width_of(row[column]));
    for (auto row = rows.begin() + 1; row != rows.end(); ++row) used = used || !(*row)[column].empty();
    if (!used && rows.size() > 1) continue;
    const bool right = is_number_column(rows, column);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::string pad(width - width_of(rows[i][column]), ' ');
      if (!lines[i].empty() || column > 0) lines[i] += "  ";
      lines[i] += right ? pad + rows[i][column] : rows[i][column] + pad;
    }
  }
  std::string table;
  for (const std::string& line : lines) table += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  return table;
}

const char* scope_text(Scope scope) {
  return scope == Scope::frame ? "frame" : "pooled";
}

std::string details_text(const Result& result) {
  std::string list;
  for (const auto& [name, value] : result.details) {
    list += (list.empty() ? "" : "  ") + name + '=' + number_text(value);
  }
  return list;
}

// What must agree for figures of different files to stand on one line. The last two are the result's place
// among those of its file that agree otherwise, and its figure: "" for the value, else the detail's name.
using Key = std::tuple<std::string, Scope, std::string, std::uint64_t, std::string, std::size_t, std::string>;

class Comparison {
 public:
  explicit Comparison(std::size_t files) : files_(files) {}

  void add(std::size_t file, const std::vector<Result>& results) {
    std::map<Key, std::size_t> seen;
    for (const Result& r : results) {
      Key key{r.metric, r.scope, r.input, r.scope == Scope::frame ? r.index : 0, r.unit, 0, ""};
      std::get<5>(key) = seen[key]++;
      put(key, file, r.value);
      for (const auto& [name, value] : r.details) {
        std::get<6>(key) = name;
        put(key, file, value);
      }
    }
  }

  std::vector<Row> rows(Row head) const {
    std::vector<Row> rows{std::move(head)};
    for (const auto& [key, cells] : lines_) {
      const auto& [metric, scope, input, index, unit, place, figure] = key;
      Row row{metric, input, scope == Scope::frame ? std::to_string(index) : "",
              figure.empty() ? "value" : figure, figure.empty() ? unit : ""};
      row.insert(row.end(), cells.begin(), cells.end());
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  // Lines stand in the order in which the files bring them.
  void put(const Key& key, std::size_t file, double value) {
    const auto [place, added] = places_.try_emplace(key, lines_.size());
    if (added) lines_.emplace_back(key, Row(files_, "-"));
    lines_[place->second].second[file] = number_text(value);
  }

  std::size_t files_;
  std::map<Key, std::size_t> places_;
  std::vector<std::pair<Key, Row>> lines_;
};

}  // namespace

std::vector<Result> select_results(const std::vector<Result>& results, const ResultFilter& filter) {
  std::vector<Result> selected;
  std::copy_if(results.begin(), results.end(), std::back_inserter(selected), [&filter](const Result& r) {
    return (!filter.scope || r.scope == *filter.scope) &&
           (filter.metric.empty() || r.metric == filter.metric);
  });
  return selected;
}

std::string result_table(const std::vector<Result>& results) {
  std::vector<Row> rows{
      {"metric", "element", "input", "scope", "index", "value", "unit", "label", "details"}};
  for (const Result& r : results) {
    rows.push_back({r.metric, r.element, r.input, scope_text(r.scope), std::to_string(r.index),
                    number_text(r.value), r.unit, r.label, details_text(r)});
  }
  return align(std::move(rows));
}

std::string comparison_table(const std::vector<NamedResults>& files) {
  Comparison comparison(files.size());
  Row head{"metric", "input", "frame", "figure", "unit"};
  for (std::size_t i = 0; i < files.size(); ++i) {
    comparison.add(i, files[i].results);
    head.push_back(files[i].name);
  }
  return align(comparison.rows(std::move(head)));
}

}  // namespace mpq
