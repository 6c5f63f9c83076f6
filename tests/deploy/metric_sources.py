"""The metrics that berth schedule registers, read from where they are defined."""

import collections
import os
import re

from tools import ROOT

FOLDER = os.path.join(ROOT, "scheduler", "metrics")
LIVE = os.path.join(ROOT, "scheduler", "live")

# `enabled`: the option that has it shown, where it is not always; `filled`: whether anything is ever counted in it.
Metric = collections.namedtuple("Metric", "name kind stability labels help enabled filled")

DEFINITION = re.compile(r"\{\s*\.name = \"(?P<name>\w+)\",(?P<rest>(?:[^{}]|\{[^{}]*\})*)\}")
READING = re.compile(
    r"AddReading\(\s*registry,\s*ComputedKind::k(\w+),\s*\"(\w+)\",\s*((?:\"[^\"]*\"\s*)+)", re.DOTALL
)
ADDED = re.compile(r"\bAdd(Counter|Gauge|Histogram|Computed)\(")


def served_metrics():
    """By name: those of /metrics and of /metrics/slis."""
    live = live_sources()
    metrics = {}
    for file in sorted(os.listdir(FOLDER)):
        if not file.endswith(".cc"):
            continue
        with open(os.path.join(FOLDER, file), encoding="utf-8") as source:
            for metric in metrics_of(used_part(file, source.read(), live), live):
                metrics[metric.name] = metric
    return metrics


def live_sources():
    text = ""
    for name in sorted(os.listdir(LIVE)):
        if name.endswith((".cc", ".h")):
            with open(os.path.join(LIVE, name), encoding="utf-8") as source:
                text += source.read()
    return text


def used_part(file, text, live):
    """Without the functions that nothing of berth schedule calls."""
    if file == "pod_resource_metrics.cc" and "AddPodResourceMetrics" not in live:
        return ""
    if "AddFeatures(" not in live:
        text = re.sub(r"\nvoid AddFeatures\(.*?\n}\n", "\n", text, flags=re.DOTALL)
    return text


def metrics_of(text, live):
    for kind, name, words in READING.findall(text):
        yield Metric(name, kind.lower(), "", (), joined(words), "", True)
    for found in DEFINITION.finditer(text):
        kind = kind_before(text, found.start())
        if kind is not None:
            yield metric_of(kind, found, is_filled(text, found.start(), live))


def kind_before(text, end):
    """What is being added by the call whose argument begins at `end`; None for another thing."""
    calls = list(ADDED.finditer(text, 0, end))
    if not calls or text[calls[-1].end() : end].count("\n") > 1:
        return None
    kind = calls[-1].group(1).lower()
    if kind == "computed":
        kind = re.findall(r"ComputedKind::k(\w+)", text[calls[-1].end() : end])[-1].lower()
    return kind


def is_filled(text, end, live):
    """A member of SchedulerMetrics is, where something refers to it; others have their values at once."""
    member = re.findall(r"\b(\w+)\(\s*registry\.Add\w+\(\s*$", text[:end])
    if not member or "ClientMetrics::" in text:
        return True
    return re.search(rf"\b{member[-1]}\b", live) is not None


def metric_of(kind, found, filled):
    rest = found.group("rest")
    words = re.search(r"\.help\s*=\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)", rest).group(1)
    stability = re.search(r"Stability::k(\w+)", rest)
    labels = re.search(r"\.labels = \{([^}]*)", rest + "}")
    enabled = re.search(r"\.enabled = options\.(\w+)", rest)
    name = stability.group(1).lower() if stability else "alpha"
    return Metric(
        found.group("name"),
        kind,
        "" if name == "unmarked" else name,
        tuple(re.findall(r"\"(\w+)\"", labels.group(1))) if labels else (),
        joined(words),
        enabled.group(1) if enabled else "",
        filled,
    )


def joined(words):
    return "".join(re.findall(r"\"((?:[^\"\\]|\\.)*)\"", words)).replace('\\"', '"')
