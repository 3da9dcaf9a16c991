#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# usage: run.sh PUBLISHER RECEIVER
#
# Runs the two examples together, in both start orders, and compares what was received with what
# was sent. A $SHUNT_DIR of its own; leaves nothing behind.
set -euo pipefail
publisher=$1
receiver=$2
SHUNT_DIR=$(mktemp -d /dev/shm/shunt-examples.XXXXXX)
export SHUNT_DIR
trap 'rm -rf "$SHUNT_DIR"' EXIT

compare() {
    if ! seq -f '%g 100.25 100.50' 1000 | cmp - "$SHUNT_DIR/received"; then
        echo "$1: what was received is not what was sent" >&2
        exit 1
    fi
    rm "$SHUNT_DIR/received"
    if [[ -n $(ls -A "$SHUNT_DIR") ]]; then
        echo "$1: something is left in \$SHUNT_DIR: $(ls -A "$SHUNT_DIR")" >&2
        exit 1
    fi
}

"$publisher"
"$receiver" >"$SHUNT_DIR/received"
compare "publisher first"

"$receiver" >"$SHUNT_DIR/received" &
"$publisher"
wait $!
compare "both at once"
