# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs fuzz targets that were built for libFuzzer, and prints a table of what they did.

usage: run.py [--jobs=N] BUILD_FOLDER [NAME] [SECONDS]

Inputs that reach new code are kept in BUILD_FOLDER/corpus/TARGET and used by the next run; an input that is a
finding in BUILD_FOLDER/findings. The exit status is 1 where there was a finding.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys

COLUMNS = '{:<16} {:>12} {:>9} {:>10} {:>8} {:>9}'


def targets(build):
    """Name -> folders of the inputs that the repository keeps."""
    lines = (build / 'tests/fuzz/targets.txt').read_text().splitlines()
    return {fields[0]: fields[1:] for fields in (line.split() for line in lines) if fields}


def last_number(pattern, text, which=-1):
    found = re.findall(pattern, text)
    return int(found[which]) if found else 0


def fuzz(build, name, folders, seconds):
    """One target for some seconds: a line of the table, and the inputs that are findings."""
    corpus, findings = build / 'corpus' / name, build / 'findings'
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    before = set(findings.glob(f'{name}-*'))
    command = [build / 'tests/fuzz' / f'fuzz_{name}', f'-max_total_time={seconds}', '-rss_limit_mb=1024',
               '-timeout=10', '-max_len=16384', '-print_final_stats=1', f'-artifact_prefix={findings}/{name}-',
               corpus, *(folder for folder in folders if pathlib.Path(folder).exists())]
    log = build / f'{name}.log'
    with log.open('wb') as output:
        status = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, check=False).returncode
    said = log.read_text(errors='replace')
    new = sorted(set(findings.glob(f'{name}-*')) - before)
    coverage = last_number(r'cov: (\d+)', said)
    gained = coverage - last_number(r'INITED cov: (\d+)', said)
    row = COLUMNS.format(name, last_number(r'stat::number_of_executed_units:\s+(\d+)', said),
                         last_number(r'stat::average_exec_per_sec:\s+(\d+)', said), coverage, f'+{gained}',
                         len(new) if new or status == 0 else 'failed')
    return row, new, status, log


def main(arguments):
    jobs = 1
    if arguments and arguments[0].startswith('--jobs='):
        jobs = int(arguments.pop(0).removeprefix('--jobs='))
    build = pathlib.Path(arguments[0])
    every = targets(build)
    names = [word for word in arguments[1:] if not word.isdigit()] or list(every)
    seconds = next((int(word) for word in arguments[1:] if word.isdigit()), 60)
    if unknown := set(names) - set(every):
        sys.exit(f'mpq: no fuzz target {", ".join(sorted(unknown))}; there are: pipelines, {", ".join(every)}')
    print(COLUMNS.format('target', 'executions', 'exec/s', 'coverage', 'new', 'findings'), flush=True)
    failed = False
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for name, (row, new, status, log) in zip(
                names, pool.map(lambda name: fuzz(build, name, every[name], seconds), names)):
            print(row, flush=True)
            for path in new:
                print(f'  finding: {path}\n  to see it again: {build}/tests/fuzz/fuzz_{name} {path}\n'
                      f'  the report: {log}', flush=True)
            failed = failed or status != 0
            if status != 0 and not new:
                print(f'  failed without an input; see {log}', flush=True)
    return int(failed)


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
