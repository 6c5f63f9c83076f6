"""Berth as deploy/kubernetes runs it: with the rights of its ServiceAccount, which are enough and not more.

The API server writes down what the ServiceAccount asks for; that is held against its roles.
"""

import json
import os
import re
import unittest

from api_client import ApiClient
from control_plane import ControlPlane, free_ports
from dashboard_test import Dashboard
from metric_sources import served_metrics
from objects import EVENTS, NODES, PODS, condition, node, node_of, pod
from process import Process
from tools import BASE, NAMESPACE, Kubectl, berth
from waiting import wait_for

USER = f"system:serviceaccount:{NAMESPACE}:berth"
ACCOUNT = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/berth"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
DEVICES = "/apis/resource.k8s.io/v1"
DEVICE_CLAIMS = DEVICES + "/namespaces/default/resourceclaims"
PRIORITY_CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "users": [USER]}, {"level": "None"}],
}

# Rights of the role that no request of this test shows, and why Berth has them.
NOT_SEEN_HERE = {
    ("resource.k8s.io", "resourceclaims", "delete"): "a claim that was made for a pod that was not bound",
    ("resource.k8s.io", "resourceclaims/binding", "patch"): "asked of RBAC beside resourceclaims/status",
    ("", "pods", "get"): "only where the answer to a binding was lost",
}


class AuditedControlPlane(ControlPlane):
    """Writes down what Berth's ServiceAccount asks for."""

    def launch(self, program, *arguments, name=None):
        if program == "kube-apiserver":
            policy = os.path.join(self.folder, "audit-policy.json")
            with open(policy, "w", encoding="utf-8") as file:
                json.dump(AUDIT_POLICY, file)
            arguments += ("--audit-policy-file", policy, "--audit-log-path", self.audit_log())
        return super().launch(program, *arguments, name=name)

    def audit_log(self):
        return os.path.join(self.folder, "audit.json")

    def requests(self):
        """The lines of the log, oldest first."""
        with open(self.audit_log(), encoding="utf-8") as file:
            # The last line may be half there.
            return [json.loads(line) for line in file if line.endswith("}\n")]


