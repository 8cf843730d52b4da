"""How long `arb --help` takes and what an idle bot needs: `python -m benchmarks.start`.

Beside it stands the floor: the same interpreter doing nothing.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_ROUNDS = 7


def seconds(*command: str) -> float:
    """Return the median time of a command."""
    times = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def idle_megabytes() -> float:
    """Return the resident memory of `arb chat` once it has answered a line."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "ARB_HOME": home}
        chat = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "chat"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert chat.stdin is not None
        assert chat.stdout is not None
        chat.stdin.write("/arb status\n")
        chat.stdin.flush()
        chat.stdout.readline()
        status = Path(f"/proc/{chat.pid}/status").read_text(encoding="utf-8")
        chat.communicate("exit\n")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def main() -> None:
    """Print both sides and their ratio."""
    floor = seconds(sys.executable, "-c", "pass")
    helped = seconds(sys.executable, "-m", "bot.cli", "--help")
    print(f"python -c pass      {floor:.3f} s")
    print(f"arb --help          {helped:.3f} s   × {helped / floor:.1f}   goal ≤ 0.3 s")
    print(f"arb chat, idle      {idle_megabytes():.0f} MB   goal ≤ 120 MB")


if __name__ == "__main__":
    main()
