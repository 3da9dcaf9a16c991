# SPDX-License-Identifier: MIT
"""What scripts/prove came to: reads the raw results of its pieces and prints one scorecard. A line
says what was injected, how often, and how often shunt came through; the last one adds them up. A
piece without a result has not survived. What a host cannot do is a line of its own, and adds
nothing.
"""

import argparse
import json
import pathlib
import re
import sys

import results

SKIPPED = 77


class Line:
    """One line of the scorecard: so many injected, so many survived; `detail` is for the reader."""

    def __init__(self, name, injected, survived, detail=""):
        self.name = name
        self.injected = injected
        self.survived = survived
        self.detail = detail

    def as_json(self):
        return {"name": self.name, "injected": self.injected, "survived": self.survived,
                "detail": self.detail}


def missing(name, why):
    return Line(name, 1, 0, why)


class Pieces:
    """The folder with what each piece left: NAME.end, NAME.log, NAME.json."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def ran(self, name):
        return (self.folder / f"{name}.end").exists()

    def end(self, name):
        """(exit status, seconds)"""
        status, seconds = (self.folder / f"{name}.end").read_text(encoding="utf-8").split()
        return int(status), int(seconds)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def document(self, name):
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))


def stepper(pieces):
    """Deaths and stops at single instructions: a line for each operation and way."""
    status, _ = pieces.end("stepper")
    if status == SKIPPED:
        return [Line("stepper", 0, 0, "skipped: nobody may trace its children here")]
    rows = pieces.document("stepper")["rows"]
    sums = {}
    for row in rows:
        at = sums.setdefault((row["how"], row["operation"]), [0, 0, set()])
        at[0] += row["injected"]
        at[1] += row["survived"]
        at[2].add(row["kind"])
    lines = [Line(f"{how}: {operation}", injected, survived, ", ".join(sorted(kinds)))
             for (how, operation), (injected, survived, kinds) in sorted(sums.items())]
    if status != 0 and all(line.injected == line.survived for line in lines):
        lines.append(missing("stepper", f"ended with {status}"))
    return lines or [missing("stepper", "no row")]


def _numbers(pattern, text):
    return [tuple(map(int, found.groups())) for found in re.finditer(pattern, text, re.M)]


def _of_cases(name, cases, injected, detail):
    """What tests injected, less one for each test that failed."""
    failed = sum(case.end == "failed" for case in cases)
    skipped = sum(case.end == "skipped" for case in cases)
    if skipped:
        detail += f"{', ' if detail else ''}{skipped} tests skipped"
    if injected == 0 and not skipped:
        return missing(name, "nothing was injected")
    return Line(name, injected + (failed if injected == 0 else 0), max(injected - failed, 0),
                detail)


def tests(pieces):
    """The lines of those tests of ctest that inject something."""
    cases = results.read_cases(pieces.folder / "tests.xml")

    def of(prefix):
        chosen = [case for case in cases if case.name.startswith(prefix)]
        return chosen, "\n".join(case.output for case in chosen)

    model, told = of("model.")
    runs = _numbers(r"(\d+) runs +(\d+) states", told)
    caught = len(re.findall(r"caught in run \d+:", told))
    judged, told = of("linear")
    calls = _numbers(r"^(\d+) calls: ", told)
    in_histories = len(re.findall(r"caught in run \d+:", told))
    lines = [_of_cases("explorer: configurations", model, len(runs),
                       f"{sum(n for n, _ in runs)} executions, {sum(n for _, n in runs)} states")]
    spin, _ = of("spin.")
    spin_ran = [case for case in spin if case.end != "skipped"]
    lines.append(_of_cases("Spin models and their bugs", spin, len(spin_ran), ""))
    lines.append(_of_cases("linearizability: histories", judged, len(calls),
                           f"{sum(n for (n,) in calls)} calls judged"))
    refused, told = of("process_nth_failure.")
    counts = _numbers(r"(\d+) failures of them .*; (\d+) allocations", told)
    lines.append(_of_cases("nth failure: calls, allocations", refused, sum(map(sum, counts)),
                           f"{sum(n for n, _ in counts)} calls refused, "
                           f"{sum(n for _, n in counts)} allocations"))
    quiet, _ = of("process_quiet.")
    quiet_ran = [case for case in quiet if case.end != "skipped"]
    lines.append(_of_cases("no system call, no allocation", quiet, len(quiet_ran), ""))
    fuzz, told = of("fuzz.")
    inputs = sum(n for (n,) in _numbers(r"^(\d+) inputs", told))
    corpus = [case for case in fuzz if case.name != "fuzz.seeded_checks"]
    lines.append(_of_cases("fuzz corpora: inputs", corpus, inputs, f"{len(corpus)} targets"))
    checks = _numbers(r"^(\d+) of (\d+) caught", told) or [(0, 1)]
    bugs = caught + in_histories + sum(n for _, n in checks)
    lines.append(Line("seeded bugs, caught", bugs,
                      caught + in_histories + sum(n for n, _ in checks),
                      f"{caught} by the explorer, {in_histories} in histories, "
                      f"{sum(n for n, _ in checks)} checks taken out"))
    return lines


def hostile(pieces):
    """Peers that lie. What is counted is sides of rings; the operations are the detail."""
    rings = json.loads(pieces.log("hostile"))["rings"]
    return [Line(f"hostile peer: {ring['ring']}, sides", ring["sides"],
                 ring["sides"] - min(ring["found"], ring["sides"]),
                 f"{ring['operations']} operations, {ring['lies']} lies, {ring['found']} findings")
            for ring in rings]


def soak(pieces):
    _, seconds = pieces.end("soak")
    document = pieces.document("soak")
    result = document["result"]
    parked = result["release_to_action_parked_ns"]
    detail = (f"{result['streams']} streams, {result['messages']} messages, "
              f"{result['redelivered']} flagged, {seconds} s; parked p99 "
              f"{parked.get('p99', 0) / 1e6:.1f} ms of {parked['n']}")
    injected = max(result["kills"], 1)
    # One fault ends it.
    return [Line("soak: kills", injected, injected - (0 if document["ok"] else 1), detail),
            Line("soak: stops", result["stops"], result["stops"], "")]


def aarch64(pieces):
    lines = []
    for name in ("unit_core", "unit_core_line", "unit_core_bytes", "unit_core_broadcast",
                 "unit_core_latest", "unit_core_rings"):
        piece = f"aarch64-{name}"
        if pieces.ran(piece):
            found = pieces.document(piece)
            lines.append(Line(f"aarch64: {name}", found["tests"],
                              found["tests"] - found["failures"] - found["errors"],
                              "golden offsets among them" if name == "unit_core" else ""))
    return lines or [missing("aarch64", "not built")]


def scorecard(pieces, mode):
    lines = []
    parts = [("stepper", stepper), ("tests", tests), ("hostile", hostile), ("soak", soak)]
    if mode == "full":
        parts.append(("aarch64", aarch64))
    for name, read in parts:
        try:
            lines += read(pieces)
        except (OSError, ValueError, KeyError, SyntaxError) as error:
            lines.append(missing(name, f"no result: {error}"))
    return lines


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--mode", choices=("quick", "full"), required=True)
    parser.add_argument("--json")
    options = parser.parse_args(arguments)
    lines = scorecard(Pieces(options.folder), options.mode)
    injected = sum(line.injected for line in lines)
    survived = sum(line.survived for line in lines)
    width = max(len(line.name) for line in lines)
    print(f"{'':{width}}  injected  survived")
    for line in lines:
        mark = "" if line.injected == line.survived else "  NOT ALL"
        print(f"{line.name:{width}}  {line.injected:8}  {line.survived:8}  {line.detail}{mark}")
    if options.json:
        document = {"schema": "shunt/prove/1", "mode": options.mode, "injected": injected,
                    "survived": survived, "ok": injected == survived,
                    "lines": [line.as_json() for line in lines]}
        pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n",
                                              encoding="utf-8")
    print(f"{survived} of {injected} survived")
    return 0 if injected == survived else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
