"""`python -m benchmarks [NAME ...]`: measures all, or the named ones, and writes RESULTS.md."""

import sys

from . import (
    compiled,
    growth,
    limit,
    quality,
    report,
    sharing,
    speed,
    startup,
    tried,
)

BENCHMARKS = {
    "speed": speed,
    "quality": quality,
    "limit": limit,
    "compiled": compiled,
    "sharing": sharing,
    "growth": growth,
    "tried": tried,
    "startup": startup,
}

if __name__ == "__main__":
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.")
    for name in names:
        print(f"{name}: {BENCHMARKS[name].TITLE}", flush=True)
        rows = BENCHMARKS[name].measure()
        print(report.table(rows), flush=True)
        report.write(name, BENCHMARKS, rows)
