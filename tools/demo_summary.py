#!/usr/bin/env python3
"""Checks a recording of the demo cluster and prints what is in it, as Markdown.

usage: tools/demo_summary.py [--nodes N] [--running N] [--pending N] RECORDING

RECORDING is JSON, gzipped or not. Exits with 1 where a number given is not the number
found, a workload lacks pods that its controller had yet to create, or an address is not
one that tools/demo_cluster.py gave out.
"""

import argparse
import collections
import gzip
import json
import re
import sys

POOL = "cloud.example.com/pool"
SUFFIXES = {
    "m": 1e-3,
    "": 1,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}


def quantity(text):
    number, suffix = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", text).groups()
    return float(number) * SUFFIXES[suffix]


def requested(pod, resource):
    """What a pod asks of a node, without the finer points of init containers."""
    spec = pod["spec"]
    whole = spec.get("resources", {}).get("requests", {}).get(resource)
    if whole:
        return quantity(whole)
    sidecars = [c for c in spec.get("initContainers", []) if c.get("restartPolicy") == "Always"]
    return sum(
        quantity(c["resources"].get("requests", {}).get(resource, "0"))
        for c in spec["containers"] + sidecars
    )


def load(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    kinds = collections.defaultdict(list)
    for item in json.loads(data)["items"]:
        kinds[item["kind"]].append(item)
    return kinds


def unsettled(kinds):
    """Workloads whose status does not yet say that all their pods are there."""
    for o in kinds["ReplicaSet"] + kinds["ReplicationController"]:
        if o["status"].get("replicas", 0) != o["spec"]["replicas"]:
            yield o
    for o in kinds["DaemonSet"]:
        if o["status"]["currentNumberScheduled"] != o["status"]["desiredNumberScheduled"]:
            yield o
    for o in kinds["Job"]:
        if o["status"].get("active", 0) != o["spec"]["parallelism"]:
            yield o
    for o in kinds["Deployment"] + kinds["StatefulSet"] + kinds["PodDisruptionBudget"]:
        if o["status"].get("observedGeneration") != o["metadata"]["generation"]:
            yield o


def foreign_addresses(kinds):
    for node in kinds["Node"]:
        for address in node["status"]["addresses"]:
            if address["type"] == "InternalIP" and not address["address"].startswith("198.18."):
                yield node, address["address"]
    for pod in kinds["Pod"]:
        host = pod["status"].get("hostIP", "198.18.")
        if not host.startswith("198.18."):
            yield pod, host


def name(o):
    return "/".join(
        filter(None, [o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]])
    )


def faults(kinds, wanted):
    phases = collections.Counter(p["status"]["phase"] for p in kinds["Pod"])
    found = {
        "nodes": len(kinds["Node"]),
        "running": phases["Running"],
        "pending": phases["Pending"],
    }
    for what, number in wanted.items():
        if number is not None and found[what] != number:
            yield f"{found[what]} {what}, wanted {number}"
    if set(phases) - {"Running", "Pending"}:
        yield f"pods that neither run nor wait: {dict(phases)}"
    for o in unsettled(kinds):
        yield f"{name(o)} has not settled"
    for o, address in foreign_addresses(kinds):
        yield f"{name(o)} has the address {address}"


def table(heads, rows):
    print("| " + " | ".join(heads) + " |")
    print("| --- |" + " ---: |" * (len(heads) - 1))
    for row in rows:
        print(
            "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in row) + " |"
        )
    print()


def print_pools(kinds):
    pools = {}
    pool_of = {n["metadata"]["name"]: n["metadata"]["labels"][POOL] for n in kinds["Node"]}
    for node in kinds["Node"]:
        pool = pools.setdefault(pool_of[node["metadata"]["name"]], collections.Counter())
        pool["nodes"] += 1
        for resource in ("cpu", "memory", "nvidia.com/gpu"):
            pool[resource] += quantity(node["status"]["allocatable"].get(resource, "0"))
    for pod in kinds["Pod"]:
        if "nodeName" in pod["spec"]:
            pool = pools[pool_of[pod["spec"]["nodeName"]]]
            pool["pods"] += 1
            for resource in ("cpu", "memory", "nvidia.com/gpu"):
                pool["used " + resource] += requested(pod, resource)
    pools["all"] = sum(pools.values(), collections.Counter())
    rows = []
    for title, pool in pools.items():
        shares = [
            f"{100 * pool['used ' + r] / pool[r]:.0f} %" if pool[r] else ""
            for r in ("cpu", "memory", "nvidia.com/gpu")
        ]
        rows.append([title, pool["nodes"], pool["pods"], round(pool["cpu"])] + shares)
    table(
        [
            "pool",
            "nodes",
            "running pods",
            "cores",
            "cpu requested",
            "memory requested",
            "GPUs requested",
        ],
        rows,
    )


def print_pods(kinds):
    counts = collections.defaultdict(collections.Counter)
    for pod in kinds["Pod"]:
        owners = pod["metadata"].get("ownerReferences", [{"kind": "none"}])
        counts[owners[0]["kind"]][pod["status"]["phase"]] += 1
    counts["all"] = sum(counts.values(), collections.Counter())
    table(
        ["pods owned by", "running", "pending"],
        [[k, c["Running"], c["Pending"]] for k, c in counts.items()],
    )


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    for what in ("nodes", "running", "pending"):
        parser.add_argument("--" + what, type=int)
    parser.add_argument("recording")
    wanted = vars(parser.parse_args())
    kinds = load(wanted.pop("recording"))
    print_pools(kinds)
    print_pods(kinds)
    table(["kind", "objects"], [[kind, len(objects)] for kind, objects in kinds.items() if objects])
    problems = list(faults(kinds, wanted))
    for problem in problems[:20]:
        print(f"tools/demo_summary.py: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
