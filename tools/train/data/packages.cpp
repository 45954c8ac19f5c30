// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "packages.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <span>

#include "archive.h"
#include "checkpoint/new_file.h"
#include "copyright.h"
#include "core/error.h"
#include "core/text.h"
#include "store.h"
#include "tools/common/child.h"
#include "tools/models/checksum.h"

namespace mpq::train {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::size_t most_bytes = std::size_t{1} << 28;  // of a file in a package

int apt_get(std::vector<std::string> arguments, const ChildOptions& options) {
  arguments.insert(arguments.begin(), "apt-get");
  const std::optional<int> status = run_child(std::move(arguments), options);
  if (!status)
    throw Error(ErrorCode::unsupported, "apt-get is not installed: this is no Debian",
                "Name folders of your own with --data.");
  return *status;
}

bool is_known(const std::string& package, bool silent) {
  return apt_get({"-qq", "--print-uris", "download", package}, {.folder = {}, .silent = silent}) == 0;
}

fs::path fetch(const std::string& package, const fs::path& folder) {
  fs::create_directories(folder);
  // Its own user, to whom root's apt-get hands downloads over, cannot write here.
  const int status =
      apt_get({"-o", "APT::Sandbox::User=root", "download", package}, {.folder = folder, .silent = false});
  if (status != 0)
    throw Error(ErrorCode::io, text("apt-get could not download ", package, " (status ", status, ")"),
                "See what it says above: with no network, try again later, and with old lists, run apt-get "
                "update as root; what is there already stays. Or name folders of your own with --data.");
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(package + '_') && entry.path().extension() == ".deb")
      return entry.path();
  throw Error(ErrorCode::io, text("apt-get has left no ", package, "_*.deb in ", folder.string()));
}

std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

/// Of Debian's control file: "Version: 1.0".
std::string control_field(const std::string& control, const std::string& name) {
  const std::size_t start = ('\n' + control).find('\n' + name + ": ");
  if (start == std::string::npos) return {};
  const std::size_t value = start + name.size() + 2;
  return control.substr(value, control.find('\n', value) - value);
}

void write(const fs::path& path, std::span<const std::uint8_t> bytes) {
  fs::create_directories(path.parent_path());
  checkpoint::NewFile file(path);
  file.write(bytes);
  file.commit();
}

/// Takes what is wanted out of one package.
class Unpacker {
 public:
  Unpacker(const PackagePhotographs& wanted, fs::path folder, fs::path scratch)
      : package_(wanted.package), folder_(std::move(folder)), scratch_(std::move(scratch)) {
    for (const Photograph& photograph : wanted.photographs) {
      wanted_[photograph.path] = photograph.role;
      if (const std::size_t mark = photograph.path.find('!'); mark != std::string::npos)
        archives_.insert(photograph.path.substr(0, mark));
    }
  }

  void unpack(const fs::path& deb, Card& card) {
    Archive outer(deb);
    while (outer.next()) {
      if (outer.path().starts_with("control.tar")) read_control(outer);
      if (outer.path().starts_with("data.tar")) {
        Archive data(outer);
        read_files(data, "");
      }
    }
    if (version_.empty())
      throw Error(ErrorCode::corrupt_data, text(deb.string(), " is no Debian package"),
                  "Delete it and run the same command again.");
    note(deb, card);
  }

  std::size_t taken() const { return items_.size(); }
  const std::string& version() const { return version_; }

 private:
  void read_control(Archive& outer) {
    Archive control(outer);
    while (control.next()) {
      if (control.path() != "control") continue;
      const std::string fields = text_of(control.contents(most_bytes));
      version_ = control_field(fields, "Version");
      architecture_ = control_field(fields, "Architecture");
    }
  }

  void read_files(Archive& files, const std::string& before) {
    const std::string copyright = "usr/share/doc/" + package_ + "/copyright";
    while (files.next()) {
      const std::string path = before + files.path();
      if (archives_.contains(path)) {
        Archive inner(files);
        read_files(inner, path + '!');
      } else if (path == copyright) {
        copyright_ = files.contents(most_bytes);
      } else if (wanted_.contains(path) && !items_.contains(path)) {
        take(files, path);
      }
    }
  }

