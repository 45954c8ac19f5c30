// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpq-train: trains learned codecs.
#include <iostream>

#include "core/error.h"
#include "core/text.h"
#include "options.h"
#include "run.h"

namespace {

void report(const std::exception& error) {
  const auto* ours = dynamic_cast<const mpq::Error*>(&error);
  std::cerr << "mpq-train: " << error.what() << '.'
            << (ours != nullptr && !ours->remedy().empty() ? ' ' + ours->remedy() : "") << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  mpq::train::Options options;
  try {
    options = mpq::train::parse_options(argc > 1 ? std::vector<std::string>(argv + 1, argv + argc)
                                                 : std::vector<std::string>());
  } catch (const mpq::Error& error) {
    report(error);
    return error.code() == mpq::ErrorCode::invalid_argument ? 2 : 1;
  } catch (const std::exception& error) {
    report(error);
    return 1;
  }
  try {
    if (options.command == "help")
      std::cout << mpq::train::usage;
    else if (options.command == "data")
      mpq::train::run_data(options);
    else if (options.command == "adapt")
      mpq::train::run_adapt(options);
    else if (options.command == "export")
      mpq::train::run_export(options);
    else if (options.command == "validate")
      mpq::train::run_validation(options);
    else
      mpq::train::run_training(options);
    return 0;
  } catch (const std::exception& error) {
    report(error);
    return 1;
  }
}
