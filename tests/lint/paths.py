# SPDX-License-Identifier: MIT
"""Nothing in the tree names a place of somebody's machine."""

import re

# Written in pieces, so that this file does not find itself.
_PLACES = re.compile(r"(?<![\w.$}/*-])/(?:wo" r"rk/|ro" r"ot/|Us" r"ers/|ho" r"me/[a-z])")


def check(files):
    for file in files:
        for number, line in enumerate(file.lines, 1):
            match = _PLACES.search(line)
            if match:
                yield (file.path, number,
                       f"{match.group()}... is a place of one machine: a relative path, or $TMPDIR")
