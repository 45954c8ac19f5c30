// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpq-stream: prints and verifies streams of the learned codecs; needs no model.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/text.h"
#include "print.h"
#include "walk.h"

namespace {

using mpq::stream::Piece;
using mpq::stream::Totals;

constexpr const char* usage =
    R"(Usage: mpq-stream [list] [--format table|json] FILE...
       mpq-stream verify FILE...

Shows what streams of the learned codecs (.mpq, docs/bitstream.md) hold. FILE may be - for standard input.

  list      (default) prints each frame: where it is and how long, codec, coder mode, width x height, hash of the
            model that it needs, bits a pixel, lengths of its sections; and damage and bytes between frames
  verify    prints damage alone, and a line for each file
  --format  table (default): aligned text; json: one JSON object a line, a line a frame
  --help    this text

Exit status: 0 every file was read to its end, and where verified, each is sound; 1 a file cannot be read, holds no
frame or, where verified, is damaged; 2 wrong usage.
)";

struct Options {
  bool verify = false, json = false, help = false;
  std::vector<std::string> files;
};

[[noreturn]] void wrong_usage(const std::string& cause) {
  throw mpq::Error(mpq::ErrorCode::invalid_argument, cause, "See mpq-stream --help.");
}

void set_format(Options& options, const std::string& value) {
  if (value != "table" && value != "json")
    wrong_usage(mpq::text("--format is table or json, not \"", value, "\""));
  options.json = value == "json";
}

Options parse(std::vector<std::string> arguments) {
  Options options;
  if (!arguments.empty() && (arguments[0] == "verify" || arguments[0] == "list")) {
    options.verify = arguments[0] == "verify";
    arguments.erase(arguments.begin());
  }
  bool options_end = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (options_end || argument == "-" || !argument.starts_with('-')) {
      options.files.push_back(argument);
    } else if (argument == "--") {
      options_end = true;
    } else if (argument == "--help" || argument == "-h") {
      options.help = true;
      return options;
    } else if (argument.starts_with("--format=")) {
      set_format(options, argument.substr(argument.find('=') + 1));
    } else if (argument == "--format" && i + 1 < arguments.size()) {
      set_format(options, arguments[++i]);
    } else {
      wrong_usage(mpq::text(argument, " is unknown or lacks its value"));
    }
  }
  if (options.files.empty()) wrong_usage("no file is named");
  if (options.verify && options.json) wrong_usage("verify prints no JSON");
  return options;
}

void walk_file(const std::string& file, const std::function<void(const Piece&)>& use) {
  if (file == "-") return mpq::stream::walk(std::cin, use);
  std::ifstream input(file, std::ios::binary);
  const bool folder = std::filesystem::is_directory(file);
  if (!input || folder)
    throw mpq::Error(mpq::ErrorCode::io,
                     mpq::text("cannot read ", file, ": ", folder ? "it is a folder" : std::strerror(errno)));
  mpq::stream::walk(input, use);
}

void check_frames(const std::string& file, const Totals& totals, std::uint64_t bytes) {
  if (totals.frames > 0) return;
  if (bytes == 0) throw mpq::Error(mpq::ErrorCode::corrupt_data, file + " is empty");
  throw mpq::Error(
      mpq::ErrorCode::corrupt_data,
      mpq::text(file, totals.damaged > 0 ? " holds no frame that can be read"
                                         : " is no stream of a learned codec: it holds no frame"),
      totals.damaged > 0 ? "" : "The command \"file\" may tell what it is.");
}

void list(const std::string& file, const Options& options) {
  Totals totals;
  std::uint64_t index = 0, bytes = 0;
  if (options.files.size() > 1 && !options.json) std::cout << file << ":\n";
  walk_file(file, [&](const Piece& piece) {
    if (bytes == 0 && !options.json) mpq::stream::print_table_head(std::cout);
    if (options.json)
      mpq::stream::print_json(std::cout, piece, index, file);
    else
      mpq::stream::print_row(std::cout, piece, index);
    if (piece.kind != Piece::Kind::garbage) ++index;
    bytes += piece.length;
    totals.add(piece);
  });
  check_frames(file, totals, bytes);
  if (!options.json) std::cout << mpq::stream::describe(totals) << '\n';
}

bool verify(const std::string& file) {
  Totals totals;
  std::uint64_t bytes = 0;
  walk_file(file, [&](const Piece& piece) {
    if (piece.kind != Piece::Kind::frame)
      std::cout << file << ": " << mpq::stream::describe_fault(piece) << '\n';
    bytes += piece.length;
    totals.add(piece);
  });
  check_frames(file, totals, bytes);
  std::cout << file << ": " << (totals.sound() ? "sound: " : "damaged: ") << mpq::stream::describe(totals)
            << '\n';
  return totals.sound();
}

void report(const std::exception& error) {
  const auto* ours = dynamic_cast<const mpq::Error*>(&error);
  std::cerr << "mpq-stream: " << error.what() << '.'
            << (ours != nullptr && !ours->remedy().empty() ? ' ' + ours->remedy() : "") << '\n';
}

int run(const std::vector<std::string>& arguments) {
  const Options options = parse(arguments);
  if (options.help) std::cout << usage;
  bool good = true;
  for (const std::string& file : options.files) {
    try {
      if (options.verify)
        good = verify(file) && good;
      else
        list(file, options);
    } catch (const mpq::Error& error) {
      std::cout.flush();  // so that the message comes behind the file's rows
      report(error);
      good = false;
    }
  }
  if (!std::cout.flush()) throw mpq::Error(mpq::ErrorCode::io, "cannot write to standard output");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>());
  } catch (const mpq::Error& error) {
    report(error);
    return error.code() == mpq::ErrorCode::invalid_argument ? 2 : 1;
  } catch (const std::exception& error) {
    report(error);
    return 1;
  }
}
