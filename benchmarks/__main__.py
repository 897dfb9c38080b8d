"""Runs every benchmark, each in a process of its own: python -m benchmarks [name ...].

Each prints one table with ours beside its floor, measured interleaved in the same run; read the ratios, the machine is
shared. The floors and targets are those the project set itself before it was built.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("[a-z]*.py"))


def machine() -> str:
    """One line that names the machine."""
    cpu = next(
        (ln.split(":", 1)[1].strip() for ln in _lines("/proc/cpuinfo") if ln.startswith("model name")), "unknown"
    )
    memory = next((int(ln.split()[1]) // 1024**2 for ln in _lines("/proc/meminfo") if ln.startswith("MemTotal")), 0)
    return f"{os.cpu_count()} cores ({cpu}), {memory} GiB, {platform.system()}, Python {platform.python_version()}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def main(names: list[str]) -> int:
    """Runs those named, or all; 0 when every one ran to its end."""
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    print(f"machine: {machine()}", flush=True)
    failed = []
    for name in names or NAMES:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\ndid not finish: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
