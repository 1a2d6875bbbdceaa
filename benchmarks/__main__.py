"""`python -m benchmarks [NAME ...]`: measures all, or the named ones, and writes RESULTS.md. `gpu` wants to be named."""

import sys

from . import (
    compiled,
    gpu,
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
    "gpu": gpu,
}

if __name__ == "__main__":
    names = sys.argv[1:] or [name for name in BENCHMARKS if name != "gpu"]
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}.")
    for name in names:
        print(f"{name}: {BENCHMARKS[name].TITLE}", flush=True)
        rows = BENCHMARKS[name].measure()
        print(report.table(rows), flush=True)
        if name != "gpu" or gpu.ON_GPU:
            report.write(name, BENCHMARKS, rows)
