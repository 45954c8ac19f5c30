// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "options.h"

#include <charconv>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/text.h"

namespace mpq::train {

const char* const usage =
    R"(Usage: mpq-train mbt2018-nano|mbt2018|mbt2018-mean --data FOLDER... --output FOLDER [OPTIONS]
       mpq-train export FOLDER FILE.safetensors [--level LEVEL]
       mpq-train validate FOLDER --data FOLDER...
       mpq-train data --output FOLDER [--data FOLDER...] [--keep]

Trains a learned image codec on pictures (JPEG, PNG, WebP, PPM; folders are searched to their ends). Everything is
kept in the output folder: state.safetensors, from which the same command goes on after any interruption;
model.safetensors, for mpqmbt2018enc model-file=...; log.csv and log.svg.

data gets photographs to train on, of Debian packages by apt-get download (no root is needed), or of your own folders
and videos, into FOLDER/train and FOLDER/validate, reduced to 2000 pixels, with a card of where each is from.

  --data FOLDER...          pictures to train on
  --output FOLDER           what is made; goes on with the training whose state is there
  --steps NUMBER            of the whole training; the learning rate falls until then (200000)
  --minutes NUMBER          stop after so many, and save; without: at the last step
  --save-minutes NUMBER     between two times that all is saved (2)
  --validate FOLDER...      pictures that are coded and decoded on the way, for validation.csv
  --validate-minutes NUMBER between two validations (30); the last is at the end

Of a new training:
  --n NUMBER, --m NUMBER    channels of the hidden layers and of the latents (64, 96; mbt2018-nano: 64, 192)
  --wide NUMBER, --deep NUMBER, --wide-blocks NUMBER, --deep-blocks NUMBER, --hyper NUMBER, --context NUMBER,
  --parameters NUMBER       mbt2018-nano: channels and blocks of its networks (64, 96, 3, 3, 128, 128, 256)
  --levels NUMBER           of the rate, in one model (6); 1: a model of one rate
  --least-lambda NUMBER     the loss is lambda 255^2 MSE + bits a pixel: of the smallest files (0.001)
  --most-lambda NUMBER      of the largest files, and where there is one level (0.02)
  --batch NUMBER            crops a step (8)
  --crop PIXELS             their side, a multiple of 64 (128)
  --learning-rate NUMBER    at first (0.001)
  --seed NUMBER             the same seed gives the same training, with --threads 1 to the bit (1)
  --precision PRECISION     auto (default), float32 or bfloat16: of the layers of high resolution

  --memory MEGABYTES        for decoded pictures (2048); what does not fit is left out
  --threads NUMBER          0 (default): one for each processor
  --keep                    data: keep the packages that are fetched
  --level LEVEL             export: a file of this level of the rate alone, 0 the smallest; between two is
                            between their rates

Exit status: 0 done; 1 something failed; 2 wrong usage.
)";

namespace {

[[noreturn]] void wrong_usage(const std::string& cause) {
  throw Error(ErrorCode::invalid_argument, cause, "See mpq-train --help.");
}

template <class Number>
Number parse_number(const std::string& name, const std::string& word) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size())
    wrong_usage(text(name, " is a number, not \"", word, '"'));
  return value;
}

nn::Precision parse_precision(const std::string& word) {
  if (word == "auto") return nn::Precision::automatic;
  if (word == "float32") return nn::Precision::float32;
  if (word == "bfloat16") return nn::Precision::bfloat16;
  wrong_usage(text("--precision is auto, float32 or bfloat16, not \"", word, '"'));
}

using Setter = std::function<void(Options&, const std::string& name, const std::string& word)>;

template <class Number, class Get>
Setter number(Get get) {
  return [get](Options& options, const std::string& name, const std::string& word) {
    get(options) = parse_number<Number>(name, word);
  };
}

/// Of the sizes of mbt2018-nano's layers.
void add_nano(std::map<std::string, Setter>& all) {
  for (const auto& [name, member] : mbt2018::nano_sizes)
    all[text("--", name)] = [member = member](Options& options, const std::string& option,
                                              const std::string& word) {
      if (!options.settings.architecture.nano) wrong_usage(text(option, " is for mbt2018-nano"));
      (*options.settings.architecture.nano).*member = parse_number<int>(option, word);
    };
}

