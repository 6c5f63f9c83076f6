#!/usr/bin/env python3
"""Ten thousand clients that are connected to `berth extender` and want nothing: they cost little, nobody waits for them,
and what they took is used again for the next ten thousand.

BERTH_PROGRAM is the berth to test. Ends with 77, for "skipped", where no process may have that many open files.
"""

import json
import re
import resource
import socket
import sys
import tempfile
import unittest

from control_plane import free_ports
from extender_process import BerthExtender

CLIENTS = 10_000
FILES = CLIENTS + 500
MOST_BYTES_A_CLIENT = 8 * 1024
SKIPPED = 77
POD = {"metadata": {"name": "p", "namespace": "default", "uid": "1"}, "spec": {"containers": []}}
NODE = {"metadata": {"name": "a"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"}}}
ASKED = {"Pod": POD, "Nodes": {"items": [NODE]}}


def resident_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) * 1024


def allow_open_files(count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


class IdleConnections(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        port = free_ports(1)[0]
        flags = ["--max-connections", str(CLIENTS + 100)]
        allow_open_files(1024)  # as a shell has it: the extender itself asks for more
        self.extender = BerthExtender("berth", folder.name, port, None, None, *flags)
        self.addCleanup(self.extender.kill)
        allow_open_files(FILES)
        self.extender.wait_until_ready()

    def connect(self):
        """Half of them have asked something before they fell silent."""
        clients = []
        for number in range(CLIENTS):
            client = socket.create_connection(("127.0.0.1", self.extender.port), timeout=30)
            if number % 2 == 0:
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertTrue(client.recv(4096).startswith(b"HTTP/1.1 200 "))
            clients.append(client)
        return clients

    def check_that_others_are_answered(self):
        status, answer = self.extender.post("/filter", json.dumps(ASKED).encode())
        self.assertEqual((status, len(answer["Nodes"]["items"])), (200, 1), answer)

    def memory(self):
        return resident_bytes(self.extender.child.pid)

    def test_cost_little_and_leave_nothing(self):
        self.check_that_others_are_answered()
        alone = self.memory()
        clients = self.connect()
        self.check_that_others_are_answered()
        together = self.memory()
        self.assertLess(together - alone, CLIENTS * MOST_BYTES_A_CLIENT)
        for round_number in range(3):
            for client in clients:
                client.close()
            clients = self.connect()
            self.check_that_others_are_answered()
            self.assertLess(self.memory() - together, 0.1 * together, f"round {round_number}")
        for client in clients:
            client.close()
        self.assertEqual(self.extender.stop(), 0)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < FILES:
        print(f"skipped: {CLIENTS} connections need {FILES} open files, and {hard} are allowed (ulimit -Hn)")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2, warnings="ignore")
