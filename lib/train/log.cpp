// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/log.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iomanip>
#include <sstream>

#include "core/error.h"
#include "core/text.h"

namespace mpq::train {
namespace {

constexpr const char* heading =
    "step,seconds,loss,rate_bpp,psnr_db,learning_rate,gradient_norm,crops_per_second,waited_share";

std::string line_of(const LogRow& row) {
  std::ostringstream out;
  out << row.step << std::setprecision(6);
  for (const double value : {row.seconds, row.loss, row.rate, row.distortion, row.learning_rate, row.gradient,
                             row.crops_per_second, row.waited})
    out << ',' << value;
  return out.str();
}

bool read_line(const std::string& line, LogRow* row) {
  std::istringstream in(line);
  if (!(in >> row->step)) return false;
  for (double* value : {&row->seconds, &row->loss, &row->rate, &row->distortion, &row->learning_rate,
                        &row->gradient, &row->crops_per_second, &row->waited})
    if (in.get() != ',' || !(in >> *value)) return false;
  return true;
}

}  // namespace

Log::Log(std::filesystem::path file, std::uint64_t step) : file_(std::move(file)) {
  std::ifstream in(file_);
  std::string line;
  LogRow row;
  std::getline(in, line);
  while (std::getline(in, line) && read_line(line, &row) && row.step <= step) rows_.push_back(row);
  in.close();
  std::ofstream out(file_);
  out << heading << '\n';
  for (const LogRow& kept : rows_) out << line_of(kept) << '\n';
  if (!out.flush())
    throw Error(ErrorCode::io, text("cannot write ", file_.string(), ": ", std::strerror(errno)),
                "Name a folder that you may write to, on a disk with room.");
}

void Log::add(const LogRow& row) {
  rows_.push_back(row);
  std::ofstream out(file_, std::ios::app);
  if (!(out << line_of(row) << '\n' << std::flush))
    throw Error(ErrorCode::io, text("cannot write ", file_.string(), ": ", std::strerror(errno)),
                "Make room.");
}

}  // namespace mpq::train
