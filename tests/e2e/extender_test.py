"""The real kube-scheduler asks `berth extender`, and does as it is told."""

import time
import unittest

from certificates import Authority
from cluster_test_case import ClusterTestCase
from control_plane import free_ports, write_scheduler_config
from extender_process import BerthExtender
from objects import node, node_of, pod
from proxies import RecordingProxy
from waiting import wait_for

POOL = "example.com/pool"
SHUT_OUT = "node(s) didn't match scheduler-enforced node affinity"


def only_pool(name):
    """A profile that adds to all pods that they want nodes of the pool."""
    term = {"matchExpressions": [{"key": POOL, "operator": "In", "values": [name]}]}
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return profile([{"name": "NodeAffinity", "args": {"addedAffinity": affinity}}])


def profile(plugin_config, **points):
    return {
        "profiles": [
            {
                "schedulerName": "default-scheduler",
                "plugins": points,
                "pluginConfig": plugin_config,
            }
        ]
    }


def fullest_first():
    """Only one score: the node that has the least left."""
    args = {"scoringStrategy": {"type": "MostAllocated"}}
    only = {"enabled": [{"name": "NodeResourcesFit", "weight": 1}], "disabled": [{"name": "*"}]}
    return profile([{"name": "NodeResourcesFit", "args": args}], score=only)


class ExtenderTestCase(ClusterTestCase):
    def start_extender(self, config, *flags, cached=False, port=0):
        """`cached`: it watches the cluster and is asked about names."""
        kubeconfig = self.kubeconfig() if cached else None
        name = f"{self._testMethodName}-extender-{len(self.schedulers)}"
        port = port or free_ports(1)[0]
        extender = BerthExtender(name, self.plane.folder, port, config, kubeconfig, *flags)
        self.schedulers.append(extender)
        return extender.wait_until_ready()

    def start_kube_scheduler(self, *extenders, **config):
        self.plane.start_kube_scheduler({"parallelism": 1, "extenders": list(extenders), **config})
        self.addCleanup(self.plane.kill, "kube-scheduler")

    def refusal(self, name):
        """Why the pod waits, in kube-scheduler's words."""
        return self.wait_for_event(self.pod(name), "FailedScheduling")["note"]


class Verbs:
    """Each verb, in the way of asking that the subclass says."""

    cached = False

    def entry(self, extender, **fields):
        return extender.entry(nodeCacheCapable=self.cached, **fields)

    def test_a_node_that_only_berth_rejects_gets_no_pod(self):
        extender = self.start_extender(only_pool("gold"), cached=self.cached)
        self.start_kube_scheduler(self.entry(extender, filterVerb="filter"))
        self.create_nodes(
            node("lead", labels={POOL: "lead"}), node("gold", cpu="1", labels={POOL: "gold"})
        )
        for number in range(3):
            self.create_pod(pod(f"pod-{number}", "300m"))
        for number in range(3):
            self.assertEqual(node_of(self.wait_until_bound(f"pod-{number}")), "gold")
        self.create_pod(pod("one-too-many", "300m"))
        self.wait_until_unschedulable("one-too-many")
        note = self.refusal("one-too-many")
        self.assertIn("1 Insufficient cpu", note)
        self.assertIn("1 " + SHUT_OUT, note)

    def test_nothing_is_left(self):
        extender = self.start_extender(only_pool("none"), cached=self.cached)
        self.start_kube_scheduler(self.entry(extender, filterVerb="filter"))
        self.create_nodes(node("a"), node("b"))
        self.create_pod(pod("nowhere"))
        self.wait_until_unschedulable("nowhere")
        self.assertIn(f"0/2 nodes are available: 2 {SHUT_OUT}", self.refusal("nowhere"))

    def test_scores_tip_the_choice(self):
        extender = self.start_extender(fullest_first(), cached=self.cached)
        asked = self.entry(extender, prioritizeVerb="prioritize", weight=1_000)
        self.start_kube_scheduler(asked)
        # Of what it is told in whole nodes, no pods that run there are part.
        self.create_nodes(node("large", cpu="32", memory="64Gi"), node("small", cpu="2", memory="4Gi"))
        for number in range(3):
            self.create_pod(pod(f"pod-{number}", "500m", "1Gi"))
            self.assertEqual(node_of(self.wait_until_bound(f"pod-{number}")), "small")


