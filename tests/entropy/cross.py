#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds a program for this machine, for arm64 and for s390x (big-endian), and sees that all print the same.

usage: cross.py [--work FOLDER] [--include FOLDER]... [--header LIBRARY]... SOURCE... [-- ARGUMENT...]

Foreign programs are linked statically and run by qemu-user, so that no foreign library is needed beyond the
compiler's own. LIBRARY is the folder in /usr/include of a library that is headers only: cross compilers do not look
there. Debian: g++-aarch64-linux-gnu g++-s390x-linux-gnu qemu-user. Exits with 1 where a program cannot be built, fails
or prints something else, else with 77 (skipped) where an architecture was left out for want of its tools. Where there is
ccache, it is used; it finds again what was compiled in the same --work folder.
"""
import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

FLAGS = ['-std=c++20', '-O2', '-ffp-contract=off', '-Wall', '-Wextra', '-Werror',
         '-Wno-unknown-pragmas', '-ffunction-sections', '-fdata-sections']
# In sections of their own, what a program does not use may name what it is not linked with.
LINK = ['-static', '-pthread', '-Wl,--gc-sections']
MACHINES = {'native': (os.environ.get('CXX', 'c++').split(), []),
            'arm64': (['aarch64-linux-gnu-g++'], ['qemu-aarch64']),
            's390x': (['s390x-linux-gnu-g++'], ['qemu-s390x'])}
CACHE = ['ccache'] if shutil.which('ccache') else []
SKIPPED = 77
TIME_LIMIT = 600  # seconds a command


class Failure(Exception):
    pass


def run(command):
    """What the command prints."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=TIME_LIMIT, check=False)
    if done.returncode:
        raise Failure(f'{" ".join(map(str, command))[:200]}: status {done.returncode}\n'
                      + done.stderr.decode(errors='replace')[-4000:])
    return done.stdout


def lacking(machine):
    compiler, emulator = MACHINES[machine]
    return [words[0] for words in (compiler, emulator) if words and not shutil.which(words[0])]


def build(pool, machine, sources, includes, folder):
    """A list of things to wait for, each of which compiles one source; and the object files."""
    compiler = [*CACHE, *MACHINES[machine][0]]
    objects = [folder / f'{machine}-{i}.o' for i in range(len(sources))]
    return [pool.submit(run, [*compiler, *FLAGS, *includes, '-c', source, '-o', compiled])
            for source, compiled in zip(sources, objects)], objects


def first_difference(expected, found):
    pairs = zip(expected.splitlines() + [b'(end)'], found.splitlines() + [b'(end)'])
    for number, (a, b) in enumerate(pairs, 1):
        if a != b:
            return f'line {number}: {b.decode(errors="replace")[:200]}\n  instead of {a.decode(errors="replace")[:200]}'
    return 'the ends of lines differ'


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--work', type=pathlib.Path)
    parser.add_argument('--include', action='append', default=[])
    parser.add_argument('--header', action='append', default=[])
    parser.add_argument('sources', nargs='+')
    end = argv.index('--') if '--' in argv else len(argv)
    return parser.parse_args(argv[:end]), argv[end + 1:]


def main():
    options, arguments = parse(sys.argv[1:])
    missing = {machine: lacking(machine) for machine in MACHINES}
    machines = [machine for machine, tools in missing.items() if not tools]
    left_out = {machine: tools for machine, tools in missing.items() if tools}
    for machine, tools in left_out.items():
        print(f'SKIPPED {machine}: there is no {" and no ".join(tools)}')
    if 'native' not in machines or len(machines) == 1:
        return SKIPPED
    with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folder = options.work or pathlib.Path(name)
        headers = folder / 'include'
        headers.mkdir(parents=True, exist_ok=True)
        for library in options.header:
            (headers / library).unlink(missing_ok=True)
            (headers / library).symlink_to(pathlib.Path('/usr/include') / library)
        includes = [f'-I{include}' for include in options.include] + ['-isystem', headers]
        builds = {machine: build(pool, machine, options.sources, includes, folder) for machine in machines}
        expected = None
        for machine, (steps, objects) in builds.items():
            for step in steps:
                step.result()
            program = folder / machine
            compiler, emulator = MACHINES[machine]
            run([*compiler, *objects, *LINK, '-o', program])
            printed = run([*emulator, program, *arguments])
            if expected is None:
                expected = printed
            elif printed != expected:
                raise Failure(f'{machine} differs, {first_difference(expected, printed)}')
            print(f'{machine}: {len(printed.splitlines())} lines')
    return SKIPPED if left_out else 0


try:
    sys.exit(main())
except Failure as failure:
    sys.exit(f'FAILED: {failure}')
