#!/usr/bin/env python3
"""Puts the results of the last `./dev bench` into docs/, each part's where there are any:

build/bench/heap.json    the table of benchmarks.md, and benchmarks.svg: how many times Cairn's time Wine's heap takes
build/bench/malloc.json  the table of benchmarks-malloc.md, and benchmarks-malloc.svg: how many times Cairn's time and memory other mallocs take
"""
import json
import math
import re
import sys
from html import escape

from heap import ROWS, WINE
from malloc import CAIRN
from measure import BUILD, ROOT, number, say

ROW_HEIGHT, TOP, BOTTOM = 22, 46, 34
BETTER, WORSE = "#2a7f8e", "#c9643b"
COLOURS = ["#444444", "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#e3a008", "#17becf", "#8c564b"]


def text(x, y, content, anchor="start", size=12, colour="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">'
            f'{escape(content)}</text>')


def dot(x, y, colour):
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" fill-opacity="0.8"/>'


def image(width, height, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">'
                      '<rect width="100%" height="100%" fill="white"/>', *parts, "</svg>"]) + "\n"


class Axis:
    """A logarithmic axis for ratios, from `left` on, with marks at powers of `base`."""

    def __init__(self, ratios, left, width, base):
        self.base, self.left, self.width = base, left, width
        self.low = math.floor(min(0.0, math.log(min(ratios), base)))
        self.high = max(math.ceil(math.log(max(ratios), base)), self.low + 1)

    def x(self, ratio):
        return self.left + self.width * (math.log(ratio, self.base) - self.low) / (self.high - self.low)

    def draw(self, bottom):
        for power in range(self.low, self.high + 1):
            x = self.x(self.base ** power)
            yield (f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}" '
                   f'stroke="{"#444" if power == 0 else "#ddd"}"/>')
            yield text(x, bottom + 16, f"{self.base ** power:g}", "middle")


def draw_bars(ratios, title):
    """A bar for each row, from 1 to its ratio, and a mark at what is wanted."""
    rows = [(what, ratios[name], wanted) for name, what, wanted in ROWS if name in ratios]
    axis = Axis([ratio for _, ratio, _ in rows], 330, 420, 10)
    bottom = TOP + ROW_HEIGHT * len(rows)
    parts = [text(12, 22, title, size=15), *axis.draw(bottom)]
    for index, (what, ratio, wanted) in enumerate(rows):
        y = TOP + index * ROW_HEIGHT
        start, end = sorted((axis.x(1), axis.x(ratio)))
        parts.append(text(axis.left - 8, y + 13, what, "end"))
        parts.append(f'<rect x="{start:.1f}" y="{y + 3}" width="{max(end - start, 1):.1f}" height="{ROW_HEIGHT - 8}" '
                     f'fill="{BETTER if ratio >= 1 else WORSE}"/>')
        if wanted:
            parts.append(f'<rect x="{axis.x(wanted) - 1:.1f}" y="{y}" width="2" height="{ROW_HEIGHT - 2}" fill="#111"/>')
        parts.append(text(max(end, axis.x(wanted or 1)) + 6, y + 13, number(ratio)))
    return image(820, bottom + BOTTOM, parts)


def mean_rows(means):
    """The geometric means as rows: a group's name, and each contestant's."""
    groups = list(next(iter(means.values())))
    return [(f"geometric mean, {group}", {name: values[group] for name, values in means.items() if group in values})
            for group in groups]


def draw_panel(axis, rows, title, colours):
    yield text(axis.left, TOP - 12, title)
    yield from axis.draw(TOP + ROW_HEIGHT * len(rows))
    for index, (_, ratios) in enumerate(rows):
        for name, ratio in ratios.items():
            yield dot(axis.x(ratio), TOP + index * ROW_HEIGHT + 9, colours[name])


def draw_dots(results):
    """A line for each row with a dot for each contestant, on one panel for time and one for memory."""
    names = list(results["ratios"]["cpu"])
    colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)}
    parts = [text(12, 18, f"Other mallocs' use divided by {results['base']}'s; right of 1 {results['base']} is better",
                  size=15)]
    for index, name in enumerate(names):
        parts += [dot(630 + 110 * (index % 4), 10 + 14 * (index // 4), colours[name]),
                  text(638 + 110 * (index % 4), 14 + 14 * (index // 4), name)]
    for left, figure, title in ((250, "cpu", "CPU time"), (690, "memory", "peak of resident memory")):
        rows = mean_rows(results["geometric_means"][figure])
        rows += [(row["what"], {name: ratios[row["name"]] for name, ratios in results["ratios"][figure].items()
                                if row["name"] in ratios}) for row in results["rows"]]
        axis = Axis([ratio for _, ratios in rows for ratio in ratios.values()], left, 390, 2)
        parts += draw_panel(axis, rows, title, colours)
    parts += [text(242, TOP + index * ROW_HEIGHT + 13, what, "end") for index, (what, _) in enumerate(rows)]
    return image(1100, TOP + ROW_HEIGHT * len(rows) + BOTTOM, parts)


def read_results(part):
    path = BUILD / f"{part}.json"
    return json.loads(path.read_text()) if path.exists() else None


def replace_table(page, table):
    """The page with the text between its markers replaced."""
    block = f"<!-- results -->\n```text\n{table}\n```\n<!-- end of results -->"
    page.write_text(re.sub(r"(?s)<!-- results -->.*<!-- end of results -->", lambda _: block, page.read_text()))


def publish_heap(results):
    wine = results["machine"]["wine"].split()[0]
    title = f"Time of Wine's heap ({wine}) divided by Cairn's; black mark: what is wanted"
    (ROOT / "docs" / "benchmarks.svg").write_text(draw_bars(results["ratios"][WINE], title))
    replace_table(ROOT / "docs" / "benchmarks.md", results["table"])
    say("docs/benchmarks.md, docs/benchmarks.svg")


def publish_malloc(results):
    (ROOT / "docs" / "benchmarks-malloc.svg").write_text(draw_dots(results))
    replace_table(ROOT / "docs" / "benchmarks-malloc.md", results["table"])
    say("docs/benchmarks-malloc.md, docs/benchmarks-malloc.svg")


def main():
    heap, malloc = read_results("heap"), read_results("malloc")
    has_wine = heap and WINE in heap["ratios"]
    has_malloc = malloc and malloc["base"] == CAIRN
    if has_wine:
        publish_heap(heap)
    if has_malloc:
        publish_malloc(malloc)
    if not (has_wine or has_malloc):
        sys.exit("there is nothing to show: the last ./dev bench was without Wine and without Cairn's malloc")


if __name__ == "__main__":
    main()
