#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The program mpq-models against a server on this machine, and against stand-ins for pip and npm.

usage: mpq_models_test.py PROGRAM
"""
import hashlib
import io
import json
import os
import pathlib
import pty
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

from server import File, Server

CONTENT = bytes(range(256)) * 4096  # 1 MiB
SUM = hashlib.sha256(CONTENT).hexdigest()


class Outcome:
    def __init__(self, done):
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.all = self.out + self.err


class MpqModels(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mpq-models-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.store = self.root / "store"
        self.server = self.enterContext(Server()) if hasattr(self, "enterContext") else self.entered(Server())
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "LANG": "C.UTF-8", "MPQ_MODELS_TEST_HTTP": "1",
                            "MPQ_MODEL_PATH": str(self.store), "MPQ_MODEL_LIST": str(self.root / "models.json")}
        self.environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "LD_LIBRARY_PATH"})
        self.models = []

    def entered(self, manager):
        value = manager.__enter__()
        self.addCleanup(manager.__exit__, None, None, None)
        return value

    def listed(self, name="net", **fields):
        """A model of the list; by default its only source is the server's /net.bin."""
        model = {"name": name, "file": "net.bin", "licence": {"name": "MIT", "text": "do as you like"},
                 "home": "https://example.org/", "sources": [{"url": self.server.url("/net.bin")}]}
        model.update(fields)
        self.models.append(model)
        (self.root / "models.json").write_text(json.dumps({"schema": 1, "models": self.models}))

    def command(self, *words):
        return [PROGRAM, *map(str, words)]

    def run_it(self, *words, **more):
        return Outcome(subprocess.run(self.command(*words), env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                                      text=True, timeout=60, cwd=self.root, **more))

    def fetch(self, *words, **more):
        return self.run_it("fetch", "--yes", *(words or ["net"]), **more)

    def serve(self, content=CONTENT, **how):
        self.server.files["/net.bin"] = File(content, **how)
        return self.server.files["/net.bin"]

    def assert_installed(self, outcome, content=CONTENT, name="net"):
        self.assertEqual(outcome.status, 0, outcome.all)
        folder = self.store / name
        self.assertEqual((folder / "net.bin").read_bytes(), content)
        record = json.loads((folder / "model.json").read_text())
        self.assertEqual(record["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(sorted(p.name for p in folder.iterdir()), [".lock", "model.json", "net.bin"])
        self.assertEqual(self.run_it("path", name).out.strip(), str(folder / "net.bin"))

    def assert_nothing(self, outcome, *words, status=1):
        self.assertEqual(outcome.status, status, outcome.all)
        for word in words:
            self.assertIn(word, outcome.err)
        self.assertFalse((self.store / "net/net.bin").exists())
        self.assertFalse((self.store / "net/model.json").exists())


class Fetch(MpqModels):
    def test_installs_and_says_that_the_listed_sum_is_right(self):
        self.listed(sha256=SUM, size=len(CONTENT))
        self.serve()
        outcome = self.fetch()
        self.assert_installed(outcome)
        self.assertIn("The checksum is that of the list", outcome.err)
        self.assertIn("do as you like", outcome.err)
        self.assertIn("as it is in the list", self.run_it("verify").out)

    def test_records_the_sum_where_none_is_known(self):
        self.listed()
        self.serve()
        outcome = self.fetch()
        self.assert_installed(outcome)
        self.assertIn("has no checksum", outcome.err)
        self.assertIn(SUM, outcome.err)

    def test_takes_the_first_digits_of_a_sum(self):
        self.listed(sha256=SUM[:8])
        self.serve()
        self.assert_installed(self.fetch())

    def test_refuses_a_file_with_another_sum_or_size(self):
        self.listed(sha256="0" * 64)
        self.listed("sized", size=len(CONTENT) + 1)
        self.serve()
        self.assert_nothing(self.fetch(), SUM, "Nothing was installed")
        outcome = self.fetch("sized")
        self.assertEqual(outcome.status, 1)
        self.assertIn("bytes", outcome.err)
        self.assertEqual([p.name for p in (self.store / "net").iterdir()], [".lock"])

    def test_does_nothing_without_consent(self):
        self.listed()
        self.serve()
        self.assert_nothing(self.run_it("fetch", "net"), "do as you like", "--yes")
        self.assertEqual(self.server.requests, [])

    def test_asks_on_a_terminal(self):
        self.listed(sha256=SUM)
        self.serve()
        self.assertEqual(self.on_a_terminal("n")[0], 1)
        self.assertEqual(self.server.requests, [])
        status, screen = self.on_a_terminal("y")
        self.assertEqual(status, 0, screen)
        self.assertIn("[y/N]", screen)
        self.assertIn("net.bin: 1.05 MB of 1.05 MB (100 %)", screen)

    def on_a_terminal(self, answer):
        """Status and what the screen showed of a fetch that is asked about the licence."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:
            self.skipTest(f"no terminals on this machine: {error}")
        running = subprocess.Popen(self.command("fetch", "net"), env=self.environment, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        os.write(ours, answer.encode() + b"\n")
        screen = b""
        while True:
            try:
                screen += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
        os.close(ours)
        return running.wait(timeout=60), screen.decode()

    def test_does_not_fetch_twice_unless_forced(self):
        self.listed()
        self.serve()
        self.fetch()
        self.assertIn("installed already", self.fetch().out)
        self.assertEqual(len(self.server.requests), 1)
        self.serve(b"newer")
        self.assert_installed(self.fetch("--force", "net"), b"newer")

    def test_fetches_what_a_model_needs(self):
        self.listed(needs=["base"])
        self.listed("base")
        self.serve()
        self.assertEqual(self.fetch().status, 0)
        self.assertTrue((self.store / "base/net.bin").exists())

    def test_goes_on_to_the_next_source(self):
        self.listed(sources=[{"url": self.server.url("/gone")}, {"url": self.server.url("/net.bin")}])
        self.serve()
        self.assert_installed(self.fetch())

    def test_from_takes_another_address_or_a_file_and_checks_the_sum_all_the_same(self):
        self.listed(sha256=SUM)
        self.server.files["/mirror"] = File(b"other")
        self.assert_nothing(self.fetch("net", "--from", self.server.url("/mirror")), "SHA-256")
        (self.root / "here").write_bytes(CONTENT)
        self.assert_installed(self.fetch("net", "--from", "here"))

    def test_names_what_can_only_be_had_by_hand(self):
        self.listed(sources=[])
        self.assert_nothing(self.fetch(), "https://example.org/", "mpq-models import net net.bin")


class Connection(MpqModels):
    def test_goes_on_where_a_broken_connection_stopped(self):
        self.listed(sha256=SUM)
        self.serve(cuts=[300000])
        outcome = self.fetch()
        self.assert_installed(outcome)
        self.assertIn("Interrupted", outcome.err)
        (_, first, _), (_, second, version) = self.server.requests
        self.assertIsNone(first)
        self.assertRegex(second, r"^bytes=[1-9]\d*-$")
        self.assertEqual(version, '"1"')

    def test_a_later_run_goes_on_too(self):
        self.listed()
        self.serve(cuts=[400000] + [0] * 3)
        self.assert_nothing(self.fetch(), "Try again later: the download goes on where it stopped")
        part = (self.store / "net/.partial").stat().st_size
        self.assertGreater(part, 0)
        self.assert_installed(self.fetch())
        self.assertEqual(self.server.requests[-1][1], f"bytes={part}-")

    def test_begins_anew_where_the_server_does_not_resume(self):
        self.listed(sha256=SUM)
        self.serve(cuts=[300000], ranges=False)
        self.assert_installed(self.fetch())

    def test_begins_anew_when_the_file_has_changed(self):
        self.listed()
        self.serve(b"x" * len(CONTENT), cuts=[300000] + [0] * 3)
        self.fetch()
        self.serve(etag='"2"')
        self.assert_installed(self.fetch())

    def test_begins_anew_when_a_server_resumes_another_file(self):
        self.listed()
        self.serve(b"x" * len(CONTENT), cuts=[300000] + [0] * 3)
        self.fetch()
        self.serve(etag='"2"', honest=False)
        outcome = self.fetch()
        self.assert_installed(outcome)
        self.assertIn("beginning anew", outcome.err)

    def test_without_versions_the_sum_shows_that_parts_do_not_fit(self):
        self.listed(sha256=SUM)
        self.serve(b"x" * len(CONTENT), etag=None, cuts=[300000] + [0] * 3)
        self.fetch()
        self.serve(etag=None)
        outcome = self.fetch()
        self.assert_installed(outcome)
        self.assertIn("do not fit together", outcome.err)

    def test_without_versions_and_sum_nothing_is_resumed(self):
        self.listed()
        self.serve(etag=None, cuts=[300000])
        self.assert_installed(self.fetch())
        self.assertEqual([r[1] for r in self.server.requests], [None, None])

    def test_a_part_that_is_longer_than_the_file_is_no_use(self):
        self.listed()
        self.serve(cuts=[400000] + [0] * 3)
        self.fetch()
        state = self.store / "net/.partial.json"
        self.serve(CONTENT[:1000])
        state.write_text(state.read_text().replace(str(len(CONTENT)), "0"))
        self.server.files["/net.bin"].status = 416
        self.assertEqual(self.fetch().status, 1)
        self.server.files["/net.bin"].status = 200
        self.assert_installed(self.fetch(), CONTENT[:1000])

    def test_installs_a_file_that_came_whole_before_a_crash(self):
        self.listed(sha256=SUM)
        folder = self.store / "net"
        folder.mkdir(parents=True)
        (folder / ".partial").write_bytes(CONTENT)
        (folder / ".partial.json").write_text(json.dumps({"url": self.server.url("/net.bin"), "version": "", "total": len(CONTENT)}))
        self.assert_installed(self.fetch())
        self.assertEqual(self.server.requests, [])

    def test_a_body_of_unknown_length(self):
        self.listed(sha256=SUM)
        self.serve(length=False)
        outcome = self.fetch()
        self.assert_installed(outcome)
        self.assertNotIn("cut short", outcome.err)
        self.models = []
        self.listed()
        self.assertIn("may be cut short", self.fetch("--force", "net").err)

    def test_missing_files_busy_servers_and_pages_instead_of_files(self):
        self.listed()
        self.assert_nothing(self.fetch(), "no such file (status 404)", "mpq-models import")
        self.serve(status=403)
        self.assert_nothing(self.fetch(), "refuses (status 403)")
        self.serve(status=503)
        self.assert_nothing(self.fetch(), "status 503", "Try again later")
        self.serve(b"<html>log in", kind="text/html; charset=utf-8")
        self.assert_nothing(self.fetch(), "web page")

    def test_follows_redirects_to_safe_places_only(self):
        self.listed(sources=[{"url": self.server.url("/old")}])
        old = self.server.files["/old"] = File(b"moved", status=302)
        old.location = "/net.bin"
        self.serve()
        self.assert_installed(self.fetch())
        shutil.rmtree(self.store)
        for location in ("http://example.org/net.bin", "file:///etc/passwd", "ftp://127.0.0.1/net.bin"):
            old.location = location
            self.assert_nothing(self.fetch(), "is not https", status=2)
        old.location = "/old"
        self.assert_nothing(self.fetch(), "without end")

    def test_plain_http_is_refused(self):
        self.listed()
        self.serve()
        del self.environment["MPQ_MODELS_TEST_HTTP"]
        self.assert_nothing(self.fetch(), "is not https", status=2)
        self.assertEqual(self.server.requests, [])

    @unittest.skipUnless(shutil.which("openssl"), "there is no openssl to make a certificate with")
    def test_trusts_no_server_without_a_known_certificate(self):
        certificate = self.root / "server.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate, "-out", self.root / "own.pem"],
                       check=True, stderr=subprocess.DEVNULL)
        with open(certificate, "ab") as both:
            both.write((self.root / "own.pem").read_bytes())
        self.server.encrypt(certificate)
        self.listed(sources=[{"url": f"https://localhost:{self.server.http.server_port}/net.bin"}])
        self.serve()
        self.assert_nothing(self.fetch(), "certificate", "ca-certificates")
        self.environment["CURL_CA_BUNDLE"] = str(self.root / "own.pem")
        self.assert_installed(self.fetch())

    def test_a_file_that_is_too_large_is_refused(self):
        self.listed()
        for length in (True, False):
            self.serve(length=length)
            self.assert_nothing(self.fetch("--max-size", "500K", "net"), "--max-size")
        self.assertEqual([p.name for p in (self.store / "net").iterdir()], [".lock"])

    def test_a_full_disk_is_named_and_the_download_goes_on_later(self):
        self.listed(sha256=SUM)
        self.serve()
        limit = (500_000, 500_000)
        outcome = self.fetch(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
        self.assert_nothing(outcome, "cannot write", "Make room")
        self.assert_installed(self.fetch())
        self.assertEqual(self.server.requests[-1][1], "bytes=500000-")

    def test_several_at_once_load_a_model_once(self):
        self.listed(sha256=SUM)
        self.serve()
        running = [subprocess.Popen(self.command("fetch", "--yes", "net"), env=self.environment, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(6)]
        outputs = [process.communicate(timeout=60)[0] for process in running]
        self.assertEqual([process.returncode for process in running], [0] * 6, outputs)
        self.assertEqual(len(self.server.requests), 1)


class Packages(MpqModels):
    def stand_in(self, program, script):
        """A `program` of the test's own, first on the path; the folder it must write to is $folder."""
        place = self.root / "bin" / program
        place.parent.mkdir(exist_ok=True)
        place.write_text(f'#!/bin/sh\necho "$@" >> {self.root}/{program}.log\n{script}')
        place.chmod(0o755)
        self.environment["PATH"] = f"{place.parent}:{os.environ['PATH']}"

    def wheel(self, members):
        with zipfile.ZipFile(self.root / "net.whl", "w", zipfile.ZIP_DEFLATED) as package:
            for name, content in members.items():
                package.writestr(name, content)
        self.stand_in("pip", f'while [ "$1" != --dest ]; do shift; done; cp {self.root}/net.whl "$2/"; echo said by pip')

    def tarball(self, *members):
        with tarfile.open(self.root / "net.tgz", "w:gz") as package:
            for name, content, kind, target in members:
                info = tarfile.TarInfo(name)
                info.type, info.linkname, info.size = kind, target, len(content)
                package.addfile(info, io.BytesIO(content))
        self.stand_in("npm", f'while [ "$1" != --pack-destination ]; do shift; done; cp {self.root}/net.tgz "$2/"')

    def test_a_file_of_a_wheel(self):
        self.listed(sha256=SUM, sources=[{"pypi": "net==1.0", "member": "net/weights.pth"}])
        self.wheel({"net/__init__.py": "raise SystemExit", "net/weights.pth": CONTENT})
        outcome = self.fetch()
        self.assert_installed(outcome)
        self.assertNotIn("said by pip", outcome.out)
        self.assertIn("download --no-deps --only-binary=:all:", (self.root / "pip.log").read_text())

    def test_a_file_of_an_npm_package(self):
        self.listed(sources=[{"npm": "net@1.0.0", "member": "package/net.onnx"}])
        self.tarball(("package/net.onnx", CONTENT, tarfile.REGTYPE, ""))
        self.assert_installed(self.fetch())
        self.assertIn("--ignore-scripts", (self.root / "npm.log").read_text())

    def test_names_and_links_of_an_archive_have_no_effect(self):
        self.listed(sources=[{"npm": "net@1.0.0", "member": "package/net.onnx"}])
        self.tarball(("../../../escaped", b"evil", tarfile.REGTYPE, ""), (f"{self.root}/escaped", b"evil", tarfile.REGTYPE, ""),
                     ("package/net.onnx", CONTENT, tarfile.REGTYPE, ""))
        self.assert_installed(self.fetch())
        self.assertEqual([*self.root.rglob("escaped")], [])

    def test_a_link_in_the_place_of_the_file_is_refused(self):
        self.listed(sources=[{"npm": "net@1.0.0", "member": "package/net.onnx"}])
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            self.tarball(("package/net.onnx", b"", kind, "/etc/passwd"))
            self.assert_nothing(self.fetch(), "is no file")

    def test_members_that_leave_the_package_are_refused_in_the_list(self):
        for member in ("../net.onnx", "/etc/passwd", "a/../../b"):
            self.models = []
            self.listed(sources=[{"npm": "net@1.0.0", "member": member}])
            self.assert_nothing(self.fetch(), "leaves its package")

    def test_damaged_packages_absent_members_and_bombs(self):
        self.listed(sources=[{"pypi": "net==1.0", "member": "net/weights.pth"}])
        self.wheel({"net/other": b"x"})
        self.assert_nothing(self.fetch(), "has no file net/weights.pth")
        self.wheel({"net/weights.pth": CONTENT})
        self.assert_nothing(self.fetch("--max-size", "1K", "net"), "--max-size")
        whole = (self.root / "net.whl").read_bytes()
        (self.root / "net.whl").write_bytes(whole[:len(whole) // 2])
        self.assert_nothing(self.fetch(), "is damaged")
        (self.root / "net.whl").write_bytes(b"no archive at all")
        self.assert_nothing(self.fetch(), "is damaged")
        self.assertEqual([p.name for p in (self.store / "net").iterdir()], [".lock"])

    def test_a_program_that_fails_or_is_absent(self):
        self.listed(sources=[{"pypi": "net==1.0", "member": "net/weights.pth"}])
        self.stand_in("pip", "exit 7")
        self.assert_nothing(self.fetch(), "status 7", "pip config list")
        self.environment["PATH"] = str(self.root / "nothing")
        self.assert_nothing(self.fetch(), "not installed", "apt install python3-pip")


class Store(MpqModels):
    def imported(self, *words, content=CONTENT):
        (self.root / "mine.bin").write_bytes(content)
        return self.run_it("import", *words, "net", "mine.bin")

    def test_import_copies_and_checks(self):
        self.listed(sha256=SUM)
        self.assert_installed(self.imported())
        self.assertIn("--force", self.imported().err)
        self.assertEqual(self.imported("--force").status, 0)
        self.assertIn("SHA-256", self.imported("--force", content=b"other").err)
        self.assertEqual((self.store / "net/net.bin").read_bytes(), CONTENT)

    def test_import_can_link(self):
        self.listed()
        self.assertEqual(self.imported("--link").status, 0)
        self.assertEqual((self.store / "net/net.bin").resolve(), (self.root / "mine.bin").resolve())
        self.assertEqual(self.run_it("verify", "net").status, 0)

    def test_import_under_a_name_of_ones_own(self):
        self.listed("other")
        outcome = self.imported()
        self.assertIn("one of your own", outcome.err)
        self.assertEqual(self.run_it("path", "net").out.strip(), str(self.store / "net/mine.bin"))
        self.assertIn("your own", self.run_it("list").out)
        self.assertIn("mine.bin", self.run_it("info", "net").out)

    def test_import_refuses_names_that_could_leave_the_store(self):
        self.listed("other")
        (self.root / "mine.bin").write_bytes(CONTENT)
        for name in ("../net", "a/b", ".net", "Net", ""):
            outcome = self.run_it("import", "--", name, "mine.bin")
            self.assertEqual(outcome.status, 2, outcome.all)
        self.assertFalse(self.store.exists())

    def test_verify_finds_what_has_changed_or_gone(self):
        self.listed()
        self.imported()
        self.assertEqual(self.run_it("verify").status, 0)
        with open(self.store / "net/net.bin", "r+b") as file:
            file.write(b"?")
        outcome = self.run_it("verify", "net")
        self.assertEqual(outcome.status, 1)
        self.assertIn("CHANGED", outcome.out)
        (self.store / "net/net.bin").unlink()
        self.assertIn("missing", self.run_it("verify").out)
        self.assertIn("fetch --force net", self.run_it("path", "net").err)

    def test_the_first_folder_of_the_path_wins(self):
        self.listed()
        second = self.root / "second"
        self.imported()
        self.run_it("import", "--store", "second", "net", "mine.bin")
        self.environment["MPQ_MODEL_PATH"] = f"relative:{self.store}:{second}"
        self.assertEqual(self.run_it("path", "net").out.strip(), str(self.store / "net/net.bin"))
        shutil.rmtree(self.store)
        self.assertEqual(self.run_it("path", "net").out.strip(), str(second / "net/net.bin"))

    def test_the_users_data_folder_is_the_default(self):
        self.listed()
        del self.environment["MPQ_MODEL_PATH"]
        self.imported()
        self.assertTrue((self.root / ".local/share/mpq/models/net/net.bin").exists())

    def test_what_is_not_there_is_named_with_a_remedy(self):
        self.listed()
        for command in (["path", "net"], ["verify", "net"]):
            outcome = self.run_it(*command)
            self.assertEqual(outcome.status, 1)
            self.assertIn("mpq-models fetch net", outcome.err)
        for command in ("info", "fetch", "path"):
            self.assertIn("Did you mean net?", self.run_it(command, "nett").err)

    def test_unknown_facts_are_shown_as_unverified(self):
        self.listed(licence={})
        outcome = self.run_it("info", "net")
        self.assertRegex(outcome.out, r"sha256 +unverified")
        self.assertRegex(outcome.out, r"size +unverified")
        self.assertIn("unverified", self.run_it("list").out)

    def test_what_comes_with_mpq_is_shown_as_shipped(self):
        self.listed()
        shipped = self.root / "shipped"
        shipped.mkdir()
        (shipped / "small.safetensors").write_bytes(CONTENT)
        self.environment["MPQ_SHIPPED_MODELS"] = str(shipped)
        self.assertRegex(self.run_it("list").out, r"small +shipped")
        self.assertRegex(self.run_it("list", "--installed").out, r"small +shipped")
        self.assertIn(str(shipped / "small.md"), self.run_it("info", "small").out)
        self.assertEqual(self.run_it("path", "small").out.strip(), str(shipped / "small.safetensors"))
        verified = self.run_it("verify")
        self.assertEqual((verified.status, verified.out), (0, "small: comes with mpq, without a checksum\n"))

    def test_lists_what_a_word_selects(self):
        self.listed("speech-small", task="speech recognition")
        self.listed("net", task="sorting")
        self.assertNotIn("speech-small", self.run_it("list", "sorting").out)
        self.assertIn("speech-small", self.run_it("list", "speech").out)
        self.assertIn("No model is like that", self.run_it("list", "zebra").out)
        self.assertIn("No such model is installed", self.run_it("list", "--installed").out)

    def test_explains_itself_and_refuses_wrong_usage(self):
        self.assertEqual(self.run_it("--help").status, 0)
        self.assertTrue(self.run_it("fetch", "--help").out.startswith("Usage: mpq-models"))
        for words in ([], ["nonsense"], ["fetch"], ["path"], ["path", "a", "b"], ["import", "a"], ["list", "--yes"],
                      ["fetch", "--max-size", "many", "a"], ["fetch", "--store"], ["fetch", "--from", "x", "a", "b"]):
            outcome = self.run_it(*words)
            self.assertEqual(outcome.status, 2, words)
            self.assertIn("--help", outcome.err)

    def test_a_damaged_list_is_named(self):
        self.listed(sha256="xyz")
        self.assertIn("sha256", self.run_it("list").err)
        (self.root / "models.json").write_text("{")
        self.assertEqual(self.run_it("list").status, 1)

    def test_a_folder_that_cannot_be_made_is_named(self):
        self.listed()
        (self.root / "mine.bin").write_bytes(CONTENT)
        outcome = self.run_it("import", "--store", "/proc/none", "net", "mine.bin")
        self.assertEqual(outcome.status, 1)
        self.assertIn("cannot create the folder /proc/none/net", outcome.err)


if __name__ == "__main__":
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
