"""What both parts of `./dev bench` share: where things are, running programs, medians and ratios, numbers as text, the
machine, and instructions counted with callgrind.
"""
import json
import math
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"


def say(text):
    print(f"== {text}", file=sys.stderr)


def run(command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, **options)


def rotated(names, turn):
    """The names, beginning with another one each turn."""
    first = turn % len(names)
    return names[first:] + names[:first]


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(value) for value in values))


def number(value):
    """Three significant digits, or two of a small one."""
    for limit, form in ((99.95, ",.0f"), (9.995, ".1f"), (0.0995, ".2f")):
        if value >= limit:
            return format(value, form)
    return f"{value:.2g}"


def spread(values):
    """The median of sorted values, and their quartiles, as text."""
    if not values:
        return "", ""
    low, high = values[len(values) // 4], values[(3 * len(values)) // 4]
    return number(statistics.median(values)), f"{number(low)}-{number(high)}"


def first_line(command):
    try:
        return run(command, stderr=subprocess.DEVNULL).stdout.splitlines()[0].strip()
    except (OSError, subprocess.CalledProcessError, IndexError):
        return "unknown"


def describe_machine():
    info = Path("/proc/cpuinfo").read_text(errors="replace") if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*:\s*(.*)", info)
    return {
        "cpu": model.group(1) if model else platform.machine(),
        "cpus": os.cpu_count(),
        "kernel": ".".join(platform.release().split(".")[:2]),
        "compiler": first_line(["gcc", "--version"]),
        "libc": " ".join(platform.libc_ver()),
        "load": os.getloadavg()[0],
    }


def machine_text(machine):
    """Two lines; `wine` is in the description only where Wine was measured."""
    parts = [machine["cpu"], f"{machine['cpus']} CPUs", f"Linux {machine['kernel']}", machine["libc"]]
    if "wine" in machine:
        parts.append(machine["wine"])
    return f"{', '.join(parts)}\n{machine['compiler']}; load {machine['load']:.1f} at the start"


def have_valgrind():
    if not shutil.which("valgrind"):
        print("Instructions are counted with valgrind, which is not installed (Debian's package: valgrind).")
        return False
    return True


def count_instructions(command, **options):
    """Instructions of a whole process, and what it prints; None when it does not run under valgrind."""
    output = f"--callgrind-out-file={BUILD / 'callgrind.out'}"
    done = subprocess.run(["valgrind", "--tool=callgrind", output, *command],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, **options)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not collected:
        return None, ""
    return int(collected.group(1)), done.stdout


def write_results(path, results):
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"\nAll numbers: {os.path.relpath(path)}")