class NamesOnly(Verbs, ExtenderTestCase):
    """nodeCacheCapable: the nodes come from Berth's own watch."""

    cached = True

    def test_berth_binds(self):
        extender = self.start_extender({}, cached=True)
        self.start_kube_scheduler(self.entry(extender, bindVerb="bind"))
        self.create_nodes(node("only"))
        self.create_pod(pod("bound-by-berth"))
        self.assertEqual(node_of(self.wait_until_bound("bound-by-berth")), "only")
        wait_for("the verb to be counted", lambda: extender.requests("bind") == 1)

    def test_a_binding_that_cannot_be_is_told(self):
        extender = self.start_extender({}, cached=True)
        body = b'{"PodName":"nobody","PodNamespace":"default","PodUID":"u","Node":"only"}'
        status, answer = extender.post("/bind", body)
        self.assertEqual(status, 200)
        self.assertIn("not found", answer["Error"])

    def test_preemption_asks_it(self):
        # kube-scheduler would rather preempt on "lead", where the victim is less important.
        extender = self.start_extender(only_pool("gold"), cached=True)
        self.start_kube_scheduler(self.entry(extender, preemptVerb="preempt"))
        self.create_nodes(
            node("lead", cpu="1", labels={POOL: "lead"}), node("gold", cpu="1", labels={POOL: "gold"})
        )
        self.create_priority_class("middle", 100)
        self.create_priority_class("high", 1_000)
        gold = {"nodeSelector": {POOL: "gold"}, "priorityClassName": "middle"}
        self.create_pod(pod("on-lead", "800m", nodeSelector={POOL: "lead"}))
        self.create_pod(pod("on-gold", "800m", **gold))
        for name in ("on-lead", "on-gold"):
            self.wait_until_bound(name)
        self.create_pod(pod("important", "800m", priorityClassName="high"))
        self.assertEqual(node_of(self.wait_until_bound("important")), "gold")
        self.assertEqual([one["metadata"]["name"] for one in self.pods()], ["important", "on-lead"])
        self.assertGreaterEqual(extender.requests("preempt"), 1)

    def create_priority_class(self, name, value):
        classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
        self.admin.create(classes, {"metadata": {"name": name}, "value": value})
        self.addCleanup(self.admin.delete, f"{classes}/{name}")

    def test_it_sees_what_runs_where(self):
        extender = self.start_extender(fullest_first(), cached=True)
        asked = self.entry(extender, prioritizeVerb="prioritize", weight=1_000)
        self.start_kube_scheduler(asked)
        self.create_nodes(*(node(f"node-{number}", cpu="4") for number in range(4)))
        self.create_pod(pod("first", "1"))
        first = node_of(self.wait_until_bound("first"))
        for name in ("second", "third"):
            # What it decides by comes with its watch, a moment later.
            time.sleep(0.3)
            self.create_pod(pod(name, "1"))
            self.assertEqual(node_of(self.wait_until_bound(name)), first)


class WholeNodes(Verbs, ExtenderTestCase):
    """Not nodeCacheCapable: all it knows is what it is told."""


