#!/usr/bin/env python3
"""Runs Berth and kube-scheduler on the same clusters and compares speed and decisions.

tools/bench-peers builds what this needs and says what the options mean; call that.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time
from typing import Any, Optional

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKLOADS = ROOT / "bench" / "workloads"
# Drawn at random by bench/cycle/gen.py.
DRAWN = ["bench-basic", "bench-spread", "bench-podaffinity", "bench-mixed"]
DEFAULT = [
    "bench-basic",
    "bench-spread",
    "bench-podaffinity",
    "bench-mixed",
    "templates-50",
    "all-different",
    "unfit",
    "preemption",
]
# What the pods that fit nowhere would have to do away with is looked for too, and nothing is carried
# out. Which node is nominated depends on chance in both; how many pods would have to go does not.
PREEMPTING = ["preemption"]
# What a decision of both is held against each other by, besides the total.
FIELDS = [
    "pod",
    "feasible",
    "chosen",
    "bestCount",
    "prefilter",
    "prefilterPlugin",
    "prefilterCode",
    "message",
    "error",
    "victims",
]

Decision = dict[str, Any]
Figures = dict[str, Any]


class Failure(Exception):
    """Ends the program with one sentence."""


def is_one_moment(path: pathlib.Path) -> bool:
    """A file of objects cannot say what else happens while pods arrive."""
    return not any(line.startswith("operations:") for line in path.read_text().splitlines())


def all_workloads() -> list[str]:
    return DRAWN + sorted(p.stem for p in WORKLOADS.glob("*.yaml") if is_one_moment(p))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tools/bench-peers", allow_abbrev=False)
    parser.add_argument("--workload", action="append", choices=all_workloads(), metavar="NAME")
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--percent", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--check", action="store_true", help=argparse.SUPPRESS)
    for path in ("--berth", "--expand", "--peer", "--folder"):
        parser.add_argument(path, type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in ("nodes", "pods", "rounds"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    if not 0 <= options.percent <= 100:
        parser.error("--percent must be from 0 to 100")
    if options.seconds < 0:
        parser.error("--seconds must not be negative")
    return options


def run(command: list[Any]) -> str:
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        said = done.stderr.strip()[-500:] or "nothing"
        raise Failure(f"{command[0]} ended with {done.returncode} and said: {said}")
    return done.stdout


def make_cluster(name: str, options: argparse.Namespace) -> pathlib.Path:
    path = options.folder / f"{name}-{options.nodes}.json"
    if name in DRAWN:
        generator = ROOT / "bench" / "cycle" / "gen.py"
        numbers = [options.seed, options.nodes, options.pods]
        path.write_text(run([sys.executable, generator, name, *numbers]))
    else:
        numbers = ["--nodes", options.nodes, "--seed", options.seed]
        run([options.expand, name, *numbers, "-o", path])
    return path


# ---- Berth ----


def preempts(cluster: pathlib.Path) -> bool:
    return cluster.stem.rsplit("-", 1)[0] in PREEMPTING


def berth_command(cluster: pathlib.Path, options: argparse.Namespace) -> list[Any]:
    rules = ["--tie-break", "first", "--percentage-of-nodes-to-score", "100"]
    rules += ["--preemption", "report" if preempts(cluster) else "off"]
    return [options.berth, "simulate", "-f", cluster, *rules, "--output", "json", "--quiet"]


# Berth is done with a cluster in some milliseconds: one run would be as good as its first page faults.
BERTH_RUNS = 5


def time_berth(cluster: pathlib.Path, options: argparse.Namespace) -> Figures:
    """The run with the median rate."""
    runs = [json.loads(run(berth_command(cluster, options)))["timings"] for _ in range(BERTH_RUNS)]
    timings = sorted(runs, key=lambda of: of["podsPerSecond"])[BERTH_RUNS // 2]
    latency = timings["decisionLatencyNanoseconds"]
    return {
        "decisions": timings["decisions"],
        "podsPerSecond": timings["podsPerSecond"],
        "p50": latency["p50"],
        "p99": latency["p99"],
    }


def berth_decisions(cluster: pathlib.Path, options: argparse.Namespace) -> list[Decision]:
    """Every decision, with the total of the chosen node from the report."""
    lines = cluster.with_suffix(".berth.jsonl")
    report = cluster.with_suffix(".report")
    run(
        berth_command(cluster, options)
        + ["--decisions", lines, "--report", report, "--overwrite"]
    )
    with open(lines) as f:
        decisions = [json.loads(line) for line in f]
    with open(report / "placements.csv", newline="") as f:
        totals = {f"{r['namespace']}/{r['pod']}": int(r["score"]) for r in csv.DictReader(f)}
    for decision in decisions:
        decision["total"] = totals.get(decision["pod"])
        if preempts(cluster) and not decision["feasible"]:
            decision["victims"] = sum(len(pods) for pods in decision.get("victims", {}).values())
    return decisions


def scored_per_pod(decisions: list[Decision]) -> float:
    """A lone feasible node is not scored."""
    return statistics.fmean(d["feasible"] if d["feasible"] > 1 else 0 for d in decisions)


# ---- kube-scheduler ----


def peer_file(cluster: pathlib.Path) -> pathlib.Path:
    return cluster.with_suffix(".peer.jsonl")


def peer_command(cluster: pathlib.Path, options: argparse.Namespace) -> list[Any]:
    return [options.peer, "-cluster", cluster] + (["-preempt"] if preempts(cluster) else [])


def peer_decisions(cluster: pathlib.Path, options: argparse.Namespace) -> list[Decision]:
    """Of the first pods. Twice the work of a timed run, since the plugins tell ties apart."""
    lines = peer_file(cluster)
    limits = ["-limit", options.pods, "-seconds", 2 * options.seconds]
    run([*peer_command(cluster, options), *limits, "-decisions", lines])
    with open(lines) as f:
        return [json.loads(line) for line in f]


def time_peer(cluster: pathlib.Path, options: argparse.Namespace) -> Figures:
    command = peer_command(cluster, options) + ["-percent", options.percent]
    if options.percent == 100:
        command += ["-replay", peer_file(cluster)]
    else:
        command += ["-limit", options.pods, "-seconds", options.seconds]
    summary = json.loads(run(command))
    return {
        "decisions": summary["decisions"],
        "podsPerSecond": summary["podsPerSecond"],
        "p50": summary["decisionLatencyNanoseconds"]["p50"],
        "p99": summary["decisionLatencyNanoseconds"]["p99"],
        "nodesScoredPerPod": summary["nodesScoredPerPod"],
        "version": summary["version"],
    }


# ---- Comparison ----


def difference(want: Decision, got: Decision) -> Optional[str]:
    """The first way in which Berth's decision differs from kube-scheduler's, or None."""
    for field in FIELDS:
        if want.get(field) != got.get(field):
            return f"{field}: want {want.get(field)!r}, got {got.get(field)!r}"
    # A lone feasible node is not scored, and has no total.
    if want["feasible"] > 1 and want.get("total") != got.get("total"):
        return f"total: want {want.get('total')}, got {got.get('total')}"
    return None


def compare(want: list[Decision], got: list[Decision]) -> tuple[int, Optional[str]]:
    """How many of the first decisions are equal, and what the first difference is."""
    differences = [
        (w["pod"], d) for w, g in zip(want, got) if (d := difference(w, g)) is not None
    ]
    missing = max(0, len(want) - len(got))
    first = f"{differences[0][0]}: {differences[0][1]}" if differences else None
    if missing and not first:
        first = f"{missing} pods were not decided by Berth"
    return len(want) - len(differences) - missing, first


def spread(values: list[float]) -> Figures:
    return {"min": min(values), "median": statistics.median(values), "max": max(values)}


def median_of(rounds: list[Figures], field: str) -> float:
    return statistics.median(r[field] for r in rounds)


def say(text: str) -> None:
    print(f"== {text}", file=sys.stderr, flush=True)


def measure(name: str, options: argparse.Namespace) -> Figures:
    say(f"{name}: deciding")
    cluster = make_cluster(name, options)
    decisions = berth_decisions(cluster, options)
    result = {"workload": name, "nodes": options.nodes, "percent": options.percent}
    if options.percent == 100:
        want = peer_decisions(cluster, options)
        equal, first = compare(want, decisions)
        result["decisions"] = {"compared": len(want), "equal": equal, "firstDifference": first}
    berth, peer = [], []
    for number in range(options.rounds):
        say(f"{name}: round {number + 1} of {options.rounds}")
        berth.append(time_berth(cluster, options))
        peer.append(time_peer(cluster, options))
    result["berth"] = {"rounds": berth, "nodesScoredPerPod": scored_per_pod(decisions)}
    result["peer"] = {"rounds": peer}
    result["ratio"] = spread([b["podsPerSecond"] / p["podsPerSecond"] for b, p in zip(berth, peer)])
    return result


# ---- The table ----

COLUMNS = [
    "workload",
    "Berth pods",
    "pods/s",
    "p50",
    "p99",
    "kube pods",
    "pods/s",
    "p50",
    "p99",
    "ratio min/median/max",
    "nodes scored a pod",
    "decisions equal",
]


def rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def duration(nanoseconds: float) -> str:
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.1f} us"
    return f"{nanoseconds / 1e6:.1f} ms"


def row(result: Figures) -> list[str]:
    cells = [result["workload"]]
    for side in ("berth", "peer"):
        rounds = result[side]["rounds"]
        cells += [
            f"{rounds[0]['decisions']:,}",
            rate(median_of(rounds, "podsPerSecond")),
            duration(median_of(rounds, "p50")),
            duration(median_of(rounds, "p99")),
        ]
    ratio = result["ratio"]
    cells.append(" / ".join(f"{ratio[k]:,.0f}" for k in ("min", "median", "max")))
    peer_scored = median_of(result["peer"]["rounds"], "nodesScoredPerPod")
    cells.append(f"{result['berth']['nodesScoredPerPod']:,.0f} and {peer_scored:,.0f}")
    compared = result.get("decisions")
    cells.append(
        f"{compared['equal']:,} of {compared['compared']:,}" if compared else "not compared"
    )
    return cells


def print_table(results: list[Figures]) -> None:
    """As Markdown, with the columns lined up."""
    rows = [COLUMNS] + [row(result) for result in results]
    widths = [max(len(r[i]) for r in rows) for i in range(len(COLUMNS))]
    rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
    for cells in [rows[0], rule] + rows[1:]:
        padded = [cells[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(cells[1:], widths[1:])]
        print("| " + " | ".join(padded) + " |")


def print_notes(results: list[Figures], options: argparse.Namespace) -> None:
    version = results[0]["peer"]["rounds"][0]["version"]
    percent = "its adaptive sample" if options.percent == 0 else f"{options.percent} %"
    print(
        f"\n{options.nodes:,} nodes, {options.rounds} rounds in turn, medians; kube-scheduler"
        f" {version}, percentageOfNodesToScore {percent}, without an API server."
    )
    if any(
        r["peer"]["rounds"][0]["decisions"] < r["berth"]["rounds"][0]["decisions"] for r in results
    ):
        print("Where kube-scheduler has fewer pods, it decided the first ones of the same queue.")
    for result in results:
        first = result.get("decisions", {}).get("firstDifference")
        if first:
            print(f"{result['workload']}: the first difference: {first}")


def machine() -> Figures:
    model = ""
    try:
        with open("/proc/cpuinfo") as f:
            model = next((l.split(":", 1)[1].strip() for l in f if l.startswith("model name")), "")
    except OSError:
        pass
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "loadAverageAtStart": os.getloadavg()[0],
    }


def write_results(results: list[Figures], about: Figures, options: argparse.Namespace) -> None:
    path = pathlib.Path(options.output or options.folder / "results.json")
    document = {"schemaVersion": 1, **about, "workloads": results}
    try:
        path.write_text(json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from error
    print(f"Written to {path}")


def main() -> int:
    options = read_options()
    if options.list:
        print("\n".join(all_workloads()))
        return 0
    if options.check:
        return 0
    if None in (options.berth, options.expand, options.peer, options.folder):
        raise Failure("call tools/bench-peers")
    about = {"machine": machine(), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    results = [measure(name, options) for name in options.workload or DEFAULT]
    print_table(results)
    print_notes(results, options)
    write_results(results, about, options)
    equal = all(not r.get("decisions", {}).get("firstDifference") for r in results)
    return 0 if equal else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"tools/bench-peers: {failure}", file=sys.stderr)
        sys.exit(1)
