#!/usr/bin/env python3
"""Measures how the time of a decision grows and draws it.

usage: growth.py --program build/release/bench/growth/growth [--rounds N] [--output STEM] [--quick]
       growth.py --draw STEM.json

Writes STEM.json and STEM.csv with every point and STEM.svg with the curves. tools/bench-growth builds
the program and calls this.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
from typing import Any

from xml.sax.saxutils import escape

Point = dict[str, Any]

NODES = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000]
CLASSES = [10, 30, 100, 300, 1_000, 3_000, 10_000]
CLASS_NODES = 5_000
# What the curves over the nodes are of, and how they are called.
WORKLOADS = {
    "basic": "equal pods",
    "templates-50": "50 templates",
    "all-different": "all different",
    "spread-hard": "zone spread",
    "affinity-zone": "zone affinity",
    "unfit": "fits nowhere",
}
FIELDS = ["meanNanoseconds", "p50Nanoseconds", "p99Nanoseconds"]


class Failure(Exception):
    """Ends the program with one sentence."""


# ---- Measuring ----


def one_point(program: pathlib.Path, arguments: list[Any]) -> Point:
    command = [str(word) for word in [program, *arguments]]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def median_point(program: pathlib.Path, arguments: list[Any], rounds: int) -> Point:
    points = [one_point(program, arguments) for _ in range(rounds)]
    point = dict(points[0])
    for field in FIELDS:
        point[field] = round(statistics.median(p[field] for p in points))
    return point


def node_points(program: pathlib.Path, rounds: int, quick: bool) -> list[Point]:
    points = []
    for workload in WORKLOADS:
        for nodes in NODES[:2] if quick else NODES:
            # At the smallest size a workload has as many pods as there are nodes.
            counts = ["--warm-up", 400, "--decisions", 500]
            print(f"== {workload}, {nodes:,} nodes", file=sys.stderr, flush=True)
            point = median_point(program, [workload, "--nodes", nodes, *counts], rounds)
            points.append({"over": "nodes", **point})
    return points


def class_points(program: pathlib.Path, rounds: int, quick: bool) -> list[Point]:
    points = []
    for classes in CLASSES[:2] if quick else CLASSES:
        print(f"== {classes:,} classes", file=sys.stderr, flush=True)
        # By then every class has been seen twice.
        counts = ["--warm-up", 20_000, "--decisions", 10_000]
        where = ["--nodes", CLASS_NODES, "--classes", classes]
        point = median_point(program, ["classes", *where, *counts], rounds)
        points.append({"over": "classes", **point})
    return points


# ---- Drawing ----

STYLE = """
text { font: 12px sans-serif; fill: #24292f }
.title { font-size: 14px; font-weight: bold }
.grid { stroke: #d0d7de; stroke-width: 1 }
.axis { stroke: #57606a; stroke-width: 1 }
.curve { fill: none; stroke-width: 2 }
.c0 { stroke: #0969da } .d0 { fill: #0969da }
.c1 { stroke: #1a7f37 } .d1 { fill: #1a7f37 }
.c2 { stroke: #bf3989 } .d2 { fill: #bf3989 }
.c3 { stroke: #bc4c00 } .d3 { fill: #bc4c00 }
.c4 { stroke: #8250df } .d4 { fill: #8250df }
.c5 { stroke: #9a6700 } .d5 { fill: #9a6700 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 }
.grid { stroke: #30363d } .axis { stroke: #8b949e }
.c0 { stroke: #58a6ff } .d0 { fill: #58a6ff }
.c1 { stroke: #3fb950 } .d1 { fill: #3fb950 }
.c2 { stroke: #f778ba } .d2 { fill: #f778ba }
.c3 { stroke: #ffa657 } .d3 { fill: #ffa657 }
.c4 { stroke: #bc8cff } .d4 { fill: #bc8cff }
.c5 { stroke: #e3b341 } .d5 { fill: #e3b341 }
}
"""

WIDTH, HEIGHT = 900, 420
TOP, BOTTOM = 50, 360


def short(number: float) -> str:
    """1000 as 1k, for axes."""
    for limit, suffix in [(1e6, "M"), (1e3, "k")]:
        if number >= limit:
            return f"{number / limit:g}{suffix}"
    return f"{number:g}"


class Scale:
    """Logarithms of one axis as positions in the picture."""

    def __init__(self, values: list[float], begin: float, end: float):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.begin, self.end = begin, end

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def ticks(self) -> list[float]:
        return [10.0**k for k in range(self.low, self.high + 1)]


def line(css: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{css}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def text(x: float, y: float, words: str, anchor: str = "start", css: str = "", more: str = "") -> str:
    style = f' class="{css}"' if css else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}{more}>{escape(words)}</text>'


class Panel:
    """One diagram: curves of microseconds over something."""

    def __init__(self, title: str, label: str, left: float, right: float):
        self.title, self.label = title, label
        self.left, self.right = left, right
        self.curves: list[tuple[str, list[tuple[float, float]]]] = []

    def add(self, name: str, points: list[tuple[float, float]]) -> None:
        self.curves.append((name, sorted(points)))

    def draw(self, y: Scale) -> list[str]:
        x = Scale([p[0] for _, c in self.curves for p in c], self.left, self.right)
        out = [text(self.left, 24, self.title, css="title")]
        for tick in x.ticks():
            out.append(line("grid", x(tick), TOP, x(tick), BOTTOM))
            out.append(text(x(tick), BOTTOM + 18, short(tick), "middle"))
        for tick in y.ticks():
            out.append(line("grid", self.left, y(tick), self.right, y(tick)))
            out.append(text(self.left - 6, y(tick) + 4, short(tick), "end"))
        out.append(line("axis", self.left, BOTTOM, self.right, BOTTOM))
        out.append(line("axis", self.left, TOP, self.left, BOTTOM))
        out.append(text((self.left + self.right) / 2, BOTTOM + 40, self.label, "middle"))
        return out + self.draw_curves(x, y)

    def draw_curves(self, x: Scale, y: Scale) -> list[str]:
        out = []
        for number, (name, points) in enumerate(self.curves):
            places = [(x(a), y(b)) for a, b in points]
            path = " ".join(f"{a:.1f},{b:.1f}" for a, b in places)
            out.append(f'<polyline class="curve c{number % 6}" points="{path}"/>')
            out += [
                f'<circle class="d{number % 6}" cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in places
            ]
        return out + self.draw_names(y)

    def draw_names(self, y: Scale) -> list[str]:
        """Beside the ends of the curves, moved apart where they would touch."""
        ends = sorted((y(c[-1][1]), n) for n, (_, c) in enumerate(self.curves))
        out, last = [], 0.0
        for height, number in ends:
            last = max(height, last + 14)
            out.append(
                f'<circle class="d{number % 6}" cx="{self.right + 10:.1f}" cy="{last:.1f}" r="3"/>'
            )
            out.append(text(self.right + 17, last + 4, self.curves[number][0]))
        return out


def draw(points: list[Point]) -> str:
    """A whole SVG; colours follow the reader's light or dark theme."""

    def curve(over: str, workload: str, field: str) -> list[tuple[float, float]]:
        chosen = [p for p in points if p["over"] == over and p["workload"] == workload]
        return [(p[over], p[field] / 1e3) for p in chosen]

    by_nodes = Panel("Time a decision, over the nodes", "nodes", 60, 400)
    for workload, name in WORKLOADS.items():
        if values := curve("nodes", workload, "p50Nanoseconds"):
            by_nodes.add(name, values)
    by_classes = Panel(
        f"Over the classes of pods, {CLASS_NODES:,} nodes", "pod classes", 580, 820
    )
    for field, name in [("p50Nanoseconds", "median"), ("p99Nanoseconds", "99 %")]:
        if values := curve("classes", "classes", field):
            by_classes.add(name, values)
    panels = [panel for panel in (by_nodes, by_classes) if panel.curves]
    values = [p[1] for panel in panels for _, c in panel.curves for p in c]
    y = Scale(values, BOTTOM, TOP)
    middle = (TOP + BOTTOM) / 2
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">']
    parts.append("<title>Time a decision over nodes and over pod classes, both axes logarithmic</title>")
    parts.append(f"<style>{STYLE}</style>")
    turned = f' transform="rotate(-90 16 {middle})"'
    parts.append(text(16, middle, "microseconds", "middle", more=turned))
    for panel in panels:
        parts += panel.draw(y)
    return "\n".join(parts + ["</svg>"]) + "\n"


# ---- Files ----


def write(stem: pathlib.Path, document: dict[str, Any]) -> None:
    points = document["points"]
    stem.with_suffix(".json").write_text(json.dumps(document, indent=2) + "\n")
    columns = ["over", "workload", "nodes", "classes", *FIELDS]
    with open(stem.with_suffix(".csv"), "w", newline="") as f:
        writer = csv.DictWriter(f, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(points)
    stem.with_suffix(".svg").write_text(draw(points))


def machine() -> dict[str, Any]:
    model = ""
    with open("/proc/cpuinfo") as f:
        model = next((l.split(":", 1)[1].strip() for l in f if l.startswith("model name")), "")
    return {"processor": model, "cores": os.cpu_count(), "loadAverageAtStart": os.getloadavg()[0]}


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench-growth", allow_abbrev=False)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("docs/growth"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--draw", type=pathlib.Path)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if not options.program and not options.draw:
        parser.error("--program or --draw is needed")
    return options


def main() -> int:
    options = read_options()
    if options.draw:
        points = json.loads(options.draw.read_text())["points"]
        options.draw.with_suffix(".svg").write_text(draw(points))
        return 0
    about = {"schemaVersion": 1, "machine": machine(), "rounds": options.rounds}
    points = node_points(options.program, options.rounds, options.quick)
    points += class_points(options.program, options.rounds, options.quick)
    write(options.output, {**about, "points": points})
    names = ", ".join(str(options.output.with_suffix(s)) for s in (".json", ".csv", ".svg"))
    print(f"Written: {names}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, OSError, KeyError, ValueError) as failure:
        print(f"tools/bench-growth: {failure}", file=sys.stderr)
        sys.exit(1)
