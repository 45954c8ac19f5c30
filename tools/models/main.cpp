// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpq-models: gets, keeps, checks and converts the models that mpq's elements use (docs/models.md).
#include <curl/curl.h>

#include <csignal>
#include <iostream>

#include "commands.h"
#include "core/error.h"
#include "models/folders.h"

namespace {

using mpq::models::Options;

void run_command(const Options& options) {
  if (options.command == "path") return mpq::models::print_path(options);
  if (options.command == "convert") return mpq::models::convert_model(options);
  const mpq::ModelList list = mpq::ModelList::read(mpq::model_list_file());
  if (options.command == "list") mpq::models::list_models(options, list);
  if (options.command == "info") mpq::models::show_models(options, list);
  if (options.command == "fetch") mpq::models::fetch_models(options, list);
  if (options.command == "import") mpq::models::import_model(options, list);
  if (options.command == "verify") mpq::models::verify_models(options, list);
}

void run(const std::vector<std::string>& arguments) {
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk
  std::signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const Options options = mpq::models::parse_options(arguments);
  if (options.command == "help") {
    std::cout << mpq::models::usage;
  } else {
    run_command(options);
  }
  if (!std::cout.flush()) throw mpq::Error(mpq::ErrorCode::io, "cannot write to standard output");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc > 1 ? std::vector<std::string>(argv + 1, argv + argc) : std::vector<std::string>());
    return 0;
  } catch (const mpq::Error& e) {
    std::cout.flush();
    std::cerr << "mpq-models: " << e.what() << '.' << (e.remedy().empty() ? "" : " ") << e.remedy() << '\n';
    return e.code() == mpq::ErrorCode::invalid_argument ? 2 : 1;
  } catch (const std::exception& e) {
    std::cerr << "mpq-models: " << e.what() << ".\n";
    return 1;
  }
}
