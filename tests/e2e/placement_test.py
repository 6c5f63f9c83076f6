"""`berth placement` follows a cluster: it answers for it as it is, and changes nothing there."""

import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from cluster_test_case import ClusterTestCase
from objects import HOSTNAME, NODES, node, node_of, pod
from process import Process
from waiting import wait_for

try:
    import grpc
except ImportError:
    grpc = None

PROTO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "proto")
PROTOCOL = "berth/placement/v1/placement"
MAKERS = [shutil.which(name) for name in ("protoc", "grpc_python_plugin")]
PATIENCE = 30.0  # seconds, of a call
VOLUMES = "/api/v1/persistentvolumes"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"


def make_protocol(folder):
    """The modules of messages and of calls, made with protoc."""
    protoc, plugin = MAKERS
    outputs = [f"--proto_path={PROTO}", f"--python_out={folder}", f"--grpc_out={folder}"]
    command = [protoc, *outputs, f"--plugin=protoc-gen-grpc={plugin}", PROTOCOL + ".proto"]
    subprocess.run(command, check=True)
    sys.path.insert(0, folder)
    name = PROTOCOL.replace("/", ".")
    return importlib.import_module(name + "_pb2"), importlib.import_module(name + "_pb2_grpc")


class Placement(Process):
    """The service on a free port, with its snapshot "live"."""

    def __init__(self, name, folder, kubeconfig, protocol):
        command = [os.environ["BERTH_PROGRAM"], "placement", "--kubeconfig", kubeconfig]
        super().__init__(name, [*command, "--port", "0"], folder)
        self.messages, calls = protocol
        self.wait_for_log("Serving berth.placement.v1")
        port = re.search(r"Serving berth\.placement\.v1.*port=\"?(\d+)", self.log()).group(1)
        self.channel = grpc.insecure_channel("127.0.0.1:" + port)
        self.stub = calls.PlacementStub(self.channel)

    def kill(self):
        self.channel.close()
        super().kill()

    def wait_until_known(self):
        self.wait_for_log("The cluster is known")
        return self

    def snapshots(self):
        request = self.messages.ListSnapshotsRequest()
        return list(self.stub.ListSnapshots(request, timeout=PATIENCE).snapshots)

    def place(self, *pods, keep=False):
        """Where each would go, by name; those that wait, unless some are given."""
        documents = {"apiVersion": "v1", "kind": "List", "items": [manifest(one) for one in pods]}
        text = json.dumps(documents).encode() if pods else b""
        request = self.messages.PlaceRequest(snapshot="live", pods=text, keep=keep)
        return {one.pod: one for one in self.stub.Place(request, timeout=PATIENCE)}

    def explain(self, pod_name):
        request = self.messages.ExplainRequest(snapshot="live", pod="default/" + pod_name)
        return json.loads(self.stub.Explain(request, timeout=PATIENCE).json)

    def delete(self):
        self.stub.DeleteSnapshot(self.messages.DeleteSnapshotRequest(id="live"), timeout=PATIENCE)


def manifest(pod_object):
    return {"apiVersion": "v1", "kind": "Pod", **pod_object}


