#!/usr/bin/env python3
"""Makes docs/compatibility.md: each line of the specification, whether Cairn holds it, and the tests that say so.

usage: compatibility.py TEST-LOGS WINE-LOGS [--check | --missing]

The lines are in tests/spec/*.txt, one each:

    W3.4.1  what must hold | where it is known from
        differs: how and why Cairn does otherwise, which tests show as well
        not covered: why there is no test

Only one of the two remarks may follow a line. TEST-LOGS has the log of each test, WINE-LOGS those of the same tests on
Wine (CAIRN_SPEC_LOG, see tests/lib/check.h). A line that has neither a test nor a remark, a test of a line that does not
exist or is said not to be covered, and a line that fails are errors. --check writes nothing: docs/compatibility.md must
say what it would say, but for Wine's column, which is another version's on another system. --missing lists the lines without test or remark, and no more."""

import collections
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "docs" / "compatibility.md"
SPECIFICATIONS = [  # in the order of the document
    ("win32-heap", "The Win32 heap functions"),
    ("nt-heap", "The NT heap routines"),
    ("global-local-toolhelp-seh", "Global and Local memory, exceptions, intsafe and tchar"),
    ("types-and-constants", "Types and constants"),
]
LINE = re.compile(r"([A-Z][0-9.]+)  (\S.*)")
REMARK = re.compile(r"    (differs|not covered): (\S.*)")


class Line:
    def __init__(self, identifier, rule):
        self.identifier = identifier
        self.rule = rule
        self.remark = None  # (kind, text)
        self.tests = collections.defaultdict(set)  # of Cairn: test -> outcomes
        self.wine = set()  # outcomes on Wine


def stop(errors):
    sys.exit("\n".join(f"compatibility: {error}" for error in errors))


def read_lines(path):
    """Yields headings as strings and lines as Lines."""
    line = None
    for number, text in enumerate(path.read_text().splitlines(), 1):
        if text.startswith("## "):
            yield text[3:]
        elif match := LINE.fullmatch(text):
            line = Line(*match.groups())
            yield line
        elif (match := REMARK.fullmatch(text)) and line is not None and line.remark is None:
            line.remark = match.groups()
        elif text.strip() != "":
            stop([f"{path.name}:{number}: neither a heading, a line nor a remark on one"])


def read_logs(folder, suffix):
    """Yields (test, outcome, identifier). The same test of another build of the library is the same test."""
    for path in sorted(pathlib.Path(folder).glob("*" + suffix)):
        test = path.name[: -len(suffix)].replace("static.", "conformance.").replace("preload.", "malloc.")
        if test.startswith("pages"):  # once more on larger pages
            continue
        for record in path.read_text().splitlines():
            outcome, _, identifiers = record.partition(": ")
            for identifier in identifiers.split():
                yield test, outcome, identifier


def collect(lines, test_logs, wine_logs):
    """Puts what the logs say into the lines; returns what is wrong with it."""
    errors = []
    for test, outcome, identifier in read_logs(test_logs, ".log"):
        if identifier in lines:
            lines[identifier].tests[test].add(outcome)
        else:
            errors.append(f"{test} names {identifier}, which is no line")
    for _, outcome, identifier in read_logs(wine_logs, ".spec"):
        if identifier in lines:
            lines[identifier].wine.add(outcome)
    for line in lines.values():
        if any("fails" in outcomes for outcomes in line.tests.values()):
            errors.append(f"{line.identifier} fails")
        if line.remark is None and not line.tests:
            errors.append(f"{line.identifier} has neither a test nor a remark")
        if line.remark is not None and line.remark[0] == "not covered" and line.tests:
            errors.append(f"{line.identifier} is said not to be covered, but {', '.join(line.tests)} names it")
        if line.remark is not None and line.remark[0] == "differs" and not line.tests:
            errors.append(f"{line.identifier} is said to differ, but no test shows how")
    return errors


def cell(text):
    return text.replace("|", "\\|")


def wine_says(line):
    if "differs" in line.wine:
        return "differs"
    if "holds" in line.wine:
        return "holds"
    return "left out" if line.wine else ""


def status(line):
    return "holds" if line.remark is None else f"{line.remark[0]}: {line.remark[1]}"


def write_part(title, entries):
    yield f"\n## {title}\n"
    open_table = False
    heading = None
    for entry in entries:
        if isinstance(entry, str):
            heading, open_table = entry, False
            continue
        if not open_table:
            yield f"\n### {heading}\n\n| line | rule | Cairn | tests | Wine |\n|---|---|---|---|---|\n"
            open_table = True
        tests = ", ".join(sorted(entry.tests))
        yield f"| {entry.identifier} | {cell(entry.rule)} | {cell(status(entry))} | {tests} | {wine_says(entry)} |\n"


def write_totals(parts):
    yield "\n| | lines | hold | differ | not covered |\n|---|---|---|---|---|\n"
    for title, entries in parts:
        lines = [entry for entry in entries if isinstance(entry, Line)]
        kinds = collections.Counter(line.remark[0] if line.remark else "holds" for line in lines)
        yield f"| {title} | {len(lines)} | {kinds['holds']} | {kinds['differs']} | {kinds['not covered']} |\n"


def document(parts):
    yield (
        "# Compatibility, line by line\n\n"
        "Each line of the specification, whether Cairn holds it, the tests that say so, and what the same tests find on\n"
        "Wine 8.0 where they run there. Made by `./dev compatibility` from the outcomes of the tests; do not edit.\n"
        "`ptr` is the size of a pointer, `g` is 2*ptr, `A` is 0x8000*ptr. In brackets, where a rule is known from: doc,\n"
        "Microsoft's documentation; win, Windows as Wine's tests have it, where wine differs means that Wine 8.0 does not;\n"
        "win7, older Windows; wine, Wine 8.0; ros and ros-test, ReactOS and its tests; phnt, public headers of the NT\n"
        "routines; pages, articles; calc, computed from a declaration.\n"
    )
    yield from write_totals(parts)
    for title, entries in parts:
        yield from write_part(title, entries)


def without_wine(text):
    return re.sub(r"\| [^|\n]*\|$", "|", text, flags=re.MULTILINE)


def main():
    if len(sys.argv) not in (3, 4) or sys.argv[3:] not in ([], ["--check"], ["--missing"]):
        sys.exit(__doc__)
    parts = [(title, list(read_lines(HERE / f"{name}.txt"))) for name, title in SPECIFICATIONS]
    lines = {entry.identifier: entry for _, entries in parts for entry in entries if isinstance(entry, Line)}
    errors = collect(lines, sys.argv[1], sys.argv[2])
    if sys.argv[3:] == ["--missing"]:
        for line in lines.values():
            if line.remark is None and not line.tests:
                print(f"{line.identifier}  {line.rule}")
        return
    if errors:
        stop(errors)
    text = "".join(document(parts))
    if sys.argv[3:] == ["--check"]:
        if not DOCUMENT.exists() or without_wine(DOCUMENT.read_text()) != without_wine(text):
            stop(["docs/compatibility.md is not what the tests say; run ./dev compatibility"])
        return
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
