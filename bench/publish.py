#!/usr/bin/env python3
"""Puts the results of the last `./dev bench` (build/bench/heap.json) into docs/: the table of benchmarks.md, and
benchmarks.svg, a chart of how many times Cairn's time Wine's heap takes.
"""
import json
import math
import re
import sys
from html import escape

from heap import ROWS, WINE
from measure import BUILD, ROOT, number

LABEL_WIDTH, CHART_WIDTH, ROW_HEIGHT, TOP, BOTTOM = 330, 420, 22, 46, 34
WIDTH = LABEL_WIDTH + CHART_WIDTH + 70


def text(x, y, content, anchor="start", size=12, colour="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">'
            f'{escape(content)}</text>')


def line(x, bottom, colour):
    return f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}"/>'


def scale(ratios):
    """The chart's x for a ratio, on a logarithmic axis, and the decades to mark on it."""
    low = math.floor(min(0.0, math.log10(min(ratios))))
    high = math.ceil(math.log10(max(ratios)))
    decades = [10.0 ** power for power in range(low, high + 1)]
    return lambda ratio: LABEL_WIDTH + CHART_WIDTH * (math.log10(ratio) - low) / (high - low), decades


def draw(ratios, title):
    rows = [(what, ratios[name], wanted) for name, what, wanted in ROWS if name in ratios]
    x_of, decades = scale([ratio for _, ratio, _ in rows])
    bottom = TOP + ROW_HEIGHT * len(rows)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + BOTTOM}" '
             f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>', text(12, 22, title, size=15)]
    for decade in decades:
        parts.append(line(x_of(decade), bottom, "#444" if decade == 1 else "#ddd"))
        parts.append(text(x_of(decade), bottom + 16, f"{decade:g}", "middle"))
    for index, (what, ratio, wanted) in enumerate(rows):
        y = TOP + index * ROW_HEIGHT
        start, end = sorted((x_of(1), x_of(ratio)))
        parts.append(text(LABEL_WIDTH - 8, y + 13, what, "end"))
        parts.append(f'<rect x="{start:.1f}" y="{y + 3}" width="{max(end - start, 1):.1f}" height="{ROW_HEIGHT - 8}" '
                     f'fill="{"#2a7f8e" if ratio >= 1 else "#c9643b"}"/>')
        if wanted:
            parts.append(f'<rect x="{x_of(wanted) - 1:.1f}" y="{y}" width="2" height="{ROW_HEIGHT - 2}" fill="#111"/>')
        parts.append(text(max(end, x_of(wanted or 1)) + 6, y + 13, number(ratio)))
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def replace_table(page, table):
    """The page with the text between its markers replaced."""
    block = f"<!-- results -->\n```text\n{table}\n```\n<!-- end of results -->"
    return re.sub(r"(?s)<!-- results -->.*<!-- end of results -->", lambda _: block, page)


def main():
    results = json.loads((BUILD / "heap.json").read_text())
    ratios = results["ratios"].get(WINE)
    if not ratios:
        sys.exit("the last run of ./dev bench was without Wine: there is nothing to show")
    wine = results["machine"]["wine"].split()[0]
    title = f"Time of Wine's heap ({wine}) divided by Cairn's; black mark: what is wanted"
    (ROOT / "docs" / "benchmarks.svg").write_text(draw(ratios, title))
    page = ROOT / "docs" / "benchmarks.md"
    page.write_text(replace_table(page.read_text(), results["table"]))


if __name__ == "__main__":
    main()
