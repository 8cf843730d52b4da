"""A git directory of ours for a repository that nobody vouches for.

It has a configuration of ours and borrows the repository's refs and objects. So no key of the repository's own
configuration (pagers, filters, external diffs, monitors, hooks, includes, remotes for missing objects) can be obeyed,
known to us or not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from collectors.git_place import Place

_MOST_CONFIG = 1 << 20  # bytes
_CONFIG = """\
[core]
    bare = {bare}
    repositoryFormatVersion = {version}
    fsmonitor = false
    hooksPath = /dev/null
    attributesFile = /dev/null
    pager = cat
    quotePath = true
    logAllRefUpdates = false
[gc]
    auto = 0
[maintenance]
    auto = false
[protocol]
    allow = never
"""
# The only keys that are taken over: how the objects and refs are laid down, and how lines are compared.
_FORMAT = ("extensions.objectformat", "extensions.refstorage", "diff.algorithm")
_WORD = re.compile(r"[a-z0-9]{1,20}")


def lay(shadow: Path, place: Place) -> None:
    """Fill the directory `shadow`: our configuration, their HEAD, and links to their refs; OSError where it cannot."""
    for name in ("refs", "packed-refs", "info", "reftable"):
        (shadow / name).symlink_to(place.common_dir / name)
    (shadow / "HEAD").write_bytes(_head(place))
    _write(shadow, place, {})


def says_format(file: Path) -> bool:
    """Whether a configuration may hold a setting that is taken over."""
    if not file.is_file() or file.stat().st_size > _MOST_CONFIG:
        return False
    text = file.read_bytes().lower()
    return any(word in text for word in (b"extensions", b"algorithm"))


def configure(shadow: Path, place: Place, listed: bytes) -> None:
    """Take over the few settings that say how the repository is laid down, from `git config --list --null`."""
    pairs = (entry.partition("\n") for entry in listed.decode("utf-8", "backslashreplace").split("\0"))
    _write(shadow, place, {key: value for key, _, value in pairs if key in _FORMAT and _WORD.fullmatch(value)})


def _write(shadow: Path, place: Place, kept: Mapping[str, str]) -> None:
    bare = "false" if place.worktree else "true"
    version = 1 if any(key.startswith("extensions") for key in kept) else 0
    lines = [_CONFIG.format(bare=bare, version=version)]
    for key, value in kept.items():
        section, _, name = key.partition(".")
        lines.append(f"[{section}]\n    {name} = {value}\n")
    (shadow / "config").write_text("".join(lines))


def _head(place: Place) -> bytes:
    """Return the content of HEAD, which in old repositories is a symbolic link to the branch."""
    path = place.git_dir / "HEAD"
    if path.is_symlink() and str(path.readlink()).startswith("refs/"):
        return b"ref: " + os.fsencode(path.readlink()) + b"\n"
    with path.open("rb") as file:
        return file.read(4096)
