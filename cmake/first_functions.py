#!/usr/bin/env python3
"""Writes first_functions.ld: the functions of the library that nearly every program runs, which lie in one piece.

    cmake/first_functions.py build/bench/malloc build/libcairn_malloc.so

They are those that the runs below call under callgrind (package valgrind), in their order: what a program that does nothing
calls comes first. For this the library must have been linked with no more than .rodata.first in first_functions.ld, for
callgrind does not know the names of functions outside .text.
"""

import os
import re
import subprocess
import sys
import tempfile

RUNS = ["true", "sh -c :", "ls /"] + [
    "{benchmark} " + row for row in ("pair_64", "queue", "churn_mixed", "trees", "realloc_strings", "calloc_small", "alone 2")]
HEADER = """/* The functions that nearly every program runs, those that every one does in front: a process has those pages of the
 * library that it touches, with their neighbours. Written by first_functions.py; a name that is gone does no harm.
 *
 * For the same reason constants lie behind what the loader reads, and not in front of what only an unwinder does. */
SECTIONS
{
    .rodata.first :
    {
        *(.rodata .rodata.*)
    }
}
INSERT AFTER .rela.dyn;

SECTIONS
{
    .text.first :
    {
        *(.text.startup .text.startup.* .text.exit .text.exit.*)
"""


def functions_called(command, library):
    """Names of functions in libcairn.so that a command calls."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "calls")
        subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out, *command], check=True,
                       env={**os.environ, "LD_PRELOAD": library}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(out, encoding="utf-8") as file:
            lines = file.read().splitlines()
    names, objects, current, found = {}, {}, "", set()
    for line in lines:
        match = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?$", line)
        if not match:
            continue
        called, kind, number, name = match.groups()
        table = objects if kind == "ob" else names
        if name:
            table[number] = name
        if called:
            continue
        if kind == "ob":
            current = table[number]
        elif "libcairn.so" in current:
            # What the compiler made of a function has a suffix.
            found.add(re.split(r"[.'@]", table[number])[0])
    return found - {""}


def main(benchmark, library):
    with open(library, "rb") as file:
        if b".text.first" in file.read():
            sys.exit("first_functions.py: the library has .text.first; leave only .rodata.first in first_functions.ld, and build")
    library = os.path.realpath(library)
    names = []
    for run in RUNS:
        print(run, file=sys.stderr)
        called = functions_called(run.format(benchmark=benchmark).split(), library)
        names += sorted(called - set(names))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "first_functions.ld")
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(f"        *(.text.{name} .text.{name}.*)\n" for name in names)
        file.write("    }\n}\nINSERT BEFORE .text;\n")
    print(f"{len(names)} functions", file=sys.stderr)


if len(sys.argv) != 3:
    sys.exit(__doc__)
main(*sys.argv[1:])
