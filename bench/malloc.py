#!/usr/bin/env python3
"""The malloc part of `./dev bench`: Cairn's malloc beside glibc's, Debian's mimalloc, jemalloc and tcmalloc, and whatever
else CAIRN_BENCH_PEERS names ("name=path.so ..."), each preloaded into the same programs: build/bench/malloc with its
workloads of fixed work, and real programs.

A round runs each row with each contestant, one right after the other, each in a fresh process. A ratio is taken between
such neighbours, and its median over the rounds is printed; from 15 rounds on a sign test says which are decided. The
time is CPU time, user and system: other work on the machine does not count. Wall-clock time is in the results too.

Results go to build/bench/malloc.json; bench/publish.py puts them into docs/.
"""
import argparse
import math
import os
import statistics
import subprocess
import sys
from pathlib import Path

from measure import (BUILD, ROOT, count_instructions, describe_machine, geometric_mean, have_valgrind, machine_text,
                     number, rotated, run, say, write_results)
from programs import PROGRAMS, launch, prepare

CAIRN, GLIBC = "cairn", "glibc"
SYSTEM = Path("/usr/lib/x86_64-linux-gnu")
LIBRARIES = {
    CAIRN: ROOT / "build" / "libcairn_malloc.so",
    GLIBC: Path(run(["gcc", "-print-file-name=libc.so.6"]).stdout.strip()),
    "mimalloc": SYSTEM / "libmimalloc.so.2",
    "jemalloc": SYSTEM / "libjemalloc.so.2",
    "tcmalloc": SYSTEM / "libtcmalloc_minimal.so.4",
}
DECIDING_ROUNDS = 15
QUICK_ROUNDS = 3
ONE, MANY, REAL = "one thread", "threads", "programs"

WORKLOADS = [
    ("pair_64", "pairs of 64 bytes"),
    ("pair_mixed", "pairs of 16..1023 bytes"),
    ("queue", "queue of 1024 blocks, 16..1023"),
    ("batch_64", "10,000 at a time, 64 bytes"),
    ("batch_mixed", "10,000 at a time, 16..1023"),
    ("churn_small", "churn, 300,000 live, 16..1023"),
    ("churn_mixed", "churn, 10,000 live, 16..64 KiB"),
    ("buffers", "buffers of 64 KiB..4 MiB, written"),
    ("realloc_vectors", "realloc by half, to 128 KiB"),
    ("realloc_huge", "realloc by half, to 16 MiB"),
    ("realloc_strings", "realloc, strings appended to"),
    ("calloc_small", "calloc, 16..1023"),
    ("calloc_buffers", "calloc, 64 KiB..4 MiB"),
    ("aligned", "posix_memalign, 64 and 4096"),
    ("trees", "trees of objects"),
    ("strings", "words of a text in a table"),
    ("private_heap", "a heap per request"),
    ("burst", "burst of blocks, the first stay"),
    ("burst_scattered", "burst of blocks, every 100th stays"),
    ("startup", "start-up of 200 processes"),
]
THREADED = [
    ("alone", "each churns alone"),
    ("server_slots", "slots shared, as in a server"),
    ("producer_consumer", "producers and consumers"),
    ("thread_storm", "5,000 short threads"),
]
THREADS = (2, 4, 8)
# Rows whose memory is what the process still has at the end, not its peak.
KEPT_MEMORY = {"burst", "burst_scattered"}

# How many pairs a count of instructions is of. Twice as many are counted too: the difference is theirs alone.
COUNTED_PAIRS = 20000


def short_path(path):
    """What a library really is, from the project's folder if it is in there."""
    real = path.resolve()
    return str(real.relative_to(ROOT)) if real.is_relative_to(ROOT) else str(real)


def run_workload(arguments):
    """How a row of build/bench/malloc is run: it measures itself, so that its start is not in it."""
    def sample(library):
        output, sample = launch(library, [str(BUILD / "malloc"), *arguments])
        wall, cpu, resident = output.split()
        memory = int(resident) if arguments[0] in KEPT_MEMORY else sample["memory"]
        return {"cpu": float(cpu), "wall": float(wall), "memory": memory}
    return sample


def all_rows():
    """Group, name, what it is, and how it is run, of every row that this machine can run."""
    rows = [(ONE, name, what, run_workload([name])) for name, what in WORKLOADS]
    for name, what in THREADED:
        rows += [(MANY, f"{name}_{count}", f"{what}, {count} threads", run_workload([name, str(count)]))
                 for count in THREADS]
    for name, what, sample, is_there in PROGRAMS:
        if is_there():
            rows.append((REAL, name, what, sample))
        else:
            say(f"{name} is not installed: its row is left out")
    return rows