@unittest.skipUnless(grpc and all(MAKERS), "needs python3-grpcio, protoc and grpc_python_plugin")
class PlacementFollows(ClusterTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.protocol = make_protocol(cls.plane.folder)

    def start_placement(self):
        placement = Placement(
            self._testMethodName, self.plane.folder, self.kubeconfig(), self.protocol
        )
        self.schedulers.append(placement)
        return placement

    def code_of(self, call):
        """How a call that fails ends."""
        with self.assertRaises(grpc.RpcError) as failed:
            call()
        return failed.exception.code()

    def test_what_changes_in_the_cluster_changes_the_answer(self):
        self.create_nodes(node("small", cpu="1"))
        placement = self.start_placement().wait_until_known()
        big = pod("big", cpu="2")
        answer = placement.place(big)["default/big"]
        self.assertEqual(answer.node, "")
        self.assertIn("1 Insufficient cpu", answer.message)

        self.create_nodes(node("large", cpu="4"))
        wait_for("the new node", lambda: placement.place(big)["default/big"].node == "large")
        self.create_pod(pod("runs", cpu="3", nodeName="large"))
        wait_for("the pod on it", lambda: placement.place(big)["default/big"].node == "")
        self.admin.delete(f"{NODES}/small")
        wait_for("the node to go", lambda: placement.snapshots()[0].nodes == 1)
        self.assertEqual(placement.snapshots()[0].running_pods, 1)
        self.assertEqual(placement.stop(), 0)

    def test_pods_that_wait_are_placed_as_the_scheduler_places_them(self):
        self.create_nodes(*(node(f"node-{i}", cpu=str(2 + i)) for i in range(4)))
        self.create_pod(pod("first", cpu="4500m"))
        self.create_pod(pod("huge", cpu="64"))
        placement = self.start_placement().wait_until_known()
        wait_for("both pods", lambda: len(placement.place()) == 2)
        answers = placement.place()
        self.assertIn("4 Insufficient cpu", answers["default/huge"].message)
        self.assertIn("Insufficient cpu", json.dumps(placement.explain("huge")))
        self.assert_untouched("first")  # asked about, and not placed
        self.start_berth()
        self.assertEqual(node_of(self.wait_until_bound("first")), answers["default/first"].node)

    def test_the_live_snapshot_cannot_be_changed(self):
        self.create_nodes(node("one"))
        self.create_pod(pod("waits"))
        placement = self.start_placement().wait_until_known()
        refused = grpc.StatusCode.FAILED_PRECONDITION
        self.assertEqual(self.code_of(lambda: placement.place(keep=True)), refused)
        self.assertEqual(self.code_of(placement.delete), refused)
        wait_for("the pod", lambda: placement.place()["default/waits"].node == "one")
        self.assert_untouched("waits")

    def test_volumes_of_the_cluster_say_where_a_pod_may_go(self):
        self.create_nodes(node("one"), node("two"))
        self.admin.create(
            CLASSES,
            {
                "metadata": {"name": "local"},
                "provisioner": "kubernetes.io/no-provisioner",
                "volumeBindingMode": "WaitForFirstConsumer",
            },
        )
        self.addCleanup(self.admin.delete, f"{CLASSES}/local")
        placement = self.start_placement().wait_until_known()
        self.admin.create(CLAIMS, claim("data"))
        self.addCleanup(self.admin.delete, f"{CLAIMS}/data")
        self.admin.create(VOLUMES, local_volume("disk", "two"))
        self.addCleanup(self.admin.delete, f"{VOLUMES}/disk")
        # As the controller of volumes would say.
        self.admin.patch(f"{VOLUMES}/disk/status", {"status": {"phase": "Available"}})
        volume = {"name": "data", "persistentVolumeClaim": {"claimName": "data"}}
        user = pod("user", volumes=[volume])

        def goes_to_its_volume():
            answer = placement.place(user)["default/user"]
            return answer.node == "two" and answer.feasible_nodes == 1

        wait_for("the volume to be seen", goes_to_its_volume)

    def test_it_says_that_it_may_not_list(self):
        nobody = self.plane.kubeconfig(credentials={"token": "wrong"})
        placement = Placement(self._testMethodName, self.plane.folder, nobody, self.protocol)
        self.schedulers.append(placement)
        self.assertEqual(self.code_of(placement.place), grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(placement.snapshots(), [])
        placement.wait_for_log("Failed to watch", "Unauthorized")


def claim(name):
    return {
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def local_volume(name, node_name):
    term = {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [node_name]}]}
    return {
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Gi"},
            "storageClassName": "local",
            "local": {"path": "/mnt/disk"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
        },
    }
