// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a Debian package's copyright file says of one of its files.
#pragma once

#include <string>
#include <vector>

namespace mpq::train {

struct Licence {
  std::string name;       ///< as the file gives it: "CC-BY-SA-4.0"
  std::string copyright;  ///< years and holders, a line each
  std::string files;      ///< the pattern that matched, by which a reader can check it
};

/// A copyright file in the machine-readable form (DEP-5,
/// https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/); others have no stanzas.
class CopyrightFile {
 public:
  explicit CopyrightFile(const std::string& text);

  bool machine_readable() const noexcept { return !stanzas_.empty(); }

  /// Patterns are of the source package, whose folders are not those of the installed one. So: the stanza
  /// that names the file, by its folder and name, or by its name alone; otherwise all those with a pattern
  /// that matches from any folder of `path` on, of which the reader decides. Empty where nothing matches.
  std::vector<Licence> licences_of(const std::string& path) const;

 private:
  struct Stanza {
    std::vector<std::string> patterns;
    std::string licence, copyright;
  };
  std::vector<Stanza> stanzas_;
};

}  // namespace mpq::train
