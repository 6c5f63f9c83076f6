#!/usr/bin/env python3
"""Writes the table of docs/metrics.md anew, from where the metrics are defined.

usage: tests/deploy/metric_table.py
"""

import os

from metric_sources import served_metrics
from tools import ROOT

DOCUMENT = os.path.join(ROOT, "docs", "metrics.md")
BEGIN = "| metric | kind | stability | labels | what it tells |\n| --- | --- | --- | --- | --- |\n"
OPTIONS = {"async_api_calls": "SchedulerAsyncAPICalls", "generic_workload": "GenericWorkload"}


def row(metric):
    words = metric.help.replace("|", "\\|")
    if metric.enabled:
        words += f" Not shown: it is about the feature gate `{OPTIONS[metric.enabled]}`."
    elif not metric.filled:
        words += " Never counted yet."
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {metric.stability or '–'} | {labels or '–'} | {words} |\n"


def table():
    return BEGIN + "".join(row(metric) for _, metric in sorted(served_metrics().items()))


def main():
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    before, after = text.split(BEGIN)
    rest = after.lstrip("\n").splitlines(keepends=True)
    while rest and rest[0].startswith("|"):
        rest.pop(0)
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(before + table() + "".join(rest))


if __name__ == "__main__":
    main()
