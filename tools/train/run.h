// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// mpq-train's commands. Each throws Error.
#pragma once

#include "options.h"

namespace mpq::train {

/// Until the last step, --minutes, or a signal to end, after which the state is saved.
void run_training(const Options& options);
/// Fills the output folder with photographs: those of Debian packages, or of --data.
void run_data(const Options& options);
/// A training that begins with a model, until its schedule's end or a signal; tells on standard output what
/// it has brought on pictures that it was not trained on.
void run_adapt(const Options& options);
void run_export(const Options& options);
void run_validation(const Options& options);

}  // namespace mpq::train
