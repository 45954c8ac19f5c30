// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How long a newcomer waits: gst-inspect-1.0 on our element and on a stock one, and the scan of our plugin
// file against that of the stock plugins that do the same.
#include "benchmarks/pipeline.h"
#include "benchmarks/process.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

namespace fs = std::filesystem;

fs::path plugin_file(const char* element) {
  const gst::ObjectPtr<GstElementFactory> factory(gst_element_factory_find(element));
  if (factory == nullptr) return {};
  const gst::ObjectPtr<GstPlugin> plugin(gst_plugin_feature_get_plugin(GST_PLUGIN_FEATURE(factory.get())));
  const char* file = plugin != nullptr ? gst_plugin_get_filename(plugin.get()) : nullptr;
  return file != nullptr ? fs::path(file) : fs::path();
}

// A folder with the plugin files of these elements.
void link_plugins(const fs::path& folder, const std::vector<const char*>& elements) {
  fs::create_directory(folder);
  for (const char* element : elements) {
    const fs::path file = plugin_file(element);
    if (!file.empty() && !fs::exists(folder / file.filename()))
      fs::create_symlink(fs::absolute(file), folder / file.filename());
  }
}

// gst-inspect with only these plugins and nothing remembered of them.
Leg scan_leg(const std::string& name, const fs::path& plugins, const fs::path& folder,
             const std::string& element) {
  const Arguments environment{
      "GST_PLUGIN_PATH=" + plugins.string(), "GST_PLUGIN_PATH_1_0=" + plugins.string(),
      "GST_PLUGIN_SYSTEM_PATH_1_0=", text("GST_REGISTRY=", (folder / "registry.bin").string())};
  return {name, [=](std::size_t count, Bytes*) {
            Cost total;
            for (std::size_t i = 0; i < count; ++i) {
              fs::remove(folder / "registry.bin");
              total += run_process({"gst-inspect-1.0", element}, environment);
            }
            return total;
          }};
}

void run(Bench& bench) {
  if (!bench.wants("startup/inspect") && !bench.wants("startup/scan")) return;
  if (!have_elements({"jpegenc", "mpqjpegenc"}) || !have_program("gst-inspect-1.0")) return;
  Comparison inspect{.name = "startup/inspect", .unit = "process", .legs = {}};
  inspect.pieces = 1;
  inspect.measure = Measure::wall;
  inspect.legs = {process_leg("mpqjpegenc", {"gst-inspect-1.0", "mpqjpegenc"}),
                  process_leg("jpegenc", {"gst-inspect-1.0", "jpegenc"})};
  inspect.bars = {{.against = "jpegenc", .most_extra_s = 0.1}};
  bench.compare(inspect);

  const TemporaryFolder folder;
  link_plugins(folder.path() / "ours", {"mpqjpegenc"});
  link_plugins(folder.path() / "stock", {"jpegenc", "webpenc", "lamemp3enc", "mpg123audiodec", "opusenc"});
  Comparison scan{.name = "startup/scan", .unit = "process", .legs = {}};
  scan.pieces = 1;
  scan.measure = Measure::wall;
  scan.legs = {scan_leg("our plugin", folder.path() / "ours", folder.path(), "mpqjpegenc"),
               scan_leg("stock plugins", folder.path() / "stock", folder.path(), "jpegenc")};
  scan.bars = {{.against = "stock plugins", .most_extra_s = 0.1}};
  bench.compare(scan);
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("startup", mpq::bench::run)