def is_usable(name, path):
    """Whether a library is there and its malloc is the one that a program gets; else a line says why not."""
    if not path.exists():
        say(f"{path} is not there: no column for {name}")
        return False
    done = subprocess.run([str(BUILD / "malloc"), "--whose"], env={**os.environ, "LD_PRELOAD": str(path)},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if Path(done.stdout.strip()).resolve() != path.resolve():
        say(f"{path} does not work as a preloaded malloc: no column for {name}. {done.stderr.strip()}".rstrip())
        return False
    return True


def contestants():
    """Names and libraries, the one that the others are compared with first."""
    libraries = dict(LIBRARIES)
    for peer in os.environ.get("CAIRN_BENCH_PEERS", "").split():
        name, separator, path = peer.partition("=")
        if not (separator and name and path):
            sys.exit(f"dev bench malloc: CAIRN_BENCH_PEERS holds name=path.so, not '{peer}'")
        libraries[name] = Path(path).absolute()
    return {name: path for name, path in libraries.items() if is_usable(name, path)}


def measure_round(rows, libraries, turn):
    """Every row once with every contestant, in an order that rotates; without those that failed."""
    results = {name: {} for name in libraries}
    for index, (_, row, _, sample) in enumerate(rows):
        for name in rotated(list(libraries), turn + index):
            try:
                results[name][row] = sample(libraries[name])
            except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as error:
                say(f"{row} fails with {name}: {error}")
    return results


def ratios(rounds, base, name, row, figure):
    """How many times the base's figure the other's is, per round in which both have one."""
    return sorted(each[name][row][figure] / max(each[base][row][figure], 1e-6) for each in rounds
                  if row in each[name] and row in each[base])


def is_decided(values):
    """A sign test: whether so many of the ratios on one side of 1 would be chance in less than a case in twenty."""
    count = len(values)
    fewer = min(sum(value > 1 for value in values), sum(value < 1 for value in values))
    return 2 * sum(math.comb(count, k) for k in range(fewer + 1)) < 0.05 * 2 ** count


def cell(values):
    """A median as text; `?` says that enough rounds were run and do not agree."""
    if not values:
        return "fails "
    mark = "?" if len(values) >= DECIDING_ROUNDS and not is_decided(values) else " "
    return number(statistics.median(values)) + mark


def means(rounds, rows, base, name, figure):
    """The geometric mean of a contestant's ratios, for each group and for all rows that it finished."""
    groups = {group: [] for group in dict.fromkeys(row[0] for row in rows)}
    for group, row, _, _ in rows:
        values = ratios(rounds, base, name, row, figure)
        if values:
            groups[group].append(statistics.median(values))
    groups["all"] = [value for values in groups.values() for value in values]
    return {group: geometric_mean(values) for group, values in groups.items() if values}


def own_text(rounds, base, row, figure):
    values = [each[base][row][figure] for each in rounds if row in each[base]]
    if not values:
        return "fails"
    if figure == "memory":
        return f"{number(statistics.median(values) / 2 ** 20)} MiB"
    return f"{number(statistics.median(values) * 1000)} ms"


def make_table(rounds, rows, figure, title):
    """A figure of every row, as ratios to the first contestant, and the geometric means below."""
    base, *others = rounds[0]
    lines = [f"{title}, in times what {base} takes", f"{'':<42}" + "".join(f"{name:>11} " for name in others) +
             f"{base + ' itself':>15}"]
    lines.append("-" * len(lines[1]))
    for _, row, what, _ in rows:
        cells = "".join(f"{cell(ratios(rounds, base, name, row, figure)):>12}" for name in others)
        lines.append(f"{what:<42}{cells}{own_text(rounds, base, row, figure):>15}")
    lines.append("")
    own_means = {name: means(rounds, rows, base, name, figure) for name in others}
    for group in [*dict.fromkeys(row[0] for row in rows), "all"]:
        cells = "".join(f"{number(own_means[name][group]) if group in own_means[name] else '':>11} " for name in others)
        lines.append(f"{'geometric mean, ' + group:<42}{cells}".rstrip())
    return "\n".join(lines)


def make_tables(rounds, rows):
    tables = [make_table(rounds, rows, "cpu", "CPU time"), make_table(rounds, rows, "memory", "Peak of resident memory")]
    count = len(rounds)
    notes = f"Medians of {count} rounds. "
    if count >= DECIDING_ROUNDS:
        notes += "?: the rounds do not agree on which is better (sign test, 5 %)."
    else:
        notes += f"A claim wants {DECIDING_ROUNDS}."
    tables.append(f"{notes}\nMemory of the bursts: what is still resident a second later.")
    return "\n\n".join(tables)


def pair_instructions(library, kind):
    """Instructions of one pair, loop included; None when it cannot be counted."""
    environment = {**os.environ, "LD_PRELOAD": str(library)}
    counts = [count_instructions([str(BUILD / "malloc"), "--count", kind, str(times * COUNTED_PAIRS)],
                                 env=environment)[0] for times in (1, 2)]
    return (counts[1] - counts[0]) / COUNTED_PAIRS if None not in counts else None


def count_all_instructions(libraries):
    """What a pair of 64 bytes costs, the loop taken off, and what the loop costs."""
    heap_library = ROOT / "build" / "libcairn.so"
    loop = pair_instructions(libraries[GLIBC], "loop")
    counts = {f"malloc, free: {name}": pair_instructions(path, "malloc") for name, path in libraries.items()}
    counts["HeapAlloc, HeapFree: default heap"] = pair_instructions(heap_library, "default_heap")
    counts["HeapAlloc, HeapFree: private heap"] = pair_instructions(heap_library, "private_heap")
    counts = {what: count - loop if count is not None else None for what, count in counts.items()}
    return {**counts, "the loop, taken off above": loop}


def instruction_lines(counts):
    lines = ["instructions of a pair of 64 bytes"]
    for what, count in counts.items():
        text = "does not run under valgrind" if count is None else f"{count:.1f}"
        lines.append(f"{what:<42}{text:>11}")
    return "\n".join(lines)


def parse_arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench malloc", description="Cairn's malloc beside other mallocs, as ratios.",
        epilog="CAIRN_BENCH_PEERS=\"name=path.so ...\" adds contestants.")
    parser.add_argument("--rounds", type=int, default=DECIDING_ROUNDS, help=f"how often each runs ({DECIDING_ROUNDS})")
    parser.add_argument("--quick", action="store_true", help="three rounds")
    parser.add_argument("--only", nargs="+", metavar="ROW", help="only these rows or groups; see --list")
    parser.add_argument("--list", action="store_true", help="the names of rows and groups")
    parser.add_argument("--instructions", action="store_true", help="count instructions with valgrind, nothing else")
    parser.add_argument("--json", type=Path, default=BUILD / "malloc.json", help="where the results go")
    return parser.parse_args()


