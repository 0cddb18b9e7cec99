#!/usr/bin/env python3
"""The heap part of `./dev bench`: runs the contestants in turn and prints how they compare.

bench/heap.c is built three times: with libcairn.so, with the C library's malloc, and, where MinGW and Wine are there, as a
Windows program that uses Wine's heap. A round measures each row with each of them, one right after the other, because
the speed of a machine drifts; a ratio is taken between such neighbours, and its median over the rounds is printed.
Single times are context only.

Results go to build/bench/heap.json; bench/publish.py puts them into docs/.
"""
import argparse
import shutil
import statistics
import sys

from measure import (BUILD, ROOT, count_instructions, describe_machine, first_line, have_valgrind, machine_text, number,
                     rotated, run, say, spread, write_results)

CAIRN, WINE, GLIBC = "cairn", "wine", "glibc"

# name, what one operation is, how many times faster than Wine (smaller, for memory) it shall be; None: no promise
ROWS = [
    ("create_destroy", "HeapCreate, ten blocks of 16..256, HeapDestroy", 5.0),
    ("create_destroy_empty", "HeapCreate, HeapDestroy", None),
    ("destroy_10k", "HeapDestroy, 10,000 blocks of 64 bytes", None),
    ("destroy_100k", "HeapDestroy, 100,000 blocks of 64 bytes", None),
    ("destroy_1m", "HeapDestroy, 1,000,000 blocks of 64 bytes", None),
    ("destroy_66k_same_bytes", "HeapDestroy, the same bytes in 65,789 blocks", None),
    ("walk_10k", "HeapWalk, per entry of 10,000 blocks", 4.0),
    ("walk_100k", "HeapWalk, per entry of 100,000 blocks", 4.0),
    ("walk_1m", "HeapWalk, per entry of 1,000,000 blocks", 4.0),
    ("walk_100k_locked", "HeapWalk, per entry of 100,000, under HeapLock", 4.0),
    ("validate_10k", "HeapValidate, per block of 10,000", 1.0),
    ("validate_100k", "HeapValidate, per block of 100,000", 1.0),
    ("validate_1m", "HeapValidate, per block of 1,000,000", 1.0),
    ("pair_64", "HeapAlloc, HeapFree, 64 bytes", 2.0),
    ("batch_64", "HeapAlloc, HeapFree, 64 bytes, 1000 at a time", 2.0),
    ("batch_16_1024", "HeapAlloc, HeapFree, 16..1024, 1000 at a time", 2.0),
    ("pair_32k", "HeapAlloc, HeapFree, 32 KiB", 2.0),
    ("pair_512k", "HeapAlloc, HeapFree, 512 KiB", 2.0),
    ("pair_2m_touched", "HeapAlloc, HeapFree, 2 MiB, each page written", None),
    ("realloc_16_to_1m", "HeapReAlloc, 16 bytes doubled up to 1 MiB", None),
    ("size", "HeapSize", None),
    ("pair_64_no_serialize", "HeapAlloc, HeapFree, 64 bytes, no lock", 2.0),
    ("pair_64_after_thread", "HeapAlloc, HeapFree, 64 bytes, threads known", 2.0),
    ("two_threads_64", "HeapAlloc, HeapFree, 64 bytes, two threads", None),
]
MEMORY_ROWS = [
    ("resident_heap", "resident memory of a heap with ten blocks", None),
    ("resident_block_64", "resident memory of a 64-byte block", None),
]

RESIDENT_HEAP_LIMIT = 16 * 1024
LINEAR_LIMIT = 2.0
SEGMENTS_LIMIT = 1.5

# Rows whose instructions can be counted, and with how many iterations: what --count does not scale is set-up, and drops
# out of the difference of two counts.
INSTRUCTION_ROWS = {
    "create_destroy": 1000, "create_destroy_empty": 1000, "walk_10k": 3, "validate_100k": 1, "pair_64": 10000,
    "batch_64": 10, "batch_16_1024": 10, "pair_32k": 10000, "pair_512k": 1000, "size": 10000,
    "pair_64_no_serialize": 10000, "pair_64_after_thread": 10000,
}


