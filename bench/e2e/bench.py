#!/usr/bin/env python3
"""Holds Berth against kube-scheduler in a real cluster: etcd, kube-apiserver, one scheduler.

usage: bench.py --berth PROGRAM [OPTION...]

  --workload NAME    bench-basic, bench-spread or bench-podaffinity; may be given several times;
                     unless given: all three
  --nodes N          5000 unless given
  --pods N           2000 unless given
  --rounds N         1 unless given; the schedulers take turns
  --seed N           of the cluster; 1 unless given
  --arrivals HOW     before: all pods are there when the scheduler starts (unless given);
                     rate: they come one by one, --rate of them a second, and what is measured is
                     the time from creation to binding
  --rate N           100 unless given
  --running N        pods that are on nodes from the beginning; 0 unless given
  --scheduler NAME   berth or kube-scheduler, unless given both
  --output FILE      all figures as JSON

Each scheduler gets a control plane of its own, with the same nodes and pods, and may send as many
requests as it likes. Bindings are counted by a watch of this program, which reads their bytes and
nothing more. What the processor did is read from /proc: seconds of the scheduler, of the API server
and of etcd between the first and the last binding. BERTH_CONTROLPLANE_BIN is where the programs
of the control plane are.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from control_plane import ControlPlane, SCHEDULER, write_scheduler_config  # noqa: E402
from process import Process  # noqa: E402

WORKLOADS = ("bench-basic", "bench-spread", "bench-podaffinity")
SCHEDULERS = ("kube-scheduler", "berth")
PROFILE = "default-scheduler"
CREATORS = 8  # threads that create objects
TICKS = os.sysconf("SC_CLK_TCK")
IDLE_LIMIT = 30.0  # seconds without a binding, after which nothing is expected any more


def read_options():
    parser = argparse.ArgumentParser(allow_abbrev=False, usage=__doc__)
    parser.add_argument("--berth", required=True, type=pathlib.Path)
    parser.add_argument("--workload", action="append", choices=WORKLOADS)
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--pods", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--arrivals", choices=("before", "rate"), default="before")
    parser.add_argument("--rate", type=float, default=100)
    parser.add_argument("--running", type=int, default=0)
    parser.add_argument("--scheduler", choices=SCHEDULERS, action="append")
    parser.add_argument("--output", type=pathlib.Path)
    return parser.parse_args()


# ---- The cluster ----


def make_cluster(name, options):
    generator = ROOT / "bench" / "cycle" / "gen.py"
    command = [sys.executable, generator, name, options.seed, options.nodes, options.pods]
    done = subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout)["items"]


def path_of(item):
    namespace = item["metadata"].get("namespace", "default")
    return {
        "Node": "/api/v1/nodes",
        "Namespace": "/api/v1/namespaces",
        "Service": f"/api/v1/namespaces/{namespace}/services",
        "ReplicaSet": f"/apis/apps/v1/namespaces/{namespace}/replicasets",
        "Pod": f"/api/v1/namespaces/{namespace}/pods",
    }.get(item["kind"])


def strip(item):
    """What only a file says."""
    item["metadata"].pop("uid", None)
    if item["kind"] == "Pod":
        item.pop("status", None)
        for field in ("schedulerName", "nodeName"):
            item["spec"].pop(field, None)
    return item


def create_all(client, items):
    """Those that the API server has taken: a few drawn at random are not valid."""

    def create(item):
        status, text = client.send("POST", path_of(item), item)
        if status not in (201, 409, 422):
            raise RuntimeError(f"{item['kind']} {item['metadata']['name']}: {status} {text[:300]}")
        return status != 422

    with concurrent.futures.ThreadPoolExecutor(CREATORS) as pool:
        return [item for item, taken in zip(items, pool.map(create, items)) if taken]


def running_pods(count, nodes):
    """Small ones, dealt out to the nodes in turn."""
    requests = {"cpu": "10m", "memory": "16Mi"}
    for i in range(count):
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": f"running-{i:06}",
                "namespace": "default",
                "labels": {"app": f"running-{i % 50}"},
            },
            "spec": {
                "nodeName": nodes[i % len(nodes)]["metadata"]["name"],
                "containers": [{"name": "c", "image": "x", "resources": {"requests": requests}}],
            },
        }


# ---- What is measured ----


class BindingWatch(threading.Thread):
    """Notes when each pod has got its node."""

    NODE = re.compile(rb'"nodeName":"')
    NAME = re.compile(rb'"metadata":\{"name":"([^"]+)"')

    def __init__(self, client):
        super().__init__(daemon=True)
        self.bound = {}  # name -> monotonic time
        version = client.get("/api/v1/pods", limit=1)["metadata"]["resourceVersion"]
        connection = http.client.HTTPSConnection(
            client.host, client.port, timeout=3600, context=client.context
        )
        connection.request(
            "GET",
            f"/api/v1/pods?watch=1&resourceVersion={version}&fieldSelector=spec.nodeName!%3D",
            headers={"Authorization": "Bearer " + client.token, "Accept": "application/json"},
        )
        self.response = connection.getresponse()

    def run(self):
        rest = b""
        while True:
            try:
                block = self.response.read1(1 << 20)
            except (OSError, http.client.HTTPException):
                return  # the API server has been killed: the measurement is over
            if not block:
                return
            now = time.monotonic()
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                name = self.NAME.search(line)
                if name and self.NODE.search(line):
                    self.bound.setdefault(name.group(1).decode(), now)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def peak_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0


class Usage:
    """Processor seconds of the programs since the beginning."""

    def __init__(self, pids):
        self.pids = pids
        self.start = {name: cpu_seconds(pid) for name, pid in pids.items()}

    def take(self):
        return {name: cpu_seconds(pid) - self.start[name] for name, pid in self.pids.items()}


def start_scheduler(name, plane, options):
    kubeconfig = plane.kubeconfig(SCHEDULER)
    config = {
        "leaderElection": {"leaderElect": False},
        "clientConnection": {"kubeconfig": kubeconfig, "qps": 100000, "burst": 100000},
    }
    path = write_scheduler_config(plane.folder, config)
    if name == "berth":
        arguments = [str(options.berth.resolve()), "schedule", "--config", path, "--secure-port", "0"]
        process = Process(name, arguments, plane.folder)
        plane.processes[name] = process
        return process
    return plane.launch("kube-scheduler", "--config", path, "--secure-port", "0")


def wait_for_bindings(watch, count):
    """Until all are there or nothing comes any more."""
    seen, changed = 0, time.monotonic()
    while len(watch.bound) < count:
        time.sleep(0.02)
        now = time.monotonic()
        if len(watch.bound) > seen:
            seen, changed = len(watch.bound), now
        elif now - changed > IDLE_LIMIT:
            return


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def measure_before(name, plane, pods, options):
    pods = create_all(plane.admin, pods)
    watch = BindingWatch(plane.admin)
    watch.start()
    start = time.monotonic()
    process = start_scheduler(name, plane, options)
    pids = {
        "scheduler": process.child.pid,
        "kube-apiserver": plane.processes["kube-apiserver"].child.pid,
        "etcd": plane.processes["etcd"].child.pid,
    }
    while not watch.bound and time.monotonic() - start < 300:
        time.sleep(0.005)
    usage = Usage(pids)
    wait_for_bindings(watch, len(pods))
    times = sorted(watch.bound.values())
    used = usage.take()
    seconds = times[-1] - times[0]
    return {
        "bound": len(times),
        "podsPerSecond": (len(times) - 1) / seconds,
        "startToFirstBindingSeconds": times[0] - start,
        "seconds": seconds,
        "cpuSecondsPerPod": {part: value / len(times) for part, value in used.items()},
        # Of the scheduler with everything that it read at the start.
        "schedulerCpuSeconds": cpu_seconds(pids["scheduler"]),
        "peakMegabytes": peak_megabytes(pids["scheduler"]),
    }


def measure_rate(name, plane, pods, options):
    process = start_scheduler(name, plane, options)
    time.sleep(8)  # its caches
    watch = BindingWatch(plane.admin)
    watch.start()
    created = {}

    def create(item):
        created[item["metadata"]["name"]] = time.monotonic()
        plane.admin.send("POST", path_of(item), item)

    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(CREATORS) as pool:
        for i, item in enumerate(pods):
            time.sleep(max(0.0, start + i / options.rate - time.monotonic()))
            pool.submit(create, item)
    wait_for_bindings(watch, len(pods))
    latencies = [watch.bound[pod] - created[pod] for pod in watch.bound if pod in created]
    return {
        "bound": len(watch.bound),
        "latencyP50Seconds": percentile(latencies, 50),
        "latencyP99Seconds": percentile(latencies, 99),
        "schedulerCpuSeconds": cpu_seconds(process.child.pid),
        "peakMegabytes": peak_megabytes(process.child.pid),
    }


def measure(scheduler, workload, options):
    items = [strip(item) for item in make_cluster(workload, options) if path_of(item)]
    nodes = [item for item in items if item["kind"] == "Node"]
    pods = [item for item in items if item["kind"] == "Pod"]
    others = [item for item in items if item["kind"] not in ("Node", "Pod")]
    plane = ControlPlane()
    try:
        plane.start()
        create_all(plane.admin, others + nodes)
        create_all(plane.admin, list(running_pods(options.running, nodes)))
        how = measure_before if options.arrivals == "before" else measure_rate
        figures = how(scheduler, plane, pods, options)
    finally:
        plane.remove()
    return {"scheduler": scheduler, "workload": workload, "pods": len(pods), **figures}


# ---- The report ----


def machine():
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return {"cpu": model, "cores": os.cpu_count(), "load": os.getloadavg()[0]}


def median(results, field):
    return statistics.median(result[field] for result in results)


def print_row(results, options):
    name = f"{results[0]['workload']:18} {results[0]['scheduler']:15}"
    if options.arrivals == "rate":
        print(
            f"{name} p50 {median(results, 'latencyP50Seconds') * 1000:8.1f} ms"
            f"   p99 {median(results, 'latencyP99Seconds') * 1000:8.1f} ms"
            f"   {median(results, 'schedulerCpuSeconds'):6.1f} s of CPU"
            f"   {median(results, 'peakMegabytes'):6.0f} MB   bound {results[0]['bound']}"
        )
        return
    parts = {
        part: statistics.median(result["cpuSecondsPerPod"][part] * 1000 for result in results)
        for part in results[0]["cpuSecondsPerPod"]
    }
    shares = "   ".join(f"{part} {value:.2f}" for part, value in parts.items())
    print(
        f"{name} {median(results, 'podsPerSecond'):7.0f} pods/s"
        f"   first after {median(results, 'startToFirstBindingSeconds'):5.2f} s"
        f"   {median(results, 'peakMegabytes'):5.0f} MB"
        f"   ms of CPU a pod: {shares}   bound {results[0]['bound']}"
    )


def print_ratio(results, options):
    by_name = {
        name: [result for result in results if result["scheduler"] == name] for name in SCHEDULERS
    }
    if not all(by_name.values()) or options.arrivals == "rate":
        return
    berth, kube = by_name["berth"], by_name["kube-scheduler"]
    cpu = lambda group: statistics.median(r["cpuSecondsPerPod"]["scheduler"] for r in group)
    print(
        f"{berth[0]['workload']:18} Berth binds"
        f" {median(berth, 'podsPerSecond') / median(kube, 'podsPerSecond'):.2f} times as many,"
        f" with 1/{cpu(kube) / cpu(berth):.1f} of the CPU a pod and"
        f" 1/{median(kube, 'peakMegabytes') / median(berth, 'peakMegabytes'):.1f} of the memory"
    )


def main():
    options = read_options()
    results = []
    for workload in options.workload or WORKLOADS:
        of_workload = []
        for _ in range(options.rounds):
            for scheduler in options.scheduler or SCHEDULERS:
                of_workload.append(measure(scheduler, workload, options))
                print_row(of_workload[-1:], options)
                sys.stdout.flush()
        print_ratio(of_workload, options)
        results += of_workload
    if options.output:
        document = {"schemaVersion": 1, "machine": machine(), "options": vars(options)}
        document["results"] = results
        with tempfile.NamedTemporaryFile(
            "w", dir=options.output.parent, delete=False, encoding="utf-8"
        ) as file:
            json.dump(document, file, indent=2, default=str)
        os.replace(file.name, options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
