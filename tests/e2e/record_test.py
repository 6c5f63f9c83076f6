"""`berth record` with the rights that are shipped, and what simulate and anonymize make of it."""

import gzip
import json
import os
import subprocess
import unittest

from berth_process import program
from cluster_test_case import ClusterTestCase
from control_plane import programs
from objects import PODS, ZONE, node, path_of, pod
from process import Process
from waiting import wait_for

RBAC = os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "record", "rbac.yaml"
)
TOKEN = "/api/v1/namespaces/berth-record/serviceaccounts/berth-record/token"
SECRETS = "/api/v1/namespaces/default/secrets"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def berth(*arguments):
    """Its exit status, what it said, and its complaints."""
    done = subprocess.run([program(), *arguments], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def read(path):
    with gzip.open(path, "rt") as file:
        return file.read()


class Record(ClusterTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kubectl = [os.path.join(programs(), "kubectl"), "--kubeconfig", cls.plane.kubeconfig("admin")]
        subprocess.run(
            [*kubectl, "apply", "-f", RBAC],
            check=True,
            env={"HOME": cls.plane.folder},
            stdout=subprocess.DEVNULL,
        )
        request = {"spec": {"expirationSeconds": 3600}}
        token = cls.plane.admin.create(TOKEN, request)["status"]["token"]
        cls.reader = cls.plane.kubeconfig(credentials={"token": token})

    def setUp(self):
        super().setUp()
        self.addCleanup(self.admin.delete, CLASSES)
        self.output = os.path.join(self.plane.folder, self._testMethodName + ".json.gz")
        self.create_nodes(node("n1", labels={ZONE: "a"}), node("n2", cpu="2", labels={ZONE: "b"}))
        self.create_pod(pod("runs", cpu="1", nodeName="n1"))
        self.create_pod(pod("waits", cpu="3", labels={"team": "payroll"}))
        self.create_pod(pod("huge", cpu="64"))
        disk = {"metadata": {"name": "disk"}, "provisioner": "d", "parameters": {"token": "hidden"}}
        self.admin.create(CLASSES, disk)
        self.admin.create(SECRETS, {"metadata": {"name": "hidden"}, "stringData": {"a": "hidden"}})
        self.addCleanup(self.admin.delete, SECRETS)

    def record(self, *flags):
        status, said, complaint = berth("record", "--kubeconfig", self.reader, "-o", self.output, *flags)
        self.assertEqual(status, 0, complaint)
        return said

    def decisions(self, path):
        status, said, complaint = berth("simulate", "-f", path, "--quiet", "--decisions", "-", "--output", "json")
        self.assertEqual(status, 0, complaint)
        lines = [json.loads(line) for line in said.splitlines() if line.startswith('{"pod"')]
        return {line["pod"]: line.get("chosen") for line in lines}

    def test_a_snapshot_is_what_simulate_needs(self):
        said = self.record()
        self.assertIn("2 nodes, 3 pods", said)
        self.assertNotIn("hidden", read(self.output))
        self.assertNotIn("managedFields", read(self.output))
        self.assertIn('"name":"disk"', read(self.output))
        self.assertEqual(self.decisions(self.output), {"default/waits": "n1", "default/huge": None})
        status, said, complaint = berth("explain", "-f", self.output, "--pod", "default/huge")
        self.assertEqual(status, 0, complaint)
        self.assertIn("Insufficient cpu", said)

    def test_decisions_stay_without_names(self):
        self.record()
        masked = os.path.join(self.plane.folder, "masked.json.gz")
        status, _, complaint = berth("anonymize", self.output, "-o", masked)
        self.assertEqual(status, 0, complaint)
        for name in ("payroll", "waits", "huge", "runs", "team", "n1", "disk"):
            self.assertNotIn(f'"{name}"', read(masked))
        self.assertEqual(
            [bool(chosen) for chosen in self.decisions(masked).values()],
            [bool(chosen) for chosen in self.decisions(self.output).values()],
        )

    def test_following_adds_what_happens(self):
        arguments = ["record", "--kubeconfig", self.reader, "-o", self.output, "--follow"]
        follower = Process("follower", [program(), *arguments], self.plane.folder)
        self.schedulers.append(follower)
        follower.wait_for_log("at version")
        self.create_pod(pod("later", cpu="1"))
        self.create_pod(pod("brief", cpu="1"))
        self.admin.delete(path_of({"metadata": {"name": "brief"}}))
        self.admin.create(
            PODS + "/waits/binding",
            {"metadata": {"name": "waits"}, "target": {"kind": "Node", "name": "n2"}},
        )
        wait_for(
            "the file to know it",
            lambda: '"nodeName":"n2"' in read(self.output) and '"DELETED"' in read(self.output),
        )
        self.assertEqual(follower.stop(), 0, follower.log())
        self.assertIn("events after the snapshot", follower.log())
        self.assertNotIn("forbidden", follower.log())
        self.assertEqual(self.decisions(self.output), {"default/huge": None, "default/later": "n1"})

    def test_rights_that_are_missing_are_named(self):
        nobody = self.plane.kubeconfig(credentials={"token": "wrong"})
        status, _, complaint = berth("record", "--kubeconfig", nobody, "-o", self.output)
        self.assertEqual(status, 1)
        self.assertRegex(complaint, "^berth: list nodes: ")
        self.assertFalse(os.path.exists(self.output))


if __name__ == "__main__":
    unittest.main()
