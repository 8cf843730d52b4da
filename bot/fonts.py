"""Whether this machine has a font with Hangul."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from pathlib import Path

from model.health import Check, Health
from model.language import Message

FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
)
_KOREAN = re.compile(
    r"(noto|source)[-_]?(sans|serif)([-_]?mono)?[-_]?(cjk|kr)|nanum|malgun|baekmuk|un(batang|dotum)|applesdgothic|pretendard"
    r"|d2coding|spoqahan|^(batang|dotum|gulim)",
    re.IGNORECASE,
)
_KINDS = (".ttf", ".otf", ".ttc", ".otc")
_DEADLINE = 10.0  # seconds; fontconfig may have to read all fonts first


async def font_check(folders: Sequence[str] = FOLDERS) -> Check:
    """Tell whether a font with Hangul is here; asks fontconfig or, where it is not installed, the files' names."""
    found = await _listed()
    if found is None:
        found = await asyncio.to_thread(_in_folders, folders)
    if found:
        means = Message(
            "{font} has Hangul. Pages use their reader's fonts; nothing draws pictures yet.", {"font": found}
        )
    else:
        means = Message(
            "No font with Hangul was found. Nothing needs one yet: pages use their reader's fonts. To be ready for"
            " pictures, install the package fonts-noto-cjk or fonts-nanum."
        )
    return Check(Message("Fonts"), Health.OK, means)


async def _listed() -> str | None:
    """Return the first font for Korean that fontconfig names, "" for none; None where it cannot be asked."""
    program = shutil.which("fc-list")
    if program is None:
        return None
    try:
        process = await asyncio.create_subprocess_exec(
            program, ":lang=ko", "family", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(_DEADLINE):
            answer, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return None
    families = sorted(line.split(",")[0].strip() for line in answer.decode("utf-8", "replace").splitlines())
    return next((family for family in families if family), "") if process.returncode == 0 else None


def _in_folders(folders: Sequence[str]) -> str:
    """Return the name of a font file that is known to have Hangul, "" for none."""
    for folder in folders:
        for _, _, files in os.walk(Path(folder).expanduser()):
            for file in sorted(files):
                if file.lower().endswith(_KINDS) and _KOREAN.search(file):
                    return Path(file).stem
    return ""