def choose(rows, only):
    groups = {group: group.replace(" ", "-") for group, _, _, _ in rows}
    unknown = [name for name in only or [] if name not in {row[1] for row in rows} | set(groups.values())]
    if unknown:
        sys.exit(f"dev bench malloc: no such row: {' '.join(unknown)}; ./dev bench malloc --list names them")
    return [row for row in rows if not only or row[1] in only or groups[row[0]] in only]


def list_rows(rows):
    for group, name, what, _ in rows:
        print(f"{group.replace(' ', '-'):<12}{name:<22}{what}")


def all_results(machine, libraries, rounds, rows, tables, instructions):
    base, *others = rounds[0]
    figures = ("cpu", "wall", "memory")
    return {
        "machine": machine,
        "base": base,
        "libraries": {name: short_path(path) for name, path in libraries.items()},
        "rows": [{"group": group, "name": name, "what": what} for group, name, what, _ in rows],
        "table": tables,
        "ratios": {figure: {name: {row: statistics.median(values) for _, row, _, _ in rows
                                   if (values := ratios(rounds, base, name, row, figure))} for name in others}
                   for figure in figures},
        "geometric_means": {figure: {name: means(rounds, rows, base, name, figure) for name in others}
                            for figure in figures},
        "instructions": instructions,
        "rounds": rounds,
    }


def main():
    arguments = parse_arguments()
    rows = choose(all_rows(), arguments.only)
    if arguments.list:
        list_rows(rows)
        return
    libraries = contestants()
    if arguments.instructions:
        if have_valgrind():
            print(instruction_lines(count_all_instructions(libraries)))
        return
    machine = describe_machine()
    heading = machine_text(machine) + "".join(f"\n{name}: {short_path(path)}" for name, path in libraries.items())
    print(heading + "\n", flush=True)
    prepare()
    count = QUICK_ROUNDS if arguments.quick else max(arguments.rounds, 1)
    rounds = []
    for index in range(count):
        say(f"round {index + 1} of {count}")
        rounds.append(measure_round(rows, libraries, index))
    tables = make_tables(rounds, rows)
    print(tables)
    instructions = {}
    if not arguments.only and have_valgrind():
        instructions = count_all_instructions(libraries)
        print("\n" + instruction_lines(instructions))
    write_results(arguments.json, all_results(machine, libraries, rounds, rows, f"{heading}\n\n{tables}", instructions))


if __name__ == "__main__":
    main()
