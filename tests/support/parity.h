// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A case of the development data's parity folder: a published network's generated checkpoint, and what the
// reference implementation computes with it, each with its tolerance.
#pragma once

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "support/reference.h"
#include "support/tools.h"

namespace mpq::test {

class ParityCase {
 public:
  explicit ParityCase(const std::filesystem::path& folder) : folder_(folder) {
    std::ifstream file(folder / "manifest.json");
    manifest_ = nlohmann::json::parse(file);
  }

  /// Writes the checkpoint, which may take hundreds of megabytes. False without Python or NumPy.
  bool write_checkpoint(const std::string& file) const {
    const std::string script = (folder_.parent_path() / "make_checkpoint.py").string();
    return std::system(("/usr/bin/python3 " + script + " " + folder_.string() + " " + file + " 2>/dev/null")
                           .c_str()) == 0;
  }

  std::vector<float> input(const std::string& name) const { return array("inputs", name); }

  bool has(const std::string& output) const { return manifest_["outputs"].contains(output); }

  /// `values` are what the output called `name` is to be.
  void expect(const std::string& name, const std::vector<float>& values) const {
    SCOPED_TRACE(name);
    const auto& entry = manifest_["outputs"][name];
    expect_close(values, array("outputs", name), entry["rtol"], entry["atol"]);
  }

 private:
  std::vector<float> array(const char* list, const std::string& name) const {
    return read_floats(folder_ / manifest_[list][name]["file"].get<std::string>());
  }

  std::filesystem::path folder_;
  nlohmann::json manifest_;
};

}  // namespace mpq::test
