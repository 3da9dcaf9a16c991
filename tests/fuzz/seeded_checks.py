# SPDX-License-Identifier: MIT
"""Are the checks of the rings tested? Takes one out at a time, in a copy of the headers, builds
hostile_rounds with the copy, and expects it to find something (or to hang, which the check was to
prevent). A check whose text is not there any more is a failure too: this list follows the code.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
RING = "shunt/core/ring/"
SECONDS = 10

# (bug, header, the check, what stands there without it)
BUGS = [
    ("a producer believes a free_pos that goes back", RING + "spsc_producer.hpp",
     "write_pos_ - freed > cursor_.capacity() || limit < limit_",
     "write_pos_ - freed > cursor_.capacity()"),
    ("a producer looks again though it is broken", RING + "spsc_producer.hpp",
     "if (broken_) {\n            return Status::broken;",
     "if (false) {\n            return Status::broken;"),
    ("a run reaches beyond its line", RING + "spsc_consumer.hpp",
     "std::min({avail_end_, freed_ + free_step_, cursor_.end_position()})",
     "std::min(avail_end_, freed_ + free_step_)"),
    ("a consumer looks again though it is broken", RING + "spsc_consumer.hpp",
     "if (stamp - read_pos_ - 1 < cursor_.capacity() && !broken_)",
     "if (stamp - read_pos_ - 1 < cursor_.capacity())"),
    ("a claim of more than the longest message", RING + "spsc_bytes_producer.hpp",
     "if (bytes > shape_.max_message())", "if (false)"),
    ("a bytes producer looks again though it is broken", RING + "spsc_bytes_producer.hpp",
     "if (broken_ || need > kPositionLimit ||", "if (need > kPositionLimit ||"),
    ("a walk to the tail over impossible frames", RING + "spsc_bytes_producer.hpp",
     "if (!shape_.plausible(header, write_pos_))", "if (false)"),
    ("a walk from a last_pos inside a frame", RING + "spsc_bytes_producer.hpp",
     " &&\n               write_pos_ % shape_.frame_align() == 0)", ")"),
    ("a last message that is believed", RING + "spsc_bytes_producer.hpp",
     "if (!shape_.plausible(header, last_pos_) || header.padding())", "if (header.padding())"),
    ("a read_pos inside a frame", RING + "spsc_bytes_consumer.hpp",
     "read_pos_ > kPositionLimit || read_pos_ % shape.frame_align() != 0",
     "read_pos_ > kPositionLimit"),
    ("a header that is believed", RING + "spsc_bytes_consumer.hpp",
     "if (!shape_.plausible(header, read_pos_) || read_pos_ > kPositionLimit)",
     "if (read_pos_ > kPositionLimit)"),
    ("padding behind padding without end", RING + "spsc_bytes_consumer.hpp",
     "for (int frames = 0; frames < 2 && !broken_; ++frames)",
     "for (int frames = 0; frames < 1000 && !broken_; ++frames)"),
    ("a bytes consumer looks again though it is broken", RING + "spsc_bytes_consumer.hpp",
     "frames < 2 && !broken_;", "frames < 2;"),
    ("a message that is longer than its destination", RING + "spsc_bytes_consumer.hpp",
     "if (size > to.size())", "if (false)"),
    ("a broken lane that takes the others with it", RING + "lane_merge.hpp",
     "if (status == Status::broken) {\n            drop(active_, at_);",
     "if (status == Status::broken) {\n            active_.clear();"),
    ("a holder's place beyond the places", RING + "lane_holders.hpp",
     "lane.holders[(joined - back) % layout::kLaneHolders]", "lane.holders[joined - back]"),
    ("a look for a holder without end", RING + "lane_holders.hpp",
     "looks < kLooksForHolder;", "looks >= 0;"),
    ("a subscriber looks again though it is broken", RING + "broadcast_subscriber.hpp",
     "stamp == stamp_readable(read_pos_) && !broken_ ?", "stamp == stamp_readable(read_pos_) ?"),
    ("a write_pos that is older than a stamp", RING + "broadcast_subscriber.hpp",
     "write_pos < read_pos_ + capacity() || write_pos >= kPositionLimit",
     "write_pos >= kPositionLimit"),
    ("a publisher goes on though it is broken", RING + "broadcast_publisher.hpp",
     "!broken_ && write_pos_ < GateKeeper<P>::kMostLimit",
     "write_pos_ < GateKeeper<P>::kMostLimit"),
    ("a length that is longer than the longest", RING + "broadcast_bytes.hpp",
     "found_.flags == 0 && found_.length <= max_message_", "found_.flags == 0"),
    ("a slot that names a block that there is not", RING + "mpmc_consumer.hpp",
     "if (!slots_.sound(found)) [[unlikely]] {", "if (false) {"),
    ("an orphan of a block that there is not", RING + "mpmc_consumer.hpp",
     "Packed::kMostTries || !slots_.sound(found)) {", "Packed::kMostTries) {"),
    ("a look for a message all around the laps", RING + "mpmc_consumer.hpp",
     "position - begin <= slots_.laps().half();", "position - begin <= UINT64_MAX;"),
    ("a look for room all around the laps", RING + "mpmc_producer.hpp",
     "position - begin <= slots_.laps().half();", "position - begin <= UINT64_MAX;"),
    ("a message that is longer than its slot", RING + "mpmc_bytes.hpp",
     "if (!shape_.plausible(found_)) [[unlikely]] {", "if (false) {"),
    ("a dead one's slot of a block that there is not", RING + "block_recover.hpp",
     "if (!slots.sound(found)) {", "if (false) {"),
    ("a block beyond those that are looked at", RING + "block_recover.hpp",
     "block >= first && block < end)", "block >= first)"),
    ("a version that goes back", RING + "latest_reader.hpp",
     "write_pos < seen_ && seen_ != start_pos_", "false"),
    ("a version beyond the limit", RING + "latest_reader.hpp",
     "write_pos >= kPositionLimit || broken_", "broken_"),
    ("a reader looks again though it is broken", RING + "latest_reader.hpp",
     "if (broken_ || (write_pos < seen_", "if ((write_pos < seen_"),
    ("a value that is longer than the longest", RING + "latest_bytes_reader.hpp",
     "found_.flags == 0 && found_.length <= max_message_", "found_.flags == 0"),
    ("a frame that runs over the end", RING + "frame.hpp",
     "stride(header.length) <= to_end(position);", "true;"),
    ("a frame that is longer than the longest", RING + "frame.hpp",
     "header.length - payload_offset_ <= max_message() &&", "true &&"),
    ("a frame that is shorter than its header", RING + "frame.hpp",
     "header.length >= payload_offset_ &&\n               "
     "header.length - payload_offset_ <= max_message()",
     "header.length <= payload_offset_ + max_message()"),
]


# What hostile_rounds attacks a header in, by the beginning of its name.
PARTS = (("spsc_bytes", "BYTES"), ("spsc", "LINE"), ("frame", "BYTES"),
         ("lane_holders", "LOG_LANES"), ("lane", "LANES"),
         ("block", "BLOCKS"), ("mpmc_producer", "CROWD"), ("mpmc", "BLOCKS"),
         ("broadcast", "LOG"), ("latest", "LATEST"))


def part_of(header):
    return next(part for begin, part in PARTS if header.startswith(RING + begin))


def without(folder, header, check, instead):
    """A copy of the headers of core in `folder`, in which `check` is gone. Fails where it is not
    there exactly once."""
    shutil.copytree(ROOT / "core/include", folder)
    path = folder / header
    text = path.read_text(encoding="utf-8")
    if text.count(check) != 1:
        return False
    path.write_text(text.replace(check, instead), encoding="utf-8")
    return True


def caught_by(compiler, folder, part, operations):
    """What that part of hostile_rounds finds with the headers in `folder`; None: nothing."""
    program = folder / "hostile_rounds"
    subprocess.run([compiler, "-std=c++20", "-O0", "-DSHUNT_HOSTILE_ONLY",
                    f"-DSHUNT_HOSTILE_{part}", "-I", folder, "-I", ROOT / "tests",
                    ROOT / "tests/fuzz/hostile_rounds.cpp", "-o", program], check=True)
    try:
        done = subprocess.run([program, "--operations", str(operations)], capture_output=True,
                              text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "hangs"
    if done.returncode == 0:
        return None
    if done.returncode < 0:
        return f"signal {-done.returncode}"
    found = [line.split()[-1] and line for line in done.stdout.splitlines()
             if " ring " in line or " log " in line]
    texts = [line.split(None, 8)[8] for line in found if len(line.split(None, 8)) > 8]
    return texts[0].strip() if texts else "fails"


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiler", default="g++")
    parser.add_argument("--operations", type=int, default=300000)
    parser.add_argument("--only", default="", help="bugs whose text has this in it")
    options = parser.parse_args(arguments)
    missed = 0
    bugs = [bug for bug in BUGS if options.only in bug[0]]
    for bug, header, check, instead in bugs:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / "include"
            if not without(copy, header, check, instead):
                print(f"{bug}: the check is not in {header} exactly once")
                missed += 1
                continue
            found = caught_by(options.compiler, copy, part_of(header), options.operations)
            print(f"{bug}: {found or 'NOT FOUND'}", flush=True)
            missed += found is None
    print(f"{len(bugs) - missed} of {len(bugs)} caught")
    return 1 if missed or not bugs else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
