// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpq-results: prints result files as a table, side by side where there are several, or as CSV or JSON lines.
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/result_io.h"
#include "core/result_table.h"
#include "core/text.h"

namespace {

constexpr const char* usage =
    R"(Usage: mpq-results [--scope pooled|frame|all] [--metric NAME] [--format table|csv|json] FILE...

Prints the results that mpq's elements wrote (property location=FILE), JSON lines or CSV.

  --scope   pooled: one result for a whole stream (default); frame: one a frame; all: both
  --metric  only this metric: psnr, rate, ...
  --format  table (default): aligned text; of several files, their figures side by side
            csv, json: the selected results of all files, in the form of result files
  --help    this text

Exit status: 0 results were printed; 1 a file cannot be read or nothing was selected; 2 wrong usage.
)";

struct Options {
  mpq::ResultFilter filter;
  std::string format = "table";
  std::vector<std::string> files;
  bool help = false;
};

[[noreturn]] void wrong_usage(const std::string& cause) {
  throw mpq::Error(mpq::ErrorCode::invalid_argument, cause, "See mpq-results --help.");
}

void set_option(Options& options, std::string_view name, const std::string& value) {
  if (name == "--metric") {
    options.filter.metric = value;
  } else if (name == "--scope") {
    if (value != "pooled" && value != "frame" && value != "all") {
      wrong_usage(mpq::text("--scope is pooled, frame or all, not \"", value, "\""));
    }
    options.filter.scope.reset();
    if (value != "all") options.filter.scope = value == "frame" ? mpq::Scope::frame : mpq::Scope::pooled;
  } else if (name == "--format") {
    if (value != "table" && value != "csv" && value != "json") {
      wrong_usage(mpq::text("--format is table, csv or json, not \"", value, "\""));
    }
    options.format = value;
  } else {
    wrong_usage(mpq::text("unknown option ", name));
  }
}

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    }
    if (argument == "--") {
      options.files.insert(options.files.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                           arguments.end());
      break;
    }
    if (!argument.starts_with("--")) {
      options.files.push_back(argument);
    } else if (const auto equals = argument.find('='); equals != std::string::npos) {
      set_option(options, argument.substr(0, equals), argument.substr(equals + 1));
    } else if (i + 1 == arguments.size()) {
      wrong_usage(mpq::text(argument, " is unknown or lacks its value"));
    } else {
      set_option(options, argument, arguments[++i]);
    }
  }
  if (options.files.empty()) wrong_usage("no result file is named");
  return options;
}

std::vector<mpq::NamedResults> read(const Options& options) {
  std::vector<mpq::NamedResults> files;
  bool any = false;
  for (const std::string& file : options.files) {
    files.push_back({file, mpq::select_results(mpq::read_results(file), options.filter)});
    any = any || !files.back().results.empty();
  }
  if (!any) {
    throw mpq::Error(mpq::ErrorCode::io, "no result was selected",
                     "Pooled results are written at the end of a stream; --scope all shows every result.");
  }
  return files;
}

void print(const std::vector<mpq::NamedResults>& files, const std::string& format) {
  if (format == "table") {
    std::cout << (files.size() == 1 ? mpq::result_table(files[0].results) : mpq::comparison_table(files));
    return;
  }
  const bool csv = format == "csv";
  if (csv) std::cout << mpq::csv_header() << '\n';
  for (const auto& file : files) {
    for (const auto& result : file.results) {
      std::cout << (csv ? mpq::to_csv(result) : mpq::to_json(result)) << '\n';
    }
  }
}

int run(const std::vector<std::string>& arguments) {
  const Options options = parse(arguments);
  if (options.help) {
    std::cout << usage;
  } else {
    print(read(options), options.format);
  }
  if (!std::cout.flush()) throw mpq::Error(mpq::ErrorCode::io, "cannot write to standard output");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>());
  } catch (const mpq::Error& e) {
    std::cerr << "mpq-results: " << e.what() << '.' << (e.remedy().empty() ? "" : " ") << e.remedy() << '\n';
    return e.code() == mpq::ErrorCode::invalid_argument ? 2 : 1;
  } catch (const std::exception& e) {
    std::cerr << "mpq-results: " << e.what() << ".\n";
    return 1;
  }
}