def have_wine():
    return bool(shutil.which("wine") and shutil.which("x86_64-w64-mingw32-gcc"))


def contestants(use_wine):
    """The command line of each, in the order of the table's columns."""
    commands = {CAIRN: [str(BUILD / "heap")], GLIBC: [str(BUILD / "heap_libc")]}
    if use_wine:
        program = BUILD / "heap.exe"
        run(["x86_64-w64-mingw32-gcc", "-std=gnu11", "-O2", str(ROOT / "bench" / "heap.c"), "-o", str(program)])
        commands[WINE] = ["wine", str(program)]
    return commands


def measure(command, row):
    """A row's value, from a process of its own."""
    return float(run(command + [row], timeout=600).stdout.split()[1])


def measure_round(commands, known, turn, wanted):
    """Every row once with every contestant, one right after the other, in an order that rotates."""
    names = list(commands)
    results = {name: {} for name in names}
    for index, row in enumerate(known[CAIRN]):
        for name in rotated(names, turn + index):
            if row in known[name] and (not wanted or row in wanted):
                results[name][row] = measure(commands[name], row)
    return results


def medians(rounds, name):
    rows = rounds[0][name]
    return {row: statistics.median(each[name][row] for each in rounds) for row in rows}


def ratios(rounds, name, row):
    """How many times Cairn's value the other's is, per round; empty when it has no such row."""
    if name not in rounds[0] or row not in rounds[0][name] or row not in rounds[0][CAIRN]:
        return []
    return sorted(each[name][row] / each[CAIRN][row] for each in rounds)


def time_text(ns):
    for unit, size in (("ms", 1e6), ("us", 1e3)):
        if ns >= size:
            return f"{number(ns / size)} {unit}"
    return f"{number(ns)} ns"


def bytes_text(value):
    return f"{number(value / 1024)} KiB" if value >= 1024 else f"{number(value)} B"


def row_line(rounds, row, text):
    """The table's line for a row, and whether its promise is kept."""
    name, what, wanted = row
    against_wine = ratios(rounds, WINE, name)
    wine, wine_spread = spread(against_wine)
    glibc, _ = spread(ratios(rounds, GLIBC, name))
    kept = not (wanted and against_wine) or statistics.median(against_wine) >= wanted
    verdict = f"{wanted:g}  {'met' if kept else 'MISSED'}" if wanted and against_wine else ""
    own = text(medians(rounds, CAIRN)[name])
    return f"{what:<46}{wine:>8} {wine_spread:<12}{glibc:>8}  {own:>9}  {verdict}".rstrip(), kept


def check_line(what, value, limit, unit):
    kept = value <= limit
    return f"{what}: {number(value)}{unit}, at most {limit:g}{unit}: {'met' if kept else 'MISSED'}", kept


def check_lines(own):
    """The promises that are not ratios to Wine, as far as this run has measured them."""
    if "resident_heap" in own:
        yield check_line("a heap with ten blocks, resident", own["resident_heap"] / 1024, RESIDENT_HEAP_LIMIT / 1024,
                         " KiB")
    if {"walk_10k", "walk_1m"} <= own.keys():
        yield check_line("HeapWalk per entry, of 1,000,000 blocks to of 10,000", own["walk_1m"] / own["walk_10k"],
                         LINEAR_LIMIT, " times")
    if {"destroy_1m", "destroy_66k_same_bytes"} <= own.keys():
        yield check_line("HeapDestroy, 1,000,000 blocks to 65,789 with the same bytes",
                         own["destroy_1m"] / own["destroy_66k_same_bytes"], SEGMENTS_LIMIT, " times")


