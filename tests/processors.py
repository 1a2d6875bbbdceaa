"""The tests as other processors would run them: `gan-edu test --processors`, or this file with what pytest is to be told.

PyTorch, oneDNN and MKL choose their code by the processor's flags, and can be told to use less. Each line below is a kind of
processor; a test that passes on one of them only compares what rounding decides.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

PROCESSORS = {
    "as it is": {},
    "SSE4": {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    "AVX2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    "AVX-512": {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE"},
    "AVX-512 with bf16": {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE_BF16"},
    "compatible": {"MKL_CBWR": "COMPATIBLE"},
    "two threads": {"GAN_EDU_TESTS_THREADS": "2"},
}


def main(options):
    """Runs the tests on each; prints a line for each and returns how many failed."""
    lines = []
    for name, variables in PROCESSORS.items():
        print(f"\n{name}: {' '.join(f'{key}={value}' for key, value in variables.items()) or 'nothing set'}", flush=True)
        started = time.perf_counter()
        alone = ["-n", "1"] * ("GAN_EDU_TESTS_THREADS" in variables)  # more threads than cores wait for one another
        command = [sys.executable, "-P", "-m", "gan_edu", "test", *alone, *options]
        process = subprocess.Popen(command, env=os.environ | variables, stdout=subprocess.PIPE, text=True)
        last = ""
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line if re.search(r"\d+ (passed|failed)", line) else last
        counts = ", ".join(re.findall(r"\d+ (?:passed|failed|skipped|errors?)", last))
        seconds = time.perf_counter() - started
        lines.append(
            f"{name:20}{counts or 'no tests ran':40}{seconds / 60:6.1f} min{'' if process.wait() == 0 else '   FAILED'}"
        )
    print("\n" + "\n".join(lines))
    return sum(line.endswith("FAILED") for line in lines)


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[1])
    sys.exit(main(sys.argv[1:]))
