# SPDX-License-Identifier: MIT
"""Runs each benchmark of shunt_micro for a moment: `every_call.py PROGRAM [ARGUMENT...]`.

Exits 1 where one reports an error (a call failed, a message was not the one that was sent), where a
name is listed and did not run, or where a kind has none of the calls below. What it took is no
figure, and is judged by nobody.
"""

import json
import subprocess
import sys

# What each kind must have, by the beginnings of names.
CALLS = {
    "spsc": ["push_pop", "bursts", "push_n_pop_n", "in_place", "empty_poll", "full_push"],
    "spsc_bytes": ["push_pop", "in_place", "empty_poll"],
    "mpsc": ["push_pop", "bursts", "others_idle", "push_n_pop_n", "empty_poll"],
    "mpsc_bytes": ["push_pop"],
    "mpmc": ["push_pop", "push_pop_copy", "bursts", "in_place", "empty_poll", "full_push"],
    "mpmc_bytes": ["push_pop", "push_pop_copy", "in_place"],
    "mpmc_blocks": ["push_pop", "bursts", "in_place", "empty_poll", "full_push"],
    "mpmc_blocks_bytes": ["push_pop"],
    "broadcast": ["publish", "push_pop", "pop", "gated_push_pop", "conflate", "in_place",
                  "empty_poll", "full_push"],
    "broadcast_bytes": ["publish", "push_pop"],
    "broadcast_lanes": ["push_pop", "pop", "empty_poll", "holder"],
    "broadcast_lanes_bytes": ["push_pop"],
    "latest": ["store", "load", "store_load", "changed_since", "in_place"],
    "latest_bytes": ["load", "store_load"],
    "wake": ["spsc_push_pop", "spsc_push_pop_fenced", "mpmc_push_pop", "broadcast_push_pop",
             "sleepers", "sleepers_fenced", "sleep_not", "one", "spin_budget"],
    "recover": ["mpmc", "mpmc_blocks", "mpmc_consumer", "spsc_producer"],
    "inspect": ["line", "mpmc", "mpmc_blocks"],
    "memory": ["make", "join", "map", "prefault_again", "prove", "prefault_code",
               "look_for_huge_pages"],
    "boost_spsc_queue": ["push_pop", "bursts"],
    "boost_queue": ["push_pop", "bursts"],
}


def run(command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def missing(names):
    """The calls of CALLS that no name stands for: NAME, NAME<...> or NAME/..."""
    calls = {name.split("<")[0].split("/")[0] for name in names}
    wanted = (f"{kind}_{call}" for kind, of_kind in CALLS.items() for call in of_kind)
    return [call for call in wanted if call not in calls]


def wrong(one):
    """Why a benchmark's result is none, or None."""
    if one.get("error_occurred"):
        return one.get("error_message", "an error")
    if not one["iterations"] > 0 or not one["real_time"] > 0:
        return "it did not run"
    counted = one.get("items_per_second", 0) > 0
    return None if counted else "it counts no items"


def main(command):
    listed = run(command + ["--benchmark_list_tests"]).split("\n")
    listed = [name for name in listed if name]
    report = run(command + ["--benchmark_min_time=0.001", "--benchmark_format=json"])
    results = json.loads(report)["benchmarks"]
    faults = [f"{name}: it is listed and did not run"
              for name in sorted(set(listed) - {one["name"] for one in results})]
    faults += [f"{one['name']}: {wrong(one)}" for one in results if wrong(one)]
    faults += [f"{call}: there is no such benchmark" for call in missing(listed)]
    for fault in faults:
        print(fault)
    print(f"{len(results)} benchmarks, {len(faults)} faults")
    return 1 if faults or not results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
