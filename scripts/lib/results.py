# SPDX-License-Identifier: MIT
"""What a run of ctest came to: reads its JUnit files, prints failures and skips, judges the skips.

A skip is a failure unless tests/expected_skips has a line for the test whose condition holds on
this host and whose reason stands in what the test printed.
"""

import argparse
import ctypes
import fnmatch
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree

POOL = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
GIGANTIC_POOL = pathlib.Path("/sys/kernel/mm/hugepages/hugepages-1048576kB")
TRANSPARENT = pathlib.Path("/sys/kernel/mm/transparent_hugepage/shmem_enabled")
NODES = pathlib.Path("/sys/devices/system/node/online")
CACHE_SIZE = pathlib.Path("/sys/devices/system/cpu/cpu0/cache/index2/size")
POOL_PAGES = 64  # what scripts/test reserves, and the most that a test asks for
SHOWN_LINES = 40


def _free_pages(pool):
    try:
        return int((pool / "free_hugepages").read_text())
    except (OSError, ValueError):
        return 0


def _may_unshare_mounts():
    command = ["unshare", "--mount", "true"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _has_hugetlbfs():
    return "hugetlbfs" in pathlib.Path("/proc/filesystems").read_text().split()


def _gathers_pages():
    release = tuple(int(part) for part in re.findall(r"\d+", os.uname().release)[:2])
    return release >= (6, 1) and TRANSPARENT.exists() and "[deny]" not in TRANSPARENT.read_text()


def _may_locate_pages():
    number = {"x86_64": 279, "aarch64": 239}.get(os.uname().machine)
    located = (f"import ctypes, sys; "
               f"sys.exit(ctypes.CDLL(None).syscall({number}, 0, 0, None, None, None, 0) != 0)")
    command = [sys.executable, "-c", located]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _has_terminals():
    try:
        for descriptor in os.openpty():
            os.close(descriptor)
    except OSError:
        return False
    return True


def _may_trace():
    traceme = "import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(0, 0, 0, 0) != 0)"
    command = [sys.executable, "-c", traceme]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _has_io_uring_futex():
    """An io_uring may be made, and the kernel (6.7) lets it wait for a futex."""
    release = [int(part) for part in re.findall(r"\d+", platform.release())[:2]]
    if release < [6, 7]:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    ring = libc.syscall(425, 4, ctypes.create_string_buffer(120))
    if ring >= 0:
        os.close(ring)
    return ring >= 0


def _may_filter_calls():
    filtered = ("import ctypes, sys; c = ctypes.CDLL(None, use_errno=True); "
                "c.prctl(38, 1, 0, 0, 0); c.prctl(22, 2, None); "
                "sys.exit(ctypes.get_errno() != 14)")  # EFAULT: it wanted to read the filter
    command = [sys.executable, "-c", filtered]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


# Names of tests/expected_skips: true where a test that needs the thing has to skip.
CONDITIONS = {
    "no-hugetlb-pool": lambda sanitizer: _free_pages(POOL) < POOL_PAGES,
    "no-hugetlbfs": lambda sanitizer: not _has_hugetlbfs() or not POOL.exists(),
    "no-1g-pages": lambda sanitizer: not GIGANTIC_POOL.exists(),
    "no-1g-pool": lambda sanitizer: _free_pages(GIGANTIC_POOL) == 0,
    "no-thp": lambda sanitizer: not _gathers_pages(),
    "no-nodes": lambda sanitizer: not NODES.exists(),
    "no-move-pages": lambda sanitizer: not _may_locate_pages(),
    "no-mount-namespace": lambda sanitizer: not _may_unshare_mounts(),
    "no-terminals": lambda sanitizer: not _has_terminals(),
    "no-ptrace": lambda sanitizer: not _may_trace(),
    "no-seccomp": lambda sanitizer: not _may_filter_calls(),
    "not-root": lambda sanitizer: os.geteuid() != 0,
    "no-cache-sizes": lambda sanitizer: not CACHE_SIZE.exists(),
    "one-cpu": lambda sanitizer: len(os.sched_getaffinity(0)) < 2,
    "no-io-uring-futex": lambda sanitizer: not _has_io_uring_futex(),
    "no-spin": lambda sanitizer: shutil.which("spin") is None,
    "sanitizer": lambda sanitizer: sanitizer != "",
    "address-sanitizer": lambda sanitizer: sanitizer == "address",
    "thread-sanitizer": lambda sanitizer: sanitizer == "thread",
}


class Case:
    """One test of ctest: its name, what became of it (passed, failed, skipped), what it printed."""

    def __init__(self, element):
        self.name = element.get("name")
        self.output = element.findtext("system-out") or ""
        skipped = element.find("skipped")
        status = element.get("status")
        self.reason = ""
        if status == "run":
            self.end = "passed"
        elif status == "disabled":
            self.end, self.reason = "skipped", "disabled"
        elif skipped is not None and "SKIP" in (skipped.get("message") or ""):
            self.end = "skipped"
            self.reason = reason_of(self.output)
        else:
            self.end = "failed"


class Expected:
    """One line of tests/expected_skips."""

    def __init__(self, line, number):
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 3 or not all(fields):
            raise ValueError(f"line {number}: want `Suite.Test | condition | reason`")
        self.pattern, self.condition, self.reason = fields
        self.number = number
        if self.condition not in CONDITIONS:
            raise ValueError(f"line {number}: no condition '{self.condition}'; there are "
                             + ", ".join(sorted(CONDITIONS)))

    def names(self, case):
        """A test is `program.Suite.Test` to ctest; the line leaves the program out."""
        return (fnmatch.fnmatchcase(case.name, self.pattern)
                or fnmatch.fnmatchcase(case.name.partition(".")[2], self.pattern))

    def accepts(self, case, sanitizer):
        return (self.names(case) and self.reason in case.reason
                and CONDITIONS[self.condition](sanitizer))


def reason_of(output):
    """What GTEST_SKIP() printed, on one line; what the program printed, if it is no GoogleTest."""
    found = re.findall(r"^[^\n]*:\d+: Skipped\n(.*?)\n?^\[  SKIPPED \]", output, re.S | re.M)
    text = found[0] if found else output
    return " ".join(text.split())


def read_cases(path):
    return [Case(element) for element in xml.etree.ElementTree.parse(path).iter("testcase")]


def read_expected(path):
    lines = pathlib.Path(path).read_text(encoding="utf-8").split("\n")
    return [Expected(line, number) for number, line in enumerate(lines, 1)
            if line.strip() and not line.lstrip().startswith("#")]


def judge(cases, expected, sanitizer, complete):
    """(passed, failed, skipped, complaints). `complete`: every test of the tree was in the run, so
    a line that names none is stale."""
    passed = sum(case.end == "passed" for case in cases)
    skips = [case for case in cases if case.end == "skipped"]
    bad = [case for case in skips if not any(e.accepts(case, sanitizer) for e in expected)]
    complaints = [f"skipped, which tests/expected_skips does not allow here: {case.name}"
                  for case in bad]
    if complete:
        stale = [e for e in expected if not any(e.names(case) for case in cases)]
        complaints += [f"tests/expected_skips:{e.number}: no test is named {e.pattern}"
                       for e in stale]
    failed = sum(case.end == "failed" for case in cases) + len(complaints)
    return passed, failed, len(skips) - len(bad), complaints


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("junit", nargs="+", help="of one run or of several, taken together")
    parser.add_argument("--expected", required=True)
    parser.add_argument("--sanitizer", default="")
    parser.add_argument("--complete", action="store_true")
    parser.add_argument("--totals", required=True, help="file to append 'passed failed' to")
    options = parser.parse_args(arguments)
    try:
        cases = [case for path in options.junit for case in read_cases(path)]
        expected = read_expected(options.expected)
        passed, failed, skipped, complaints = judge(cases, expected, options.sanitizer,
                                                    options.complete)
    except (OSError, ValueError, xml.etree.ElementTree.ParseError) as error:
        cases, passed, failed, skipped = [], 0, 1, 0
        complaints = [f"no result: {error}"]
    if not cases and not failed:
        failed, complaints = 1, [f"{', '.join(options.junit)}: no test"]
    for case in cases:
        if case.end == "failed":
            shown = case.output.rstrip().split("\n")[-SHOWN_LINES:]
            print(f"    FAILED {case.name}", *shown, sep="\n        ")
        elif case.end == "skipped":
            print(f"    skipped {case.name}: {case.reason}")
    for complaint in complaints:
        print(f"    FAILED {complaint}")
    print(f"    {passed} passed, {failed} failed, {skipped} skipped as expected")
    with open(options.totals, "a", encoding="utf-8") as totals:
        totals.write(f"{passed} {failed}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
