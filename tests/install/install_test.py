#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `meson install` gives works outside the tree: elements, programs, headers and pkg-config files.

usage: install_test.py SOURCE_ROOT BUILD_ROOT PREFIX LIBDIR INCLUDEDIR COMPILER...

Installs into a temporary folder and uses nothing of the build from there on.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from concurrent import futures

STRICT = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror"]


def run(*command, **more):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


class Install(unittest.TestCase):
    """`prefix` is where the tree lies now; `environment` names nothing but that tree."""

    @classmethod
    def setUpClass(cls):
        cls.source, cls.build, prefix, libdir, includedir = map(pathlib.Path, ARGUMENTS[:5])
        cls.compiler = ARGUMENTS[5:]
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="mpq-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        run("meson", "install", "-C", cls.build, "--no-rebuild", "--quiet", "--destdir", cls.root)
        cls.prefix = cls.root / prefix.relative_to("/")
        cls.libdir, cls.includedir = cls.prefix / libdir, cls.prefix / includedir / "mpq"
        for file in (cls.libdir / "pkgconfig").glob("*.pc"):  # as if configured with the new place as prefix
            moved, times = re.subn(f"(?m)^prefix={prefix}$", f"prefix={cls.prefix}", file.read_text())
            assert times == 1, f"{file.name} does not start from its prefix"
            file.write_text(moved)
        cls.environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "CCACHE_DIR") if name in os.environ}
        cls.environment.update(GST_PLUGIN_PATH=str(cls.libdir / "gstreamer-1.0"),
                               GST_REGISTRY=str(cls.root / "registry.bin"),
                               PKG_CONFIG_PATH=str(cls.libdir / "pkgconfig"))

    def flags(self, *words):
        return run("pkg-config", *words, env=self.environment).split()

    def binaries(self):
        found = [*self.libdir.rglob("*.so"), *(self.prefix / "bin").iterdir()]
        self.assertGreaterEqual(len(found), 4, "libmpq, libgstmpq, a plugin, a program")
        return found

    def test_binaries_find_our_libraries_in_the_installed_tree_alone(self):
        for binary in self.binaries():
            for line in run("ldd", binary, env=self.environment).splitlines():
                if "libmpq" in line or "libgstmpq" in line:
                    place = pathlib.Path(line.split("=>")[1].split("(")[0].strip())
                    self.assertTrue(place.resolve().is_relative_to(self.libdir), f"{binary.name}: {line.strip()}")
            self.assertNotIn(str(self.build), run("readelf", "-d", binary), f"{binary.name} remembers the build")

    def test_a_pipeline_runs_with_the_plugin_path_alone(self):
        results = self.root / "rate.jsonl"
        run("gst-launch-1.0", "-q", *f"videotestsrc num-buffers=3 ! mpqjpegenc ! mpqrate location={results} ! "
            "mpqjpegdec ! fakesink".split(), env=self.environment)
        self.assertIn("bit/pixel", run(self.prefix / "bin/mpq-results", results, env=self.environment))

    def test_the_learned_codec_runs_with_the_model_that_comes_with_it(self):
        shipped = sorted((self.source / "models").glob("*.safetensors"))
        if not shipped or not (self.libdir / "gstreamer-1.0/libgstmpqneural.so").exists():
            self.skipTest("there is no model, or no LibTorch")
        installed = self.prefix / "share/mpq/models"
        for model in shipped:
            self.assertEqual((installed / model.name).stat().st_size, model.stat().st_size)
            self.assertTrue((installed / f"{model.stem}.md").exists(), "no card")
        run("gst-launch-1.0", "-q", *"videotestsrc num-buffers=2 ! video/x-raw,width=64,height=64 ! mpqmbt2018enc threads=1 ! "
            "mpqmbt2018dec threads=1 ! fakesink".split(), env=self.environment)

    def test_the_list_of_models_is_found_in_the_installed_tree(self):
        program = self.prefix / "bin/mpq-models"
        if not program.exists():
            self.skipTest("mpq-models is not built")
        self.assertIn("openai/whisper", run(program, "info", "whisper-tiny", env=self.environment))

    def test_a_program_outside_the_tree_compiles_by_pkg_config_and_runs(self):
        program = self.root / "scores"
        run(*self.compiler, *STRICT, self.source / "examples/scores.cpp", "-o", program,
            *self.flags("--cflags", "--libs", "gstmpq", "gstreamer-app-1.0"), f"-Wl,-rpath,{self.libdir}", env=self.environment)
        self.assertIn("scores in messages: 6", run(program, "3", env=self.environment))

    def test_each_public_header_compiles_alone(self):
        headers = [header.relative_to(self.includedir) for header in self.includedir.rglob("*.h")]
        self.assertGreater(len(headers), 20)
        flags = {True: self.flags("--cflags", "gstmpq"), False: self.flags("--cflags", "mpq")}  # in gst/, in lib/

        def compile_alone(header):
            unit = self.root / (str(header).replace("/", "_") + ".cpp")
            unit.write_text(f'#include "{header}"\n')
            system = [word.replace("-I/usr", "-isystem/usr") for word in flags[header.parts[0] == "gst"]]
            run(*self.compiler, *STRICT, "-fsyntax-only", *system, unit, env=self.environment)

        with futures.ThreadPoolExecutor(2) as workers:
            list(workers.map(compile_alone, headers))


if __name__ == "__main__":
    ARGUMENTS = sys.argv[1:]
    unittest.main(argv=sys.argv[:1], verbosity=2)
