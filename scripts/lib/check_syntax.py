# SPDX-License-Identifier: MIT
"""Lets a compiler read every file of a build, with its warnings, and make no code.

usage: check_syntax.py BUILD_FOLDER [--jobs N]

BUILD_FOLDER was configured with CMAKE_EXPORT_COMPILE_COMMANDS. Templates are instantiated, so what
the compiler would refuse or warn about is found in a quarter of the time. What CMake makes to
verify that headers stand alone is left out. Precompiled headers have to be made before. Exit
status: 0 all files are right, 1 some are not.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys


def command_of(entry):
    """The entry's command, without its output."""
    words = shlex.split(entry["command"])
    del words[words.index("-o"):words.index("-o") + 2]
    return words + ["-fsyntax-only"]


def check(entry):
    """Returns what the compiler said, and whether it accepted the file."""
    done = subprocess.run(command_of(entry), cwd=entry["directory"], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return entry["file"], done.stdout, done.returncode == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    args = parser.parse_args()
    entries = [entry for entry in json.loads((args.build / "compile_commands.json").read_text())
               if not any(made in entry["file"]
                          for made in ("verify_interface_header_sets", "cmake_pch"))]
    refused = 0
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        for file, said, right in pool.map(check, entries):
            refused += not right
            if said:
                print(f"{file}:\n{said}")
    print(f"{len(entries)} files, {refused} refused")
    return refused != 0 or not entries


if __name__ == "__main__":
    sys.exit(main())
