// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "options.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/text.h"

namespace mpq::train {

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
  wrong_usage(
      text("--precision is auto, float32 or bfloat16, and of export float32 or float16, not \"", word, '"'));
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
  for (const auto& [name, size] : mbt2018::nano_sizes)
    all[text("--", name)] = [member = size](Options& options, const std::string& option,
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
       [](Options& o, const std::string&, const std::string& word) {
         o.float16 = o.command == "export" && word == "float16";
         if (!o.float16) o.precision = parse_precision(word);
       }},
      {"--device",
       [](Options& o, const std::string&, const std::string& word) { o.settings.device = word; }},
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
  std::vector<std::pair<std::string, std::string>> values = {};
  bool keep = false, augment = false;
};

bool takes_several(const std::string& name) {
  return name == "--data" || name == "--validate";
}

Words split(const std::vector<std::string>& arguments) {
  Words words;
  std::string several;  // the option that words which are none belong to
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--help" || word == "-h") return {.command = "help"};
    if (!word.starts_with("--")) {
      if (words.command.empty())
        words.command = word;
      else
        words.values.emplace_back(several, word);
      continue;
    }
    if (word == "--keep" || word == "--augment") {
      (word == "--keep" ? words.keep : words.augment) = true;
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

/// What an adaptation of the model begins with.
void take_over_model(Options& options) {
  options.settings = mbt2018::model_settings(options.names.front());
  options.schedule.learning_rate = 2e-4;
  options.schedule.minutes = 10;
}

/// After all options, of which `before` had none yet.
void finish_adaptation(Options& options, const mbt2018::Settings& before, bool steps) {
  mbt2018::Settings& settings = options.settings;
  if (settings.architecture != before.architecture || settings.levels != before.levels)
    wrong_usage("a model that is adapted keeps its channels and levels");
  if (settings.levels == 1) settings.least_lambda = settings.most_lambda;
  if (!(settings.least_lambda > 0) || !(settings.most_lambda > 0))
    wrong_usage(text(options.names.front().string(),
                     " does not say the lambdas that it was trained with: name ",
                     settings.levels > 1 ? "--least-lambda and " : "", "--most-lambda"));
  if (options.minutes || steps) options.schedule.minutes = options.minutes.value_or(0);
}

void check(const Options& options, bool training) {
  const auto names = options.names.size();
  if (options.command.empty()) wrong_usage("no command is given");
  const bool data = options.command == "data", adapt = options.command == "adapt";
  if (!training && !data && !adapt && options.command != "export" && options.command != "validate")
    wrong_usage(text("unknown command \"", options.command, '"'));
  if (options.command == "export" ? names != 2 : names != (training || data ? 0 : 1))
    wrong_usage(text(options.command,
                     training || data ? " takes options alone"
                     : adapt          ? " needs one MODEL"
                                      : " needs its FOLDER",
                     options.command == "export" ? " and the FILE to write" : ""));
  if (options.command != "export" && !data && options.data.empty()) wrong_usage("no --data is given");
  if ((training || data || adapt) && options.output.empty()) wrong_usage("no --output is given");
  if (options.minutes && !(*options.minutes > 0)) wrong_usage("--minutes is a positive number");
  if (!(options.validate_minutes > 0)) wrong_usage("--validate-minutes is a positive number");
  if (!(options.save_minutes >= 0)) wrong_usage("--save-minutes is no negative number");
  if (options.keep && !data) wrong_usage("--keep goes with data");
  if (options.augment && !adapt) wrong_usage("--augment goes with adapt: a training does so anyway");
  if (options.level && options.command != "export") wrong_usage("--level goes with export");
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments) {
  const Words words = split(arguments);
  Options options;
  options.command = words.command;
  options.keep = words.keep;
  options.augment = words.augment;
  if (options.command == "help") return options;
  const bool training = options.command.starts_with("mbt2018");
  for (const auto& [name, word] : words.values) {
    if (name == "--output") options.output = word;
    if (name.empty()) options.names.emplace_back(word);
  }
  const bool data = options.command == "data", adapt = options.command == "adapt";
  if (!training && !data && !adapt && !options.names.empty()) options.output = options.names.front();
  if (options.command == "mbt2018-nano") options.settings = mbt2018::nano();
  if (adapt && !options.names.empty()) take_over_model(options);
  const mbt2018::Settings model = options.settings;
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
  if (adapt)
    finish_adaptation(options, model,
                      std::any_of(words.values.begin(), words.values.end(),
                                  [](const auto& value) { return value.first == "--steps"; }));
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
