#!/usr/bin/env python3
"""Asks `berth extender` as kube-scheduler does, filter and then prioritize, and tells how long that takes.

usage: bench.py --berth PROGRAM --load PROGRAM [OPTION...]

  --nodes N       that the cluster has; 5000 unless given
  --seconds S     that each case is measured; 5 unless given
  --workers N     of the extender; one a core unless given
  --case NAME     names-1, names-16, nodes-500 or nodes-5000; may be given several times; unless given: all
  --output FILE   all figures as JSON

Everything goes over 127.0.0.1. Names are looked up in a view of a cluster, which an API server made of
Python's standard library shows: lists, and watches that never tell anything. Whole nodes of 8 KB come
in the requests, to an extender without credentials.
"""

import argparse
import http.server
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

CASES = {
    "names-1": ("names", None, 1),
    "names-16": ("names", None, 16),
    "nodes-500": ("nodes", 500, 1),
    "nodes-5000": ("nodes", 5000, 1),
}
PATIENCE = 60.0  # seconds for an extender to become ready


def read_options():
    parser = argparse.ArgumentParser(allow_abbrev=False, usage=__doc__)
    parser.add_argument("--berth", required=True, type=pathlib.Path)
    parser.add_argument("--load", required=True, type=pathlib.Path)
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--case", action="append", choices=sorted(CASES))
    parser.add_argument("--output", type=pathlib.Path)
    options = parser.parse_args()
    options.case = options.case or list(CASES)
    return options


def node(index):
    room = {"cpu": "32", "memory": "128Gi", "pods": "110"}
    labels = {
        "kubernetes.io/hostname": f"node-{index}",
        "topology.kubernetes.io/zone": f"zone-{index % 3}",
    }
    meta = {"name": f"node-{index}", "uid": f"uid-{index}", "resourceVersion": "1", "labels": labels}
    status = {"capacity": room, "allocatable": room, "conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": meta, "spec": {}, "status": status}


class Api(http.server.ThreadingHTTPServer):
    """Lists of nodes, and of nothing else; watches in silence."""

    daemon_threads = True

    def __init__(self, nodes):
        super().__init__(("127.0.0.1", 0), Handler)
        self.items = {"/api/v1/nodes": [node(index) for index in range(nodes)]}
        self.ended = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if "watch=" in query:
            return self.keep_silent()
        items = self.server.items.get(path, [])
        body = json.dumps({"metadata": {"resourceVersion": "1"}, "items": items}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def keep_silent(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.server.ended.wait()

    def log_message(self, *_):
        pass


def write_kubeconfig(folder, port):
    path = pathlib.Path(folder, "kubeconfig")
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "c", "user": {}}],
    }
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


class Extender:
    def __init__(self, options, folder, kubeconfig=None):
        self.port = free_port()
        arguments = [options.berth, "extender", "--address", "127.0.0.1", "--port", str(self.port)]
        if kubeconfig:
            arguments += ["--kubeconfig", kubeconfig]
        if options.workers:
            arguments += ["--workers", str(options.workers)]
        self.log = pathlib.Path(folder, "extender.log").open("wb")
        self.child = subprocess.Popen(arguments, stdout=self.log, stderr=self.log)
        self.wait_until_ready()

    def wait_until_ready(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.child.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        self.stop()
        sys.exit("berth extender does not become ready: " + pathlib.Path(self.log.name).read_text())

    def peak_megabytes(self):
        for line in pathlib.Path(f"/proc/{self.child.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
        return 0

    def stop(self):
        self.child.terminate()
        self.child.wait(30)
        self.log.close()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def measure(case, options, folder, api):
    mode, nodes, connections = CASES[case]
    kubeconfig = write_kubeconfig(folder, api.server_address[1]) if mode == "names" else None
    extender = Extender(options, folder, kubeconfig)
    try:
        out = subprocess.run(
            [options.load, "--port", str(extender.port), "--mode", mode]
            + ["--nodes", str(nodes or options.nodes), "--connections", str(connections)]
            + ["--seconds", str(options.seconds)],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        return {"case": case, **json.loads(out), "peak_megabytes": extender.peak_megabytes()}
    finally:
        extender.stop()


def main():
    options = read_options()
    api = Api(options.nodes)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    results = []
    print(f"{'case':<12}{'pairs/s':>10}{'filter p50':>12}{'p99':>10}{'prioritize p50':>16}{'p99':>10}{'MB':>7}")
    with tempfile.TemporaryDirectory() as folder:
        for case in options.case:
            result = measure(case, options, folder, api)
            results.append(result)
            print(
                f"{case:<12}{result['pairs_per_second']:>10.1f}"
                f"{result['filter_p50_ms']:>12.3f}{result['filter_p99_ms']:>10.3f}"
                f"{result['prioritize_p50_ms']:>16.3f}{result['prioritize_p99_ms']:>10.3f}"
                f"{result['peak_megabytes']:>7}",
                flush=True,
            )
    api.ended.set()
    if options.output:
        options.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
