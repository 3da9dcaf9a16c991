# SPDX-License-Identifier: MIT
"""HdrHistogram for Java reads what `shunt bench pingpong --hlog --hgrm` and `shunt jitter --hlog`
write, and finds the percentiles that their documents tell.

usage: check.py --shunt FILE --java FILE --jar FILE
"""

import argparse
import json
import pathlib
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
QUANTILES = ("p50", "p90", "p99", "p999", "p9999")


def read_by_java(options, log, folder):
    """What the library finds in each histogram of a log, by tag."""
    lines = subprocess.run(
        [options.java, "-cp", options.jar, HERE / "Percentiles.java", log, folder],
        check=True, capture_output=True, text=True).stdout.splitlines()
    return {found["tag"]: found for found in map(json.loads, lines)}


def check_figures(tag, told, found, slack_ns):
    """The document's percentiles against the library's: a bin is a thousandth of its value wide,
    and the document spreads samples over a step of the clock (slack_ns), which files cannot."""
    assert found["samples"] == told["samples"], (tag, found, told)
    rows = []
    for key in ("min", *QUANTILES, "max"):
        if told.get(key) is None:  # fewer than ten samples beyond it
            continue
        apart = abs(found[key] - told[key])
        rows.append(f"{key} {found[key]} ({told[key]:.0f})")
        assert apart <= told[key] / 500 + 1 + slack_ns, (tag, key, found[key], told[key])
    print(f"{tag}: {found['samples']} samples, by the library (by the document): "
          f"{', '.join(rows)}")


def check_bench(options, folder):
    log, percentiles = folder / "bench.hlog", folder / "bench.hgrm"
    document = json.loads(subprocess.run(
        [options.shunt, "bench", "pingpong", "--size", "56", "--repeats", "3", "--peer", "boost",
         "--hlog", log, "--hgrm", percentiles, "--json"],
        check=True, capture_output=True, text=True).stdout)
    clock = document["host"]["clock"]
    slack_ns = clock["step_ticks"] / clock["ticks_per_second"] * 1e9
    found = read_by_java(options, log, folder)
    result = document["result"]
    check_figures("shunt-56B", result["one_way_ns"], found["shunt-56B"], slack_ns)
    check_figures("boost-56B", result["peers"]["boost"]["one_way_ns"], found["boost-56B"],
                  slack_ns)
    theirs = (folder / "shunt-56B.hgrm").read_text()
    assert percentiles.read_text() == theirs, "the percentiles file differs from the library's"
    print(f"--hgrm: {len(theirs.splitlines())} lines, the same as the library's")


def check_jitter(options, folder):
    log = folder / "jitter.hlog"
    document = json.loads(subprocess.run(
        [options.shunt, "jitter", "--cpus", "0", "--duration", "500ms", "--threshold", "100ns",
         "--hlog", log, "--json"], check=True, capture_output=True, text=True).stdout)
    found = read_by_java(options, log, folder)
    for cpu in document["result"]["cpus"]:
        told = {"samples": cpu["gaps"], **cpu["gap_ns"]}
        check_figures(f"cpu{cpu['cpu']}", told, found[f"cpu{cpu['cpu']}"], 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("shunt", "java", "jar"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shunt-test-") as folder:
        check_bench(options, pathlib.Path(folder))
        check_jitter(options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
