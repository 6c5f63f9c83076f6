#!/usr/bin/env python3
"""What an extender costs a stock kube-scheduler: pods a second without one; with `berth extender`, as it is and with
--relative-scores; with the same webhook written plainly in Go; and with one that only echoes the names that it is asked
about, which no extender can beat.

usage: throughput.py --berth PROGRAM --webhook PROGRAM [OPTION...]

  --nodes N      1000 unless given
  --pods N       2000 unless given
  --rounds N     3 unless given; they take turns
  --output FILE  all figures as JSON

Each measurement has a control plane of its own with the same nodes and pods (bench-basic). The extender filters and
scores, nodeCacheCapable, so that requests hold names. BERTH_CONTROLPLANE_BIN is where the programs of the control
plane are.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time
import types
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "bench" / "e2e"))

from bench import BindingWatch, create_all, machine, make_cluster, path_of, strip, wait_for_bindings  # noqa: E402
from control_plane import ControlPlane, SCHEDULER, free_ports, write_scheduler_config  # noqa: E402
from process import Process  # noqa: E402
from waiting import wait_for  # noqa: E402

EXTENDERS = ("none", "berth", "relative", "go", "echo")


def read_options():
    parser = argparse.ArgumentParser(allow_abbrev=False, usage=__doc__)
    parser.add_argument("--berth", required=True, type=pathlib.Path)
    parser.add_argument("--webhook", required=True, type=pathlib.Path)
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=pathlib.Path)
    return parser.parse_args()


def extender_config(folder):
    """As the webhook in Go: free resources, and the least used node."""
    only = {"enabled": [{"name": "NodeResourcesFit"}], "disabled": [{"name": "*"}]}
    points = {point: only for point in ("preFilter", "filter", "preScore", "score")}
    profile = {"schedulerName": "default-scheduler", "plugins": points}
    return write_scheduler_config(folder, {"profiles": [profile]})


def start_extender(name, plane, options):
    """Its address."""
    port = free_ports(1)[0]
    kubeconfig = plane.kubeconfig(SCHEDULER)
    address = f"127.0.0.1:{port}"
    is_berth = name in ("berth", "relative")
    if is_berth:
        arguments = [options.berth.resolve(), "extender", "--config", extender_config(plane.folder)]
        arguments += ["--address", "127.0.0.1", "--port", port]
        arguments += ["--relative-scores"] if name == "relative" else []
    else:
        arguments = [options.webhook.resolve(), "-address", address]
        arguments += ["-echo"] if name == "echo" else []
    arguments += ["--kubeconfig" if is_berth else "-kubeconfig", kubeconfig]
    plane.processes[name] = Process(name, [str(word) for word in arguments], plane.folder)
    ready = lambda: urllib.request.urlopen(f"http://{address}/readyz", timeout=1).status == 200
    wait_for(f"{name} to be ready", ready)
    return address


def start_kube_scheduler(plane, address):
    connection = {"kubeconfig": plane.kubeconfig(SCHEDULER), "qps": 100000, "burst": 100000}
    config = {"leaderElection": {"leaderElect": False}, "clientConnection": connection}
    if address is not None:
        verbs = {"filterVerb": "filter", "prioritizeVerb": "prioritize", "weight": 1}
        entry = {"urlPrefix": f"http://{address}", "nodeCacheCapable": True, **verbs}
        config["extenders"] = [entry]
    path = write_scheduler_config(plane.folder, config)
    plane.launch("kube-scheduler", "--config", path, "--secure-port", "0")


def measure(name, options):
    """Pods a second."""
    scale = types.SimpleNamespace(seed=1, nodes=options.nodes, pods=options.pods)
    items = [strip(item) for item in make_cluster("bench-basic", scale) if path_of(item)]
    plane = ControlPlane()
    try:
        plane.start()
        create_all(plane.admin, [item for item in items if item["kind"] != "Pod"])
        pods = create_all(plane.admin, [item for item in items if item["kind"] == "Pod"])
        address = None if name == "none" else start_extender(name, plane, options)
        watch = BindingWatch(plane.admin)
        watch.start()
        start_kube_scheduler(plane, address)
        while not watch.bound:
            time.sleep(0.01)
        wait_for_bindings(watch, len(pods))
    finally:
        plane.remove()
    times = sorted(watch.bound.values())
    return (len(times) - 1) / (times[-1] - times[0])


def main():
    options = read_options()
    rates = {name: [] for name in EXTENDERS}
    for _ in range(options.rounds):
        for name in EXTENDERS:
            rates[name].append(measure(name, options))
            print(f"{name:8} {rates[name][-1]:8.0f} pods/s", flush=True)
    alone = statistics.median(rates["none"])
    for name in EXTENDERS:
        median = statistics.median(rates[name])
        print(f"{name:8} median {median:8.0f} pods/s   {median / alone:5.0%} of kube-scheduler alone")
    if options.output:
        options.output.write_text(json.dumps({"machine": machine(), "podsPerSecond": rates}, indent=2) + "\n")


if __name__ == "__main__":
    main()
