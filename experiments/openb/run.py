#!/usr/bin/env python3
"""Runs the experiment of README.md with `berth sweep`, and sets the means beside the published ones.

Every pod list of the folder of the tables, every policy and ten seeds: one sweep file is written
into the folder of results, one `berth sweep` runs it, and goes on where it was interrupted. The
curves of each list are drawn into curves-LIST.svg.
"""

import argparse
import csv
import pathlib
import statistics
import subprocess
import sys

import curves

HERE = pathlib.Path(__file__).resolve().parent
LIST_PREFIX = "openb_pod_list_"
NODE_TABLE = "openb_node_list_gpu_node.csv"
# As in published.csv.
POLICIES = {
    "random": "01-Random",
    "dotprod": "02-DotProd",
    "clustering": "03-GpuClustering",
    "packing": "04-GpuPacking",
    "bestfit": "05-BestFit",
    "fgd": "06-FGD",
}
ALLOCATION = "gpu_allocation_pct_at_100"
FRAGMENTATION = "gpu_fragmentation_pct_at_100"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the tables")
    parser.add_argument("--output", type=pathlib.Path, default="results", help="folder of results")
    parser.add_argument("--berth", default="build/release/berth", help="the program")
    parser.add_argument("--lists", help="pod lists: default,cpu250; all that are there")
    parser.add_argument("--policies", help="profiles by name: fgd,bestfit; all six")
    parser.add_argument("--seeds", default="42-51", help="the first and the last")
    parser.add_argument("--threads", default="0", help="runs at the same time; 0: one a core")
    return parser.parse_args()


def lists_in(folder):
    names = sorted(path.stem[len(LIST_PREFIX):] for path in folder.glob(LIST_PREFIX + "*.csv"))
    if not names:
        sys.exit(f"error: {folder}: no pod list ({LIST_PREFIX}*.csv)")
    return names


def chosen(text, known, what):
    if not text:
        return list(known)
    names = text.split(",")
    for name in names:
        if name not in known:
            sys.exit(f"error: {what}: {name} is none of {', '.join(known)}")
    return names


def seeds_of(text):
    try:
        first, last = (int(part) for part in (text.split("-") if "-" in text else (text, text)))
    except ValueError:
        sys.exit(f"error: --seeds: {text} is neither a seed nor FIRST-LAST")
    if last < first:
        sys.exit(f"error: --seeds: {text} is no range")
    return first, last - first + 1


def sweep_file(data, lists, policies, seeds, has_published):
    def quoted(path):
        return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = ["apiVersion: berth/v1alpha1", "kind: Sweep", "format: openb",
             f"nodes: [{quoted(data / NODE_TABLE)}]", "workloads:"]
    lines += [f"  {name}: {quoted(data / (LIST_PREFIX + name + '.csv'))}" for name in lists]
    lines += ["profiles:"]
    lines += [f"  {name}: {quoted(HERE / 'profiles' / (name + '.yaml'))}" for name in policies]
    lines += [f"seeds: {{from: {seeds[0]}, count: {seeds[1]}}}",
              "arrivals: {order: shuffled, repeatUntil: {resource: gpu, ratio: 1.3}}",
              "output: runs"]
    lines += ["published: published.csv"] if has_published else []
    return "\n".join(lines) + "\n"


def read_published(folder):
    path = folder / "published.csv"
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {(row["workload"], row["policy"]): (float(row["unalloc_pct_at100_mean"]),
                                                   float(row["frag_amount_pct_at100_mean"]))
                for row in csv.DictReader(file)}


def write_published(published, lists, policies, path):
    """As `berth sweep` reads them, for its report. False if there are none."""
    rows = [(workload, policy, published[LIST_PREFIX + workload, POLICIES[policy]])
            for workload in lists for policy in policies
            if (LIST_PREFIX + workload, POLICIES[policy]) in published]
    lines = [f"workload,profile,{ALLOCATION},{FRAGMENTATION}"]
    lines += [f"{workload},{policy},{100 - left:.3f},{fragmented:.3f}"
              for workload, policy, (left, fragmented) in rows]
    path.write_text("\n".join(lines) + "\n")
    return bool(rows)


def means(runs, workload, policy):
    rows = [row for row in runs if row["workload"] == workload and row["profile"] == policy]
    left = [100 - float(row[ALLOCATION]) for row in rows]
    deviation = statistics.stdev(left) if len(left) > 1 else 0
    return statistics.mean(left), deviation, statistics.mean(float(row[FRAGMENTATION])
                                                             for row in rows)


def print_table(runs, published, lists, policies):
    print(f"{'':14} {'':11} {'not allocated at 100 %':>28} {'fragmented at 100 %':>24}")
    print(f"{'pods':14} {'policy':11} {'ours':>7} {'sd':>6} {'publ.':>6} {'diff':>6} "
          f"{'ours':>8} {'publ.':>7} {'diff':>7}")
    for workload in lists:
        for policy in policies:
            left, deviation, fragmented = means(runs, workload, policy)
            line = f"{workload:14} {policy:11} {left:7.2f} {deviation:6.2f} "
            known = published.get((LIST_PREFIX + workload, POLICIES[policy]))
            if known:
                line += (f"{known[0]:6.2f} {left - known[0]:+6.2f} {fragmented:8.2f} "
                         f"{known[1]:7.2f} {fragmented - known[1]:+7.2f}")
            else:
                line += f"{'-':>6} {'-':>6} {fragmented:8.2f} {'-':>7} {'-':>7}"
            print(line)


def main():
    arguments = parse_arguments()
    data = arguments.data.resolve()
    if not (data / NODE_TABLE).exists():
        sys.exit(f"error: {data}: no {NODE_TABLE}")
    lists = chosen(arguments.lists, lists_in(data), "--lists")
    policies = chosen(arguments.policies, list(POLICIES), "--policies")
    arguments.output.mkdir(parents=True, exist_ok=True)
    file = arguments.output / "sweep.yaml"
    published = read_published(data)
    has_published = write_published(published, lists, policies, arguments.output / "published.csv")
    file.write_text(sweep_file(data, lists, policies, seeds_of(arguments.seeds), has_published))
    done = subprocess.run([arguments.berth, "sweep", str(file), "--threads", arguments.threads],
                          check=False)
    if done.returncode != 0:
        sys.exit(done.returncode)
    with (arguments.output / "runs" / "runs.csv").open(newline="") as table:
        print_table(list(csv.DictReader(table)), published, lists, policies)
    with (arguments.output / "runs" / "curves.csv").open(newline="") as table:
        pictures = curves.write_pictures(csv.DictReader(table), arguments.output)
    print(f"\nreport: {arguments.output / 'runs' / 'report.html'}")
    print("curves: " + ", ".join(str(path) for path in pictures))


if __name__ == "__main__":
    main()
