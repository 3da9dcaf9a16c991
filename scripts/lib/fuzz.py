# SPDX-License-Identifier: MIT
"""Runs each fuzz target of a build: its corpus, then new inputs for a time. As many at once as
there are cpus.

usage: fuzz.py BUILD_FOLDER --seconds N

A target is bin/fuzz_NAME of the build, its corpus tests/fuzz/corpus/NAME. New inputs go to
BUILD_FOLDER/inputs/NAME, what breaks it to BUILD_FOLDER/found-NAME-*. Prints a line for each, and
all that it said where it failed. Exit status: 0 nothing was found, 1 something was.
"""

import argparse
import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "tests/fuzz/corpus"


def run(build, name, seconds):
    """Returns the target's output, and whether it ended well."""
    inputs = build / "inputs" / name
    shutil.rmtree(inputs, ignore_errors=True)
    inputs.mkdir(parents=True)
    command = [build / "bin" / f"fuzz_{name}", f"-max_total_time={seconds}", "-timeout=10",
               f"-artifact_prefix={build}/found-{name}-", inputs, CORPUS / name]
    done = subprocess.run(command, check=False, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout, done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, required=True)
    args = parser.parse_args()
    names = sorted(folder.name for folder in CORPUS.iterdir())
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(lambda name: run(args.build.resolve(), name, args.seconds), names)
        for name, (said, well) in zip(names, runs):
            failed += not well
            last = said.strip().splitlines()[-1:] or ["said nothing"]
            print(f"{name}: {'ok' if well else 'FAILED'}: {last[0] if well else said}", flush=True)
    print(f"{len(names) - failed} of {len(names)} targets found nothing")
    return failed != 0 or not names


if __name__ == "__main__":
    sys.exit(main())
