"""The API server takes what is in deploy/, and kustomize and Helm give it the same."""

import os
import re
import tempfile
import unittest

from control_plane import ControlPlane
from tools import BASE, CHART, DEPLOY, KUBERNETES, NAMESPACE, Kubectl, berth, helm, run
from waiting import wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
# What the API server fills in, and what tells releases apart.
FILLED_IN = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
OF_A_RELEASE = ("labels", "annotations")
INSTANCE = "app.kubernetes.io/instance"



def write_sweep(folder):
    files = {
        "nodes.yaml": "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n",
        "pods.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p1}\n",
        "profile.yaml": "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n",
        "sweep.yaml": "apiVersion: berth/v1alpha1\nkind: Sweep\nnodes: [nodes.yaml]\n"
        "workloads: {pods: pods.yaml}\nprofiles: {default: profile.yaml}\nseeds: [1, 2, 3]\n"
        "output: results\n",
    }
    for name, text in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return os.path.join(folder, "sweep.yaml")


class Manifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.plane = ControlPlane()
        cls.addClassCleanup(cls.plane.remove)
        cls.plane.start()
        cls.kubectl = Kubectl(cls.plane)
        # A dry run does not see the namespace that it would have made.
        cls.kubectl("create", "namespace", NAMESPACE)
        wait_for("system-cluster-critical", lambda: cls.kubectl("get", "priorityclasses", "-o", "name"))

    def chart(self, *values, namespace=NAMESPACE, name="berth"):
        if helm() is None:
            self.skipTest("there is no helm")
        options = [option for value in values for option in ("--set", value)]
        return run(
            helm(), "template", name, CHART, "-n", namespace, "--kube-version", KUBERNETES, *options
        )

    def install_service_monitors(self):
        self.kubectl("apply", "-f", os.path.join(HERE, "service-monitor-crd.yaml"))
        self.kubectl(
            *("wait", "--for=condition=Established", "--timeout=60s"),
            "crd/servicemonitors.monitoring.coreos.com",
        )

    def test_the_api_server_takes_the_base(self):
        objects = self.kubectl.accepted(self.kubectl.kustomize(BASE))
        deployment = objects["Deployment/berth"]["spec"]
        config_map = deployment["template"]["spec"]["volumes"][0]["configMap"]["name"]
        self.assertIn("ConfigMap/" + config_map, objects)
        self.assertEqual(deployment["replicas"], 2)
        self.assertEqual(objects["PodDisruptionBudget/berth"]["spec"]["maxUnavailable"], 1)

    def test_nothing_is_moved_to_another_namespace_or_renamed(self):
        objects = self.kubectl.accepted(self.kubectl.kustomize(BASE))
        reader = objects["RoleBinding/berth-authentication-reader"]
        self.assertEqual(reader["metadata"]["namespace"], "kube-system")
        self.assertEqual(objects["Role/berth-leader-election"]["rules"][1]["resourceNames"], ["berth"])

    def test_berth_takes_the_configuration_and_its_lease_is_the_one_of_the_role(self):
        objects = self.kubectl.accepted(self.kubectl.kustomize(BASE))
        printed = self.printed_configuration(objects)
        self.assertIn("resourceName: berth\n", printed)
        self.assertIn(f"resourceNamespace: {NAMESPACE}\n", printed)

    def test_its_pods_keep_the_restricted_standard(self):
        """The namespace enforces it, so that a pod which does not is refused."""
        objects = self.kubectl.accepted(self.kubectl.kustomize(BASE))
        self.kubectl(
            *("label", "namespace", NAMESPACE, "--overwrite"),
            "pod-security.kubernetes.io/enforce=restricted",
        )
        template = objects["Deployment/berth"]["spec"]["template"]
        path = f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All"
        pod = {"metadata": {**template["metadata"], "name": "berth-0"}, "spec": template["spec"]}
        made = self.plane.admin.create(path, pod)
        self.assertEqual(made["spec"]["priority"], 2_000_000_000)
        container = pod["spec"]["containers"][0]
        self.assertTrue(container["securityContext"]["readOnlyRootFilesystem"])
        container["securityContext"]["allowPrivilegeEscalation"] = True
        status, text = self.plane.admin.send("POST", path, pod)
        self.assertEqual(status, 403, text)

    def test_the_api_server_takes_the_monitoring(self):
        """Its fields against a definition of our own, which has the operator's types."""
        self.install_service_monitors()
        objects = self.kubectl.accepted(self.kubectl.kustomize(os.path.join(BASE, "monitoring")))
        self.assertIn("ServiceMonitor/berth", objects)
        self.assertIn("Secret/berth-reader", objects)

    def test_the_api_server_takes_the_static_pod(self):
        with open(os.path.join(DEPLOY, "static-pod", "berth.yaml"), encoding="utf-8") as file:
            objects = self.kubectl.accepted(file.read())
        self.assertTrue(objects["Pod/berth"]["spec"]["hostNetwork"])

    def test_the_api_server_takes_the_extender(self):
        objects = self.kubectl.accepted(self.kubectl.kustomize(os.path.join(DEPLOY, "extender")))
        deployment = objects["Deployment/berth-extender"]["spec"]
        container = deployment["template"]["spec"]["containers"][0]
        port = objects["Service/berth-extender"]["spec"]["ports"][0]
        self.assertIn(f"--port={port['port']}", container["args"])
        self.assertEqual(port["targetPort"], container["ports"][0]["name"])
        # It binds nothing, so it may write nothing.
        self.assertNotIn("bind", container["args"][-2])
        for rule in objects["ClusterRole/berth-extender"]["rules"]:
            self.assertEqual(rule["verbs"], ["list", "watch"])
        self.assertIn("type: RequestedToCapacityRatio", self.printed_configuration(objects))

    def test_the_extender_s_entry_for_kube_scheduler_is_one(self):
        path = os.path.join(DEPLOY, "extender", "kube-scheduler.yaml")
        self.assertIn("prioritizeVerb: prioritize", run(berth(), "config", "print", "--config", path))

    def test_the_api_server_takes_the_job_of_a_sweep(self):
        with tempfile.TemporaryDirectory() as folder:
            file = write_sweep(folder)
            job = ("sweep", "--emit-job", "--shards", "3", "--image", "example.com/berth:1", file)
            inlined = self.kubectl.accepted(run(berth(), *job))
            mounted = self.kubectl.accepted(run(berth(), *job, "--volume-claim", "data"))
        self.assertEqual(list(mounted), ["Job/berth-sweep"])
        spec = inlined["Job/berth-sweep"]["spec"]
        self.assertEqual((spec["completionMode"], spec["completions"]), ("Indexed", 3))
        keys = [item["key"] for item in spec["template"]["spec"]["volumes"][0]["configMap"]["items"]]
        self.assertEqual(set(keys), set(inlined["ConfigMap/berth-sweep"]["binaryData"]))

    def test_the_chart_makes_what_the_base_has(self):
        ours = self.kubectl.accepted(self.kubectl.kustomize(BASE))
        theirs = self.kubectl.accepted(self.chart())
        self.assertEqual(self.printed_configuration(ours), self.printed_configuration(theirs))
        # helm install --create-namespace
        del ours["Namespace/" + NAMESPACE]
        self.assertEqual(comparable(ours), comparable(theirs))

    def test_the_chart_makes_what_the_monitoring_has(self):
        self.install_service_monitors()
        base = self.kubectl.kustomize(BASE)
        monitoring = self.kubectl.kustomize(os.path.join(BASE, "monitoring"))
        ours = self.kubectl.accepted(base + "---\n" + monitoring)
        del ours["Namespace/" + NAMESPACE]
        theirs = self.kubectl.accepted(self.chart("serviceMonitor.enabled=true"))
        self.assertEqual(comparable(ours), comparable(theirs))

    def test_the_api_server_takes_the_chart_with_other_values(self):
        # fmt: off
        objects = self.kubectl.accepted(self.chart(
            "replicas=3", "schedulerName=other", "priorityClassName=", "port=12345", "image.tag=2",
            "image.repository=registry.example.com/berth", "imagePullSecrets[0].name=pull",
            "nodeSelector.zone=a", "podLabels.team=x", "podAnnotations.note=y", "tolerations=null",
            "topologySpreadConstraints[0].maxSkew=2",
            "topologySpreadConstraints[0].topologyKey=zone",
            "topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule",
            "config.leaderElection.leaseDuration=30s", "config.clientConnection.qps=7",
            "resources.limits.memory=1Gi", "extraArgs[0]=--logging-format=json",
            "podDisruptionBudget.enabled=false", "serviceAccount.annotations.a=b",
            namespace="default", name="second"))
        # fmt: on
        deployment = objects["Deployment/second-berth"]["spec"]
        spec = deployment["template"]["spec"]
        container = spec["containers"][0]
        self.assertEqual(deployment["replicas"], 3)
        self.assertEqual(container["image"], "registry.example.com/berth:2")
        self.assertIn("--secure-port=12345", container["args"])
        self.assertIn("--logging-format=json", container["args"])
        self.assertEqual(container["ports"][0]["containerPort"], 12345)
        self.assertEqual(container["resources"]["limits"], {"memory": "1Gi"})
        self.assertEqual(spec["topologySpreadConstraints"][0]["topologyKey"], "zone")
        self.assertNotIn("tolerations", spec)
        self.assertNotIn("PodDisruptionBudget/second-berth", objects)
        printed = self.printed_configuration(objects)
        for line in ("schedulerName: other", "resourceName: second-berth", "qps: 7", "leaseDuration: 30s"):
            self.assertIn(line + "\n", printed)
        lease = objects["Role/second-berth-leader-election"]["rules"][1]["resourceNames"]
        self.assertEqual(lease, ["second-berth"])

    def printed_configuration(self, objects):
        """With its defaults, as Berth understands it."""
        (config_map,) = (one for one in objects.values() if one["kind"] == "ConfigMap")
        path = os.path.join(self.plane.folder, "scheduler.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(config_map["data"]["scheduler.yaml"])
        return run(berth(), "config", "print", "--config", path)


def comparable(objects):
    """Without what the API server or the tool says of itself, and without the configuration's text."""
    stripped = {}
    for name, one in objects.items():
        if one["kind"] == "ConfigMap":
            continue
        one = without_hash({key: value for key, value in one.items() if key != "status"})
        for field in FILLED_IN + OF_A_RELEASE:
            one["metadata"].pop(field, None)
        if one["kind"] == "Deployment":
            one["spec"]["template"]["metadata"].pop("annotations", None)
        stripped[name] = one
    return stripped


def without_hash(value):
    """kustomize's hash at the end of a name, and the release among labels."""
    if isinstance(value, dict):
        return {key: without_hash(inner) for key, inner in value.items() if key != INSTANCE}
    if isinstance(value, list):
        return [without_hash(inner) for inner in value]
    if isinstance(value, str):
        return re.sub(r"^berth-config-[a-z0-9]{10}$", "berth-config", value)
    return value


if __name__ == "__main__":
    unittest.main()
