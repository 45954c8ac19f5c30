// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <unistd.h>

#include <iostream>

#include "commands.h"
#include "core/error.h"
#include "core/text.h"
#include "files.h"

namespace mpq::models {

void accept_licence(const ModelEntry& entry, bool yes) {
  std::cerr << entry.name << ": " << (entry.licence.empty() ? "licence unverified" : entry.licence);
  if (!entry.licence_text.empty()) std::cerr << ": " << entry.licence_text;
  std::cerr << (entry.size ? ". " + size_text(*entry.size) : "") << ".\n";
  if (!entry.home.empty()) std::cerr << "  See " << entry.home << '\n';
  if (yes) return;
  if (isatty(STDIN_FILENO) != 1) {
    throw Error(ErrorCode::io, "nobody can be asked whether this licence is accepted: this is no terminal",
                "Read it, and give --yes if you accept it.");
  }
  std::cerr << "Do you accept that, and want " << entry.name << "? [y/N] ";
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes") {
    throw Error(ErrorCode::io,
                text("the licence of ", entry.name, " was not accepted; nothing was installed"));
  }
}

}  // namespace mpq::models