class LeastRights(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = AuditedControlPlane()
        cls.addClassCleanup(cls.plane.remove)
        cls.plane.start()
        cls.admin = cls.plane.admin
        cls.kubectl = Kubectl(cls.plane)
        cls.kubectl("apply", "-k", BASE)
        cls.kubectl("apply", "-f", os.path.join(BASE, "monitoring", "reader.yaml"))
        cls.replicas = []

    def setUp(self):
        self.addCleanup(self.report)

    def report(self):
        outcome = self._outcome.result
        if any(test is self for test, _ in outcome.failures + outcome.errors):
            for replica in self.replicas:
                print(f"---- {replica.name}", *replica.log().splitlines()[-60:], sep="\n")

    # ---- What the Deployment does ----

    def token(self, account):
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        return self.admin.create(ACCOUNT + account + "/token", request)["status"]["token"]

    def write(self, name, text):
        path = os.path.join(self.plane.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def start_replica(self, name):
        """With the arguments of the Deployment, but for what the machine has otherwise than a pod."""
        (deployment,) = self.admin.items(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")
        spec = deployment["spec"]["template"]["spec"]
        config_map = spec["volumes"][0]["configMap"]["name"]
        config = self.admin.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{config_map}")["data"]
        port = free_ports(1)[0]
        replaced = {
            "--config": self.write("scheduler.yaml", config["scheduler.yaml"]),
            "--secure-port": str(port),
        }
        arguments = []
        for argument in spec["containers"][0]["args"]:
            flag, _, value = argument.partition("=")
            arguments.append(f"{flag}={replaced.get(flag, value)}" if value else flag)
        token = {"tokenFile": self.write(name + ".token", self.token("berth"))}
        kubeconfig = self.plane.kubeconfig(credentials=token)
        arguments += ["--kubeconfig=" + kubeconfig, "--bind-address=127.0.0.1"]
        replica = Process(name, [berth(), *arguments], self.plane.folder)
        self.addCleanup(replica.kill)
        self.replicas.append(replica)
        replica.port = port
        replica.wait_for_log('"Handlers synced"')
        return replica

    def ask(self, replica, path, token=None):
        """(status, text)"""
        return ApiClient(f"https://127.0.0.1:{replica.port}", token=token).send("GET", path)

    def holder(self):
        lease = self.admin.find(LEASE)
        return lease["spec"].get("holderIdentity") if lease else None

    # ---- What makes Berth use its rights ----

    def create_pod(self, name, **options):
        self.admin.create(PODS, pod(name, scheduler="berth", **options))

    def bound(self, name):
        return wait_for(f"{name} to be bound", lambda: node_of(self.admin.get(f"{PODS}/{name}")))

    def place_a_pod(self):
        self.create_pod("first", cpu="1")
        self.bound("first")

    def refuse_a_pod_again_and_again(self, leader):
        self.create_pod("giant", cpu="100", nodeSelector={"kubernetes.io/hostname": "a"})
        refused = lambda: condition(self.admin.get(PODS + "/giant"), "PodScheduled")
        self.assertEqual(wait_for("a refusal", refused)["reason"], "Unschedulable")
        attempts = lambda: leader.log().count("Unable to schedule pod")
        for attempt in range(2, 5):
            # There is room, though where the pod may not go: worth a try, and in vain.
            room = {"cpu": str(100 + attempt)}
            self.admin.patch(NODES + "/b/status", {"status": {"allocatable": room}})
            wait_for("another attempt", lambda attempt=attempt: attempts() >= attempt)
        events = lambda: self.admin.items(EVENTS, fieldSelector="regarding.name=giant")
        wait_for("a series of events", lambda: [one for one in events() if one.get("series")])
        self.admin.delete(PODS + "/giant")
        self.admin.patch(NODES + "/b/status", {"status": {"allocatable": {"cpu": "4"}}})

    def preempt(self):
        self.admin.create(PRIORITY_CLASSES, {"metadata": {"name": "high"}, "value": 1000})
        on_b = {"kubernetes.io/hostname": "b"}
        self.create_pod("victim", cpu="2500m", nodeSelector=on_b)
        self.bound("victim")
        self.create_pod("urgent", cpu="2500m", priorityClassName="high", nodeSelector=on_b)
        self.assertEqual(self.bound("urgent"), "b")
        self.assertIsNone(self.admin.find(PODS + "/victim"))

    def bind_a_volume(self):
        """As far as the scheduler goes; the controllers that would follow are not there."""
        self.create_class("local", "kubernetes.io/no-provisioner")
        term = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["a"]}]}
        spec = {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local",
            "local": {"path": "/data"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
        }
        self.admin.create(VOLUMES, {"metadata": {"name": "disk"}, "spec": spec})
        status = {"status": {"phase": "Available"}}
        self.admin.patch(VOLUMES + "/disk/status", status)
        self.create_claim("data", "local")
        claimed = lambda: self.admin.get(VOLUMES + "/disk")["spec"].get("claimRef")
        self.assertEqual(wait_for("a claimRef", claimed)["name"], "data")
        self.remove_pod_and_claim("data")

    def ask_for_a_volume(self):
        self.create_class("made", "example.com/provisioner")
        self.create_claim("more", "made")
        annotations = lambda: self.admin.get(CLAIMS + "/more")["metadata"].get("annotations", {})
        node_name = lambda: annotations().get("volume.kubernetes.io/selected-node")
        self.assertIn(wait_for("a selected node", node_name), ("a", "b"))
        self.remove_pod_and_claim("more")

    def create_class(self, name, provisioner):
        self.admin.create(
            CLASSES,
            {
                "metadata": {"name": name},
                "provisioner": provisioner,
                "volumeBindingMode": "WaitForFirstConsumer",
            },
        )

    def create_claim(self, name, storage_class):
        """And a pod with it."""
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Gi"}},
        }
        self.admin.create(CLAIMS, {"metadata": {"name": name}, "spec": spec})
        volume = {"name": "data", "persistentVolumeClaim": {"claimName": name}}
        self.create_pod("with-" + name, volumes=[volume])

    def remove_pod_and_claim(self, name):
        """Nobody will provide the volume, which would keep the binding waiting."""
        self.admin.delete(f"{PODS}/with-{name}")
        path = f"{CLAIMS}/{name}"
        # A controller would take the protection away.
        self.admin.patch(path, {"metadata": {"finalizers": None}})
        self.admin.delete(path)

    def allocate_devices(self):
        self.admin.create(
            DEVICES + "/deviceclasses",
            {"metadata": {"name": "gpu"}, "spec": {"extendedResourceName": "example.com/gpu"}},
        )
        devices = [{"name": f"gpu-{number}"} for number in range(2)]
        pool = {"name": "a", "generation": 1, "resourceSliceCount": 1}
        spec = {"driver": "gpu.example.com", "nodeName": "a", "pool": pool, "devices": devices}
        self.admin.create(DEVICES + "/resourceslices", {"metadata": {"name": "a"}, "spec": spec})
        request = {"name": "one", "exactly": {"deviceClassName": "gpu"}}
        claim = {"metadata": {"name": "mine"}, "spec": {"devices": {"requests": [request]}}}
        self.admin.create(DEVICE_CLAIMS, claim)
        self.create_pod("with-claim", resourceClaims=[{"name": "gpu", "resourceClaimName": "mine"}])
        self.assertEqual(self.bound("with-claim"), "a")
        allocated = self.admin.get(DEVICE_CLAIMS + "/mine")
        self.assertIn("allocation", allocated["status"])

        extended = pod("with-resource", scheduler="berth")
        resources = extended["spec"]["containers"][0]["resources"]
        resources["requests"]["example.com/gpu"] = "1"
        resources["limits"] = {"example.com/gpu": "1"}
        self.admin.create(PODS, extended)
        self.assertEqual(self.bound("with-resource"), "a")

    # ---- The tests ----

    def test_two_replicas_use_the_rights_that_they_have(self):
        for name in ("a", "b"):
            self.admin.create(NODES, node(name))
        leader = self.start_replica("leader")
        leader.wait_for_log('"Successfully acquired lease"')
        follower = self.start_replica("follower")
        for replica in (leader, follower):
            self.assertEqual(self.ask(replica, "/livez")[0], 200)
            self.assertEqual(self.ask(replica, "/readyz")[0], 200)

        self.place_a_pod()
        self.refuse_a_pod_again_and_again(leader)
        self.preempt()
        self.bind_a_volume()
        self.ask_for_a_volume()
        self.allocate_devices()
        self.assert_metrics_are_those_of_document_and_dashboard(self.look_at_metrics(leader))

        first = self.holder()
        self.assertEqual(leader.stop(), 0)
        follower.wait_for_log('"Successfully acquired lease"')
        self.assertNotEqual(self.holder(), first)
        self.create_pod("after")
        self.bound("after")
        self.look_at_metrics(follower)
        self.assertEqual(follower.stop(), 0)

        self.assert_all_was_allowed()
        self.assert_no_right_without_use()

    def look_at_metrics(self, replica):
        """As Prometheus does with the token of the monitoring; others may not."""
        self.assertEqual(self.ask(replica, "/metrics")[0], 403)
        self.assertEqual(self.ask(replica, "/metrics", self.token("berth"))[0], 403)
        reader = self.token("berth-reader")
        for path in ("/metrics/slis", "/configz", "/debug/queue", "/debug/cache"):
            self.assertEqual(self.ask(replica, path, reader)[0], 200, path)
        status, text = self.ask(replica, "/metrics", reader)
        self.assertEqual(status, 200)
        self.assertIn('rest_client_requests_total{code="201"', text)
        self.assertNotIn('rest_client_requests_total{code="403"', text)
        return text + self.ask(replica, "/metrics/slis", reader)[1]

    def assert_metrics_are_those_of_document_and_dashboard(self, text):
        shown = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
        known = {name: metric.kind for name, metric in served_metrics().items()}
        self.assertLessEqual(shown.items(), known.items())
        self.assertLessEqual(Dashboard.families(), shown.keys())

    def assert_all_was_allowed(self):
        refused = [one for one in self.plane.requests() if one["responseStatus"]["code"] in (401, 403)]
        self.assertEqual(refused, [])
        for replica in self.replicas:
            self.assertNotIn("forbidden", replica.log())

    def assert_no_right_without_use(self):
        used = set()
        for request in self.plane.requests():
            what = request["objectRef"]
            # That one is another role's, which every cluster has.
            if what.get("namespace") == "kube-system" and what["resource"] == "configmaps":
                continue
            resource = "/".join(filter(None, (what["resource"], what.get("subresource"))))
            used.add((what.get("apiGroup", ""), resource, request["verb"]))
        self.assertEqual(self.granted() - used, set(NOT_SEEN_HERE), "rights without use")
        self.assertEqual(used - self.granted(), set())

    def granted(self):
        roles = "/apis/rbac.authorization.k8s.io/v1"
        rules = self.admin.get(roles + "/clusterroles/berth")["rules"]
        path = f"{roles}/namespaces/{NAMESPACE}/roles/berth-leader-election"
        rules += self.admin.get(path)["rules"]
        return {
            (group, resource, verb)
            for rule in rules
            for group in rule["apiGroups"]
            for resource in rule["resources"]
            for verb in rule["verbs"]
        }


if __name__ == "__main__":
    unittest.main()
