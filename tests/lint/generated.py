# SPDX-License-Identifier: MIT
"""Figures that are marked as made of raw results are what the results say (scripts/figures makes
them), and raw results lie in a folder a host kind and a day."""

import pathlib
import re
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "scripts/lib"))

import figures  # noqa: E402

RESULTS = "perf/results"
_PLACE = re.compile(RESULTS + r"/[a-z0-9-]+/\d{4}-\d\d-\d\d/\w+\.json")


def check(files):
    by_path = {file.path: file.text for file in files}
    results = figures.Results(by_path.get)
    for file in files:
        if file.under(RESULTS) and not _PLACE.fullmatch(file.path):
            yield file.path, 1, f"belongs in {RESULTS}/HOST_KIND/YYYY-MM-DD/NAME.json"
        elif file.suffix == ".md":
            _, mistakes, differing = figures.fill(file.text, results)
            yield from ((file.path, line, text) for line, text in mistakes + differing)