def make_table(rounds):
    """The whole table as text, and whether every promise is kept."""
    own = medians(rounds, CAIRN)
    lines = [f"{'':<46}{'times as much as Cairn takes':<30} {'Cairn':>8}  wanted",
             f"{'operation':<46}{'Wine':>8} {'(quartiles)':<12}{'glibc':>8}  {'itself':>9}  of Wine", "-" * 98]
    done = [row_line(rounds, row, time_text) for row in ROWS if row[0] in own]
    done += [row_line(rounds, row, bytes_text) for row in MEMORY_ROWS if row[0] in own]
    checks = list(check_lines(own))
    lines += [line for line, _ in done] + [""] + [line for line, _ in checks] + [
        "", "Above 1 Cairn is faster, or smaller. glibc has no heaps: where it has a column, each block is freed.",
        "\"no lock\": HEAP_NO_SERIALIZE. \"threads known\": the process has had a second thread. Medians of "
        f"{len(rounds)} rounds."]
    return "\n".join(lines), all(kept for _, kept in done + checks)


def instructions_of(command, row):
    """Instructions of one operation: the difference between two counts of it."""
    step = INSTRUCTION_ROWS[row]
    once, output = count_instructions(command + ["--count", str(step), row])
    thrice, _ = count_instructions(command + ["--count", str(3 * step), row])
    return (thrice - once) / (2 * step * int(output.split()[1]))


def print_instructions(commands, known, wanted):
    if not have_valgrind():
        return
    print(f"{'instructions of one operation':<46}{'Cairn':>10}{'glibc':>10}")
    texts = {name: what for name, what, _ in ROWS}
    for row in INSTRUCTION_ROWS:
        if not wanted or row in wanted:
            cells = [f"{instructions_of(commands[name], row):.1f}" if row in known[name] else ""
                     for name in (CAIRN, GLIBC)]
            print(f"{texts[row]:<46}{cells[0]:>10}{cells[1]:>10}", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(prog="./dev bench heap", description="Cairn beside Wine's heap and glibc, as ratios.")
    parser.add_argument("--rounds", type=int, default=7, help="how often each contestant runs (7)")
    parser.add_argument("--quick", action="store_true", help="three rounds")
    parser.add_argument("--instructions", action="store_true", help="count instructions with valgrind instead")
    parser.add_argument("--no-wine", action="store_true", help="leave Wine out")
    parser.add_argument("row", nargs="*", help=f"only these rows: {', '.join(row[0] for row in ROWS + MEMORY_ROWS)}")
    return parser.parse_args()


def all_results(machine, rounds, table, kept):
    others = [name for name in rounds[0] if name != CAIRN]
    return {
        "machine": machine,
        "targets_met": kept,
        "table": table,
        "ratios": {name: {row: statistics.median(ratios(rounds, name, row)) for row in rounds[0][CAIRN]
                          if ratios(rounds, name, row)} for name in others},
        "medians": {name: medians(rounds, name) for name in rounds[0]},
        "rounds": rounds,
    }


def main():
    arguments = parse_arguments()
    rows = {row[0] for row in ROWS + MEMORY_ROWS}
    unknown = [row for row in arguments.row if row not in rows]
    if unknown:
        sys.exit(f"dev bench heap: no such row: {' '.join(unknown)}; ./dev bench heap --help lists them")
    use_wine = have_wine() and not arguments.no_wine and not arguments.instructions
    commands = contestants(use_wine)
    known = {name: run(command + ["--list"]).stdout.split() for name, command in commands.items()}
    if arguments.instructions:
        print_instructions(commands, known, arguments.row)
        return
    machine = describe_machine()
    machine["wine"] = first_line(["wine", "--version"]) if shutil.which("wine") else "no Wine"
    print(machine_text(machine) + "\n", flush=True)
    if not use_wine:
        print("Wine or MinGW is missing, or was left out: there is no column for Wine's heap.")
    rounds = []
    count = 3 if arguments.quick else max(arguments.rounds, 1)
    for index in range(count):
        say(f"round {index + 1} of {count}")
        rounds.append(measure_round(commands, known, index, arguments.row))
    table, kept = make_table(rounds)
    print(table)
    write_results(BUILD / "heap.json", all_results(machine, rounds, f"{machine_text(machine)}\n\n{table}", kept))


if __name__ == "__main__":
    main()