std::map<std::string, Setter> make_setters() {
  std::map<std::string, Setter> all = {
      {"--steps", number<std::uint64_t>([](Options & o) -> auto& { return o.schedule.steps; })},
      {"--batch", number<int>([](Options & o) -> auto& { return o.schedule.batch; })},
      {"--crop", number<int>([](Options & o) -> auto& { return o.schedule.crop; })},
      {"--learning-rate", number<double>([](Options & o) -> auto& { return o.schedule.learning_rate; })},
      {"--seed", number<std::uint64_t>([](Options & o) -> auto& { return o.schedule.seed; })},
      {"--n", number<int>([](Options & o) -> auto& { return o.settings.architecture.n; })},
      {"--m", number<int>([](Options & o) -> auto& { return o.settings.architecture.m; })},
      {"--levels", number<int>([](Options & o) -> auto& { return o.settings.levels; })},
      {"--least-lambda", number<double>([](Options & o) -> auto& { return o.settings.least_lambda; })},
      {"--most-lambda", number<double>([](Options & o) -> auto& { return o.settings.most_lambda; })},
      {"--minutes", number<double>([](Options & o) -> auto& { return o.minutes; })},
      {"--validate-minutes", number<double>([](Options & o) -> auto& { return o.validate_minutes; })},
      {"--save-minutes", number<double>([](Options & o) -> auto& { return o.save_minutes; })},
      {"--level", number<double>([](Options & o) -> auto& { return o.level; })},
      {"--threads", number<int>([](Options & o) -> auto& { return o.threads; })},
      {"--memory", [](Options& o, const std::string& name,
                      const std::string&
                          word) { o.memory = std::size_t{parse_number<std::uint32_t>(name, word)} << 20; }},
      {"--precision",
       [](Options& o, const std::string&, const std::string& word) { o.precision = parse_precision(word); }},
      {"--output", [](Options& o, const std::string&, const std::string& word) { o.output = word; }},
  };
  add_nano(all);
  return all;
}

const std::map<std::string, Setter>& setters() {
  static const std::map<std::string, Setter> all = make_setters();
  return all;
}

/// A command line before its options are looked at: the first value of each name counts least.
struct Words {
  std::string command;
  std::vector<std::pair<std::string, std::string>> values;
  bool keep = false;
};

bool takes_several(const std::string& name) {
  return name == "--data" || name == "--validate";
}

Words split(const std::vector<std::string>& arguments) {
  Words words;
  std::string several;  // the option that words which are none belong to
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--help" || word == "-h") return {"help", {}, false};
    if (!word.starts_with("--")) {
      if (words.command.empty())
        words.command = word;
      else
        words.values.emplace_back(several, word);
      continue;
    }
    if (word == "--keep") {
      words.keep = true;
      several.clear();
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    several = takes_several(name) ? name : "";
    if (several.empty() && !setters().contains(name)) wrong_usage(text("unknown option ", word));
    if (equals != std::string::npos)
      words.values.emplace_back(name, word.substr(equals + 1));
    else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--"))
      words.values.emplace_back(name, arguments[++i]);
    else
      wrong_usage(text(name, " lacks its value"));
  }
  return words;
}

/// What the folder's state was made with.
void take_over(Options& options) {
  const auto summary = read_summary(options.output);
  if (!summary) return;
  options.settings = mbt2018::read_settings(summary->description);
  options.schedule = summary->schedule;
  options.precision = summary->bfloat16 ? nn::Precision::bfloat16 : nn::Precision::float32;
}

void check(const Options& options, bool training) {
  const auto names = options.names.size();
  if (options.command.empty()) wrong_usage("no command is given");
  const bool data = options.command == "data";
  if (!training && !data && options.command != "export" && options.command != "validate")
    wrong_usage(text("unknown command \"", options.command, '"'));
  if (options.command == "export" ? names != 2 : names != (training || data ? 0 : 1))
    wrong_usage(text(options.command, training || data ? " takes options alone" : " needs its FOLDER",
                     options.command == "export" ? " and the FILE to write" : ""));
  if (options.command != "export" && !data && options.data.empty()) wrong_usage("no --data is given");
  if ((training || data) && options.output.empty()) wrong_usage("no --output is given");
  if (options.minutes && !(*options.minutes > 0)) wrong_usage("--minutes is a positive number");
  if (!(options.validate_minutes > 0)) wrong_usage("--validate-minutes is a positive number");
  if (!(options.save_minutes >= 0)) wrong_usage("--save-minutes is no negative number");
  if (options.keep && !data) wrong_usage("--keep goes with data");
  if (options.level && options.command != "export") wrong_usage("--level goes with export");
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  const Words words = split(arguments);
  Options options;
  options.command = words.command;
  options.keep = words.keep;
  if (options.command == "help") return options;
  const bool training = options.command.starts_with("mbt2018");
  for (const auto& [name, word] : words.values) {
    if (name == "--output") options.output = word;
    if (name.empty()) options.names.emplace_back(word);
  }
  const bool data = options.command == "data";
  if (!training && !data && !options.names.empty()) options.output = options.names.front();
  if (options.command == "mbt2018-nano") options.settings = mbt2018::nano();
  if (!data && !options.output.empty()) take_over(options);
  for (const auto& [name, word] : words.values) {
    if (data && !name.empty() && name != "--data" && name != "--output")
      wrong_usage(text(name, " does not go with data"));
    if (takes_several(name))
      (name == "--data" ? options.data : options.validation).emplace_back(word);
    else if (!name.empty())
      setters().at(name)(options, name, word);
  }
  check(options, training);
  mpq::mbt2018::Architecture& architecture = options.settings.architecture;
  if (training) {
    const bool mean = options.command == "mbt2018-mean", nano = options.command == "mbt2018-nano";
    if (!mean && !nano && options.command != "mbt2018")
      wrong_usage(text("unknown command \"", options.command, '"'));
    architecture.variant = mean ? mpq::mbt2018::Variant::mean : mpq::mbt2018::Variant::mbt2018;
    if (!nano) architecture.nano.reset();
  }
  return options;
}

}  // namespace mpq::train
