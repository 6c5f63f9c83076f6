#!/usr/bin/env python3
"""Pods, nodes and labels come, change and go for minutes; memory must stay flat and no pod be lost.

usage: soak.py [MINUTES]          10 unless said otherwise; not one of ctest's tests

BERTH_PROGRAM is the berth to test, BERTH_CONTROLPLANE_BIN the folder that
tools/controlplane/build has printed. Writes a line every ten seconds.
"""

import random
import sys
import time
import unittest

from faults_test import NODE_COUNT, FaultTestCase
from objects import NODES, node, node_of, path_of, pod

MINUTES = 10.0
PODS_AT_ONCE = 200
REPORT_SECONDS = 10
# Events are remembered for six minutes, in case they come again; thereafter nothing is to grow any more.
SETTLED = 0.65  # of the time
MEMORY_SLACK = 1.05


class Soak(FaultTestCase):
    def test_nothing_grows(self):
        berth = self.start_served_berth()
        self.create_nodes(*(node(f"node-{number}", cpu="16") for number in range(NODE_COUNT)))
        chance = random.Random(7)
        start = time.monotonic()
        samples = []
        created = 0
        while time.monotonic() < start + MINUTES * 60:
            created += self.churn(chance, created)
            if time.monotonic() - start > len(samples) * REPORT_SECONDS:
                samples.append(resident_kib(berth.child.pid))
                print(f"{time.monotonic() - start:5.0f} s  {created} pods  {samples[-1]} KiB", flush=True)
        self.assert_flat(samples)
        for extra in range(NODE_COUNT):
            self.create_nodes(node(f"extra-{extra}", cpu="64"))
        self.assert_all_is_well(berth)

    def churn(self, chance, number):
        """How many pods it has created."""
        pods = self.pods()
        for one in chance.sample(pods, max(0, len(pods) - PODS_AT_ONCE)):
            self.admin.delete(path_of(one))
        for offset in range(20):
            app = {"app": f"app-{chance.randrange(20)}"}
            cpu = chance.choice(("100m", "500m", "1", "20"))
            self.create_pod(pod(f"pod-{number + offset}", cpu, labels=app))
        name = f"node-{chance.randrange(NODE_COUNT)}"
        # Keys and values that were never seen before must not be kept for good at any price.
        labels = {"generation": str(number)}
        self.admin.patch(f"{NODES}/{name}", {"metadata": {"labels": labels}})
        if chance.random() < 0.05:
            self.admin.delete(f"{NODES}/{name}")
            for one in pods:
                if node_of(one) == name and self.admin.find(path_of(one)) is not None:
                    self.admin.delete(path_of(one))
            self.create_nodes(node(name, cpu="16"))
        return 20

    def assert_flat(self, samples):
        settled = samples[int(len(samples) * SETTLED)]
        self.assertLess(samples[-1], settled * MEMORY_SLACK, f"KiB: {samples}")


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    raise AssertionError("no VmRSS")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit(__doc__)
    if len(sys.argv) == 2:
        MINUTES = float(sys.argv.pop())
    unittest.main()