  void take(Archive& files, const std::string& path) {
    const std::string name = path.substr(path.find_last_of("/!") + 1);
    const fs::path draft = scratch_ / ("picture" + fs::path(name).extension().string());
    try {
      write(draft, files.contents(most_bytes));
      items_[path] =
          store_picture(draft, folder_, wanted_.at(path), package_ + "--" + fs::path(name).stem().string());
    } catch (const Error& error) {
      if (error.code() == ErrorCode::io) throw;
      problems_[path] = error.what();
    }
    fs::remove(draft);
  }

  void note(const fs::path& deb, Card& card) const {
    const std::string words = text_of(copyright_);
    const CopyrightFile copyright(words);
    Json package = {{"package", package_},
                    {"version", version_},
                    {"architecture", architecture_},
                    {"sha256", models::sha256_of(deb)}};
    if (!copyright_.empty()) {
      const fs::path file = fs::path("copyright") / package_;
      write(folder_ / file, copyright_);
      package["copyright_file"] = file.string();
      package["copyright_sha256"] = models::sha256_of(folder_ / file);
      // What no program can read is shown to people.
      if (!copyright.machine_readable()) package["copyright_begins"] = words.substr(0, 400);
    }
    card.add_package(package);
    for (const auto& [path, role] : wanted_) {
      const auto found = items_.find(path);
      if (found == items_.end()) {
        const auto problem = problems_.find(path);
        card.add_absent({{"package", package_},
                         {"version", version_},
                         {"path", path},
                         {"reason", problem == problems_.end() ? "not in this version" : problem->second}});
        continue;
      }
      Json item = {
          {"package", package_}, {"version", version_}, {"architecture", architecture_}, {"path", path}};
      item.update(found->second);
      item["licences"] = Json::array();
      for (const Licence& licence : copyright.licences_of(path))
        item["licences"].push_back(
            {{"licence", licence.name}, {"copyright", licence.copyright}, {"files", licence.files}});
      card.add_item(item);
    }
  }

  std::string package_, version_, architecture_;
  fs::path folder_, scratch_;
  std::map<std::string, Role> wanted_;
  std::set<std::string> archives_;
  std::map<std::string, Json> items_;
  std::map<std::string, std::string> problems_;
  std::vector<std::uint8_t> copyright_;
};

bool is_done(const PackagePhotographs& package, const Card& card) {
  return std::all_of(
      package.photographs.begin(), package.photographs.end(),
      [&](const Photograph& photograph) { return card.knows(package.package, photograph.path); });
}

}  // namespace

void add_packages(const std::vector<PackagePhotographs>& list, const fs::path& folder, bool keep,
                  Card& card) {
  const fs::path debs = folder / "packages";
  std::size_t number = 0, unknown = 0;
  for (const PackagePhotographs& package : list) {
    const std::string place = text('[', ++number, " of ", list.size(), "] ", package.package);
    if (is_done(package, card)) {
      std::cerr << place << ": done before\n";
      continue;
    }
    if (!is_known(package.package, true)) {
      ++unknown;
      std::cerr << place << ": apt-get knows no such package\n";
      continue;
    }
    std::cerr << place << std::endl;
    const fs::path deb = fetch(package.package, debs);
    Unpacker unpacker(package, folder, debs);
    unpacker.unpack(deb, card);
    card.save();
    if (!keep) fs::remove(deb);
    std::cerr << place << ' ' << unpacker.version() << ": " << unpacker.taken() << " photographs";
    if (const std::size_t lacking = package.photographs.size() - unpacker.taken(); lacking > 0)
      std::cerr << "; " << lacking << " listed ones are not in it or cannot be read";
    std::cerr << '\n';
  }
  // It is not the packages, then: apt-get says what it is.
  if (unknown > 0 && unknown == list.size()) is_known(list.front().package, false);
  std::error_code ignored;
  if (!keep) fs::remove_all(debs, ignored);
}

}  // namespace mpq::train
