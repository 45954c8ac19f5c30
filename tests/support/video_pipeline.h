// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Feeds known pictures into a launch line and tells what came out, as pictures.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tests/support/pictures.h"
#include "tests/support/pipeline.h"

namespace mpq::test {

inline constexpr GstClockTime frame_time = 40 * GST_MSECOND;  // of the functions that choose the times

/// Caps of raw pictures like this one at 25 frames a second; `more` is appended: ",colorimetry=bt601".
std::string raw_caps(const Picture& picture, const std::string& more = {});

/// Pushes a buffer of these caps into the appsrc "in", whose format is time.
void push_with_caps(const Pipeline& pipeline, const std::string& caps, std::span<const std::uint8_t> bytes,
                    GstClockTime pts, GstClockTime duration = frame_time);

/// Pushes a raw frame, rows padded as GStreamer does by default.
void push_picture(const Pipeline& pipeline, const Picture& picture, GstClockTime pts,
                  const std::string& more_caps = {}, GstClockTime duration = frame_time);

/// The picture in a raw frame, whatever its strides.
Picture to_picture(const Received& frame);

/// PSNR in dB over all components but alpha, by lib/metrics/psnr; NaN where size or format differ.
double picture_psnr(const Picture& a, const Picture& b);

/// "appsrc name=in format=time ! <elements> ! appsink name=out sync=false"
std::string between_apps(const std::string& elements);

/// Runs pictures, one every frame_time, through `elements`; fails the test where that ends with an error.
std::vector<Received> run_pictures(const std::string& elements, const std::vector<Picture>& pictures,
                                   const std::string& more_caps = {});

/// The same for coded pictures of the caps `caps`.
std::vector<Received> run_coded(const std::string& elements, const std::string& caps,
                                const std::vector<std::vector<std::uint8_t>>& coded);

/// Without noise, so that every codec does it well; `shade` makes different pictures.
Picture smooth_picture(PixelFormat format, int width, int height, int shade = 0);

/// A field of a caps text: field("video/x-raw, format=(string)RGB, ...", "format") is "RGB"; empty if absent.
std::string caps_field(const std::string& caps, const std::string& field);

}  // namespace mpq::test
