# SPDX-License-Identifier: MIT
"""The files of a tree, as the checks see them."""

import os
import pathlib

import cpp

# .git is a file where the tree is one of several of a repository.
SKIPPED = {".git", ".cache", "build", "__pycache__"}
CPP_SUFFIXES = {".hpp", ".cpp", ".h"}


class File:
    """A text file: `path` relative to the root with slashes, its `lines`, and for C++ `code`: the
    same lines with comments and the contents of literals blanked."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.suffix = pathlib.PurePosixPath(path).suffix
        self.is_cpp = self.suffix in CPP_SUFFIXES
        self.is_header = self.suffix in {".hpp", ".h"}
        self.code = cpp.blank(text).split("\n")[: len(self.lines)] if self.is_cpp else []

    def under(self, *folders):
        return any(self.path.startswith(folder + "/") for folder in folders)


def read(root):
    """Every text file under `root`, in order of path. A file that is not UTF-8 is not text."""
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED)
        for name in names:
            full = pathlib.Path(folder) / name
            if name in SKIPPED or full.is_symlink() or not full.is_file():
                continue
            try:
                text = full.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
            files.append(File(full.relative_to(root).as_posix(), text))
    return sorted(files, key=lambda file: file.path)
