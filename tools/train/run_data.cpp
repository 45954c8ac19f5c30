// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <algorithm>
#include <iostream>

#include "core/error.h"
#include "core/text.h"
#include "data/card.h"
#include "data/own.h"
#include "data/packages.h"
#include "models/folders.h"
#include "run.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;

/// What is made would be found as something to make more of.
void check_apart(const fs::path& output, const std::vector<fs::path>& data) {
  const fs::path made = fs::weakly_canonical(output);
  for (const fs::path& folder : data) {
    const fs::path given = fs::weakly_canonical(folder);
    if (std::mismatch(given.begin(), given.end(), made.begin(), made.end()).first == given.end())
      throw Error(ErrorCode::invalid_argument,
                  text("the output folder ", output.string(), " lies in ", folder.string()),
                  "Name an --output outside --data.");
  }
}

void fill(const Options& options) {
  check_apart(options.output, options.data);
  fs::create_directories(options.output);
  Card card(options.output);
  if (options.data.empty())
    add_packages(read_photograph_list(data_file("training/photographs.csv", "MPQ_PHOTOGRAPH_LIST")),
                 options.output, options.keep, card);
  else
    add_own(options.data, options.output, card);
  const std::size_t train = card.count("train"), validate = card.count("validate");
  if (train + validate == 0)
    throw Error(ErrorCode::io, "there is not one picture",
                options.data.empty()
                    ? "Run apt-get update as root, and see that apt's sources name Debian's main "
                      "section; or name folders of your own with --data."
                    : "Name folders with JPEG, PNG, WebP or PPM files, or videos.");
  std::cerr << text(options.output.string(), ": ", train, " pictures to train on, ", validate,
                    " to validate with; card.json tells where each is from\n");
}

}  // namespace

void run_data(const Options& options) {
  try {
    fill(options);
  } catch (const fs::filesystem_error& error) {
    throw Error(ErrorCode::io, text("cannot write ", error.path1().string(), ": ", error.code().message()),
                "Make room, or name another folder with --output; what is there already stays.");
  }
}

}  // namespace mpq::train