class Unreachable(ExtenderTestCase):
    """Berth is not there, or cannot be trusted."""

    def test_pods_wait_for_an_extender_that_is_down(self):
        extender = self.start_extender(only_pool("gold"))
        self.start_kube_scheduler(extender.entry(filterVerb="filter"))
        self.create_nodes(node("gold", labels={POOL: "gold"}), node("lead", labels={POOL: "lead"}))
        self.assertEqual(extender.stop(), 0)
        self.create_pod(pod("waiting"))
        self.assertIn("connection refused", self.refusal("waiting"))
        self.assertIsNone(node_of(self.pod("waiting")))
        self.start_extender(only_pool("gold"), port=extender.port)
        self.assertEqual(node_of(self.wait_until_bound("waiting")), "gold")

    def test_pods_do_not_wait_for_one_that_may_be_ignored(self):
        extender = self.start_extender(only_pool("gold"))
        self.start_kube_scheduler(extender.entry(filterVerb="filter", ignorable=True))
        self.create_nodes(node("lead", labels={POOL: "lead"}))
        self.create_pod(pod("shut-out"))
        self.wait_until_unschedulable("shut-out")
        self.assertEqual(extender.stop(), 0)
        self.create_pod(pod("let-in"))
        self.assertEqual(node_of(self.wait_until_bound("let-in")), "lead")

    def start_with_tls(self, *flags):
        authority = Authority(self.plane.folder, self._testMethodName)
        certificate, key = authority.sign_server("extender")
        tls = ("--tls-cert-file", certificate, "--tls-private-key-file", key)
        return authority, self.start_extender(only_pool("gold"), *tls, *flags)

    def test_an_authority_that_is_known(self):
        authority, extender = self.start_with_tls()
        trusted = {"caFile": authority.certificate}
        self.start_kube_scheduler(extender.entry(filterVerb="filter", tlsConfig=trusted))
        self.create_nodes(node("gold", labels={POOL: "gold"}), node("lead", labels={POOL: "lead"}))
        self.create_pod(pod("trusting"))
        self.assertEqual(node_of(self.wait_until_bound("trusting")), "gold")

    def test_a_wrong_authority_is_refused(self):
        _, extender = self.start_with_tls()
        wrong = {"caFile": Authority(self.plane.folder, "wrong").certificate}
        self.start_kube_scheduler(extender.entry(filterVerb="filter", tlsConfig=wrong))
        self.create_nodes(node("gold", labels={POOL: "gold"}))
        self.create_pod(pod("wary"))
        self.assertIn("certificate signed by unknown authority", self.refusal("wary"))
        self.assertIsNone(node_of(self.pod("wary")))

    def test_clients_show_who_they_are(self):
        users = Authority(self.plane.folder, "extender-clients")
        authority, extender = self.start_with_tls("--client-ca-file", users.certificate)
        certificate, key = users.sign_user("kube-scheduler")
        known = {"caFile": authority.certificate, "certFile": certificate, "keyFile": key}
        self.start_kube_scheduler(extender.entry(filterVerb="filter", tlsConfig=known))
        self.create_nodes(node("gold", labels={POOL: "gold"}))
        self.create_pod(pod("known"))
        self.assertEqual(node_of(self.wait_until_bound("known")), "gold")
        # Somebody without a certificate may ask how it is, as kubelet does, and nothing else.
        self.assertEqual(extender.get("/healthz")[0], 200)
        self.assertEqual(extender.post_raw("/filter", b"{}")[0], 401)


class Replayed(ExtenderTestCase):
    """What kube-scheduler has asked, asked again byte by byte."""

    def test_equal_bytes_get_equal_answers(self):
        extender = self.start_extender(only_pool("gold"))
        proxy = RecordingProxy(extender.port)
        self.addCleanup(proxy.close)
        verbs = {"filterVerb": "filter", "prioritizeVerb": "prioritize", "weight": 1}
        self.start_kube_scheduler({**extender.entry(**verbs), "urlPrefix": proxy.server})
        pools = ("gold", "lead", "gold", "tin", "gold")
        self.create_nodes(*(node(f"node-{i}", labels={POOL: pool}) for i, pool in enumerate(pools)))
        for number in range(10):
            self.create_pod(pod(f"pod-{number}", "100m", labels={"app": f"app-{number % 2}"}))
        for number in range(10):
            self.wait_until_bound(f"pod-{number}")
        self.assertGreaterEqual(len(proxy.exchanges), 20)
        again = self.start_extender(only_pool("gold"))
        for path, request, answer in proxy.exchanges:
            self.assertEqual(again.post_raw(path, request), (200, answer), path)


if __name__ == "__main__":
    unittest.main()
