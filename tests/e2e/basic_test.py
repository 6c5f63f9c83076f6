"""Pods run where they should, and everybody can see why not."""

import time
import unittest

from cluster_test_case import ClusterTestCase
from control_plane import seconds_since
from objects import HOSTNAME, NODES, PODS, ZONE, condition, node, node_of, path_of, pod
from waiting import wait_for

TAIL = " no new claims to deallocate, preemption: 0/{0} nodes are available: "
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
PRIORITY_CLASSES = "/apis/scheduling.k8s.io/v1/priorityclasses"

NO_VICTIMS = "{0} No preemption victims found for incoming pod."


def sentence(nodes, reasons, preemption):
    """What kube-scheduler says of a pod that fits nowhere."""
    return f"0/{nodes} nodes are available: {reasons}." + TAIL.format(nodes) + preemption


class Basic(ClusterTestCase):
    def setUp(self):
        super().setUp()
        self.berth = self.start_berth()

    def test_pods_with_our_scheduler_name_are_bound_and_others_are_left_alone(self):
        self.create_nodes(node("node-1"), node("node-2"))
        self.create_pod(pod("theirs", scheduler="another-scheduler"))
        for number in range(4):
            self.create_pod(pod(f"ours-{number}"))
        for number in range(4):
            bound = self.wait_until_bound(f"ours-{number}")
            self.assertEqual(condition(bound, "PodScheduled")["status"], "True")
            event = self.wait_for_event(bound, "Scheduled")
            name = bound["metadata"]["name"]
            self.assertEqual(
                event["note"], f"Successfully assigned default/{name} to {node_of(bound)}"
            )
            self.assertEqual(event["type"], "Normal")
            self.assertEqual(event["action"], "Binding")
            self.assertEqual(event["reportingController"], "default-scheduler")
            self.assertTrue(event["reportingInstance"].startswith("default-scheduler-"))
            self.assertEqual(event["regarding"]["kind"], "Pod")
            self.assertEqual(event["regarding"]["apiVersion"], "v1")
            self.assertEqual(event["regarding"]["namespace"], "default")
            self.assertEqual(event["regarding"]["name"], name)
            self.assertTrue(event["regarding"]["resourceVersion"])
        self.assert_untouched("theirs")
        self.assertEqual(self.berth.stop(), 0)

    def test_a_pod_that_fits_nowhere_says_so_in_condition_and_event(self):
        self.create_nodes(
            node("small-1", cpu="1"),
            node("small-2", cpu="1"),
            node("kept", taints=[{"key": "for", "value": "others", "effect": "NoSchedule"}]),
        )
        self.create_pod(pod("big", cpu="2"))
        expected = sentence(
            3,
            "1 node(s) had untolerated taint(s), 2 Insufficient cpu",
            "3 Preemption is not helpful for scheduling.",
        )
        refused = self.wait_until_unschedulable("big")
        seen = condition(refused, "PodScheduled")
        self.assertEqual(seen["status"], "False")
        self.assertEqual(seen["message"], expected)
        self.assertEqual(seen["observedGeneration"], refused["metadata"]["generation"])
        self.assertIsNone(node_of(refused))
        event = self.wait_for_event(refused, "FailedScheduling")
        self.assertEqual(event["note"], expected)
        self.assertEqual(event["type"], "Warning")
        self.assertEqual(event["action"], "Scheduling")
        self.assertEqual(event["reportingController"], "default-scheduler")
        self.assertEqual(event["regarding"]["name"], "big")

    def test_the_same_refusal_again_becomes_a_series(self):
        self.create_nodes(node("small", cpu="1", labels={"disk": "ssd"}), node("other", cpu="4"))
        big = self.create_pod(pod("big", cpu="2", nodeSelector={"disk": "ssd"}))
        self.wait_until_unschedulable("big")
        # The first refusal changes the pod, so the one after it is another event, which then
        # repeats itself.
        for attempt in range(2, 6):
            # There is more room: each time that is worth a try, and each time in vain.
            room = {"cpu": str(4 + attempt)}
            self.admin.patch(f"{NODES}/other/status", {"status": {"allocatable": room}})
            self.wait_for_attempts(attempt)

        def series():
            found = self.events_of(big, "FailedScheduling")
            return any((event.get("series") or {}).get("count", 0) >= 2 for event in found)

        wait_for("a series", series)
        self.assertLessEqual(len(self.events_of(big, "FailedScheduling")), 2)

    def wait_for_attempts(self, count):
        wait_for(
            f"{count} attempts", lambda: self.berth.log().count("Unable to schedule pod") >= count
        )

    def test_a_waiting_pod_is_bound_once_the_node_it_needs_is_there(self):
        self.create_nodes(node("small", cpu="1"))
        self.create_pod(pod("big", cpu="2"))
        self.wait_until_unschedulable("big")
        start = time.monotonic()
        self.create_nodes(node("large"))
        self.assertEqual(node_of(self.wait_until_bound("big")), "large")
        print(f"bound after the node was added: {seconds_since(start)}")

    def test_a_waiting_pod_is_bound_once_another_leaves(self):
        self.create_nodes(node("only", cpu="1"))
        self.create_pod(pod("first", cpu="800m"))
        self.wait_until_bound("first")
        self.create_pod(pod("second", cpu="800m"))
        refused = self.wait_until_unschedulable("second")
        self.assertEqual(
            condition(refused, "PodScheduled")["message"],
            sentence(1, "1 Insufficient cpu", NO_VICTIMS.format(1)),
        )
        self.admin.delete(f"{PODS}/first")
        self.assertEqual(node_of(self.wait_until_bound("second")), "only")

    def test_scheduling_gates_hold_a_pod_back_without_a_word(self):
        self.create_nodes(node("only"))
        gated = self.create_pod(pod("gated", schedulingGates=[{"name": "example.com/quota"}]))
        self.create_pod(pod("free"))
        self.wait_until_bound("free")
        seen = self.pod("gated")
        self.assertIsNone(node_of(seen))
        self.assertEqual(condition(seen, "PodScheduled")["reason"], "SchedulingGated")
        self.assertEqual(self.events_of(gated, "FailedScheduling"), [])
        self.admin.patch(path_of(gated), {"spec": {"schedulingGates": None}})
        self.wait_until_bound("gated")

    def test_waiting_pods_can_be_deleted(self):
        self.create_nodes(node("small", cpu="1"))
        for number in range(3):
            self.create_pod(pod(f"big-{number}", cpu="2"))
        for number in range(3):
            self.wait_until_unschedulable(f"big-{number}")
        self.admin.delete(f"{PODS}/big-0")
        self.admin.delete(f"{PODS}/big-2")
        self.create_nodes(node("large", cpu="3"))
        self.wait_until_bound("big-1")
        # Under an old name comes another pod, and there is room for no more than that.
        self.create_pod(pod("big-0", cpu="500m"))
        self.wait_until_bound("big-0")
        self.assertEqual(len(self.pods()), 2)

    def test_a_pod_that_is_deleted_and_made_again_is_another_one(self):
        self.create_nodes(node("small", cpu="1"))
        for _ in range(5):
            self.create_pod(pod("again", cpu="2"))
            self.admin.delete(f"{PODS}/again")
        self.create_pod(pod("again", cpu="500m"))
        self.wait_until_bound("again")


class Rules(ClusterTestCase):
    """One test for each kind of rule, so that all of an object's way to a plugin is covered."""

    def setUp(self):
        super().setUp()
        self.berth = self.start_berth()

    def place(self, pod_object):
        """The name of its node."""
        self.create_pod(pod_object)
        return node_of(self.wait_until_bound(pod_object["metadata"]["name"]))

    def test_node_selector(self):
        self.create_nodes(node("a", labels={"disk": "hdd"}), node("b", labels={"disk": "ssd"}))
        self.assertEqual(self.place(pod("fast", nodeSelector={"disk": "ssd"})), "b")
        # A label that comes later counts as well.
        self.create_pod(pod("faster", nodeSelector={"disk": "nvme"}))
        self.wait_until_unschedulable("faster")
        self.admin.patch(f"{NODES}/a", {"metadata": {"labels": {"disk": "nvme"}}})
        self.assertEqual(node_of(self.wait_until_bound("faster")), "a")

    def test_taints_and_cordons(self):
        taint = {"key": "for", "value": "gpu", "effect": "NoSchedule"}
        self.create_nodes(node("kept", taints=[taint]), node("closed", unschedulable=True))
        toleration = {"key": "for", "operator": "Exists"}
        self.assertEqual(self.place(pod("allowed", tolerations=[toleration])), "kept")
        self.create_pod(pod("plain"))
        refused = self.wait_until_unschedulable("plain")
        self.assertEqual(
            condition(refused, "PodScheduled")["message"],
            sentence(
                2,
                "1 node(s) had untolerated taint(s), 1 node(s) were unschedulable",
                "2 Preemption is not helpful for scheduling.",
            ),
        )
        self.admin.patch(f"{NODES}/closed", {"spec": {"unschedulable": None}})
        self.assertEqual(node_of(self.wait_until_bound("plain")), "closed")

    def test_host_ports(self):
        self.create_nodes(node("a"), node("b"))
        places = {self.place(pod(f"web-{number}", host_port=8080)) for number in range(2)}
        self.assertEqual(places, {"a", "b"})
        self.create_pod(pod("web-2", host_port=8080))
        refused = self.wait_until_unschedulable("web-2")
        self.assertIn(
            "2 node(s) didn't have free ports for the requested pod ports",
            condition(refused, "PodScheduled")["message"],
        )
        self.admin.delete(f"{PODS}/web-0")
        self.wait_until_bound("web-2")

    def test_pod_affinity_and_anti_affinity(self):
        self.create_nodes(*(node(f"n{i}", labels={ZONE: f"zone-{i % 2}"}) for i in range(4)))
        term = lambda app, key: [
            {"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": key}
        ]
        apart = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term("db", ZONE)}}
        near = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": term("db", HOSTNAME)}}
        first = self.place(pod("db-0", labels={"app": "db"}, affinity=apart))
        second = self.place(pod("db-1", labels={"app": "db"}, affinity=apart))
        self.assertNotEqual(int(first[1]) % 2, int(second[1]) % 2)
        self.assertIn(self.place(pod("cache", affinity=near)), (first, second))
        self.create_pod(pod("db-2", labels={"app": "db"}, affinity=apart))
        self.wait_until_unschedulable("db-2")
        self.create_nodes(node("n9", labels={ZONE: "zone-9"}))
        self.assertEqual(node_of(self.wait_until_bound("db-2")), "n9")

    def test_topology_spread(self):
        self.create_nodes(*(node(f"n{i}", labels={ZONE: f"zone-{i}"}) for i in range(3)))
        constraint = {
            "maxSkew": 1,
            "topologyKey": ZONE,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
        }
        places = [
            self.place(
                pod(f"web-{i}", labels={"app": "web"}, topologySpreadConstraints=[constraint])
            )
            for i in range(6)
        ]
        self.assertEqual(sorted(places), ["n0", "n0", "n1", "n1", "n2", "n2"])

    def test_the_spread_of_a_service_needs_no_constraint(self):
        self.create_nodes(*(node(f"n{i}", labels={ZONE: f"zone-{i}"}) for i in range(3)))
        services = "/api/v1/namespaces/default/services"
        web = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
        self.admin.create(services, {"metadata": {"name": "web"}, "spec": web})
        self.addCleanup(self.admin.delete, services + "/web")
        places = [self.place(pod(f"web-{i}", labels={"app": "web"})) for i in range(3)]
        self.assertEqual(sorted(places), ["n0", "n1", "n2"])


class Preemption(ClusterTestCase):
    ROUNDS = 20

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for name, value in (("low", 1), ("middle", 10), ("high", 100)):
            cls.create_priority_class(name, value)
        for number in range(cls.ROUNDS):
            cls.create_priority_class(f"round-{number}", 1000 + number)
        cls.create_priority_class("polite", 100, preemptionPolicy="Never")

    @classmethod
    def create_priority_class(cls, name, value, **more):
        """Admission knows it a little later."""
        cls.admin.create(PRIORITY_CLASSES, {"metadata": {"name": name}, "value": value, **more})
        probe = pod("probe", priorityClassName=name)
        path = PODS + "?dryRun=All"
        wait_for("priority class " + name, lambda: cls.admin.create(path, probe))

    def setUp(self):
        super().setUp()
        self.berth = self.start_berth()

    def fill(self, count, **spec):
        """Pods of low priority, one a node."""
        for number in range(count):
            self.create_nodes(node(f"node-{number}", cpu="1"))
            self.create_pod(pod(f"low-{number}", cpu="900m", priorityClassName="low", **spec))
            self.wait_until_bound(f"low-{number}")
        return self.pods()

    def test_a_more_important_pod_takes_the_place_of_another(self):
        victims = {one["metadata"]["uid"]: one for one in self.fill(2)}
        high = self.create_pod(pod("high", cpu="900m", priorityClassName="high"))
        bound = self.wait_until_bound("high")
        left = [one for one in self.pods() if one["metadata"]["uid"] in victims]
        self.assertEqual(len(left), 1)
        victim = next(one for one in victims.values() if one["metadata"]["uid"] != left[0]["metadata"]["uid"])
        self.assertEqual(node_of(bound), node_of(victim))
        event = self.wait_for_event(victim, "Preempted")
        uid = high["metadata"]["uid"]
        self.assertEqual(event["note"], f"Preempted by pod {uid} on node {node_of(victim)}")
        self.assertEqual(event["action"], "Preempting")
        self.assertEqual(event["type"], "Normal")
        failed = self.wait_for_event(high, "FailedScheduling")
        self.assertEqual(failed["note"], "0/2 nodes are available: 2 Insufficient cpu.")

    def test_the_node_is_kept_while_victims_take_their_time(self):
        [victim] = self.fill(1, terminationGracePeriodSeconds=60)
        self.create_pod(pod("high", cpu="900m", priorityClassName="high"))
        nominated = wait_for(
            "a nomination",
            lambda: self.pod("high").get("status", {}).get("nominatedNodeName"),
        )
        self.assertEqual(nominated, "node-0")
        leaving = wait_for("the victim to be told", lambda: self.leaving(path_of(victim)))
        self.assertEqual(
            condition(leaving, "DisruptionTarget")["reason"], "PreemptionByScheduler"
        )
        self.assertEqual(
            condition(leaving, "DisruptionTarget")["message"],
            "default-scheduler: preempting to accommodate a higher priority pod",
        )
        # One that is less important must not slip in.
        self.create_pod(pod("middle", cpu="900m", priorityClassName="middle"))
        self.wait_until_unschedulable("middle")
        self.admin.delete(path_of(victim))
        self.wait_until_bound("high")
        self.assertIsNone(node_of(self.pod("middle")))

    def leaving(self, path):
        seen = self.admin.get(path)
        return seen if "deletionTimestamp" in seen["metadata"] else None

    def test_victims_that_are_gone_at_once_never_leave_a_pod_waiting(self):
        # The news of their end may come before the answer to their deletion.
        self.fill(1)
        for number in range(self.ROUNDS):
            name = f"round-{number}"
            self.create_pod(pod(name, cpu="900m", priorityClassName=name))
            self.wait_until_bound(name)
        self.assertEqual(len(self.pods()), 1)

    def test_several_victims_leave_together(self):
        self.create_nodes(node("only", cpu="4"))
        for number in range(4):
            self.create_pod(pod(f"low-{number}", cpu="1", priorityClassName="low"))
        self.wait_until_all_bound()
        self.create_pod(pod("high", cpu="3", priorityClassName="high"))
        self.wait_until_bound("high")
        self.assertEqual(len(self.pods()), 2)

    def test_who_may_not_preempt_waits(self):
        self.fill(1)
        self.create_pod(pod("polite", cpu="900m", priorityClassName="polite"))
        refused = self.wait_until_unschedulable("polite")
        self.assertEqual(
            condition(refused, "PodScheduled")["message"],
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, "
            "preemption: not eligible due to preemptionPolicy=Never.",
        )
        self.admin.delete(f"{PODS}/low-0")
        self.wait_until_bound("polite")


class Volumes(ClusterTestCase):
    """kube-controller-manager binds what Berth decides."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plane.start_controller_manager([
                "persistentvolume-binder-controller",
                "persistentvolume-protection-controller",
                "persistentvolumeclaim-protection-controller",
            ]
        )

    def setUp(self):
        super().setUp()
        self.berth = self.start_berth()

    def remove_objects(self):
        super().remove_objects()
        for kind in (CLAIMS, VOLUMES, CLASSES):
            self.admin.delete(kind)
            wait_for("no storage", lambda kind=kind: not self.admin.items(kind))

    def create_class(self, mode):
        self.admin.create(
            CLASSES,
            {
                "metadata": {"name": "local"},
                "provisioner": "kubernetes.io/no-provisioner",
                "volumeBindingMode": mode,
            },
        )

    def create_volume(self, name, node_name, size="1Gi"):
        term = {"matchExpressions": [{"key": HOSTNAME, "operator": "In", "values": [node_name]}]}
        self.admin.create(
            VOLUMES,
            {
                "metadata": {"name": name},
                "spec": {
                    "capacity": {"storage": size},
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": "local",
                    "local": {"path": "/data"},
                    "nodeAffinity": {"required": {"nodeSelectorTerms": [term]}},
                },
            },
        )
        # The controller has seen it, and the class that was there before.
        phase = lambda: self.admin.get(f"{VOLUMES}/{name}")["status"].get("phase")
        wait_for("an available volume", lambda: phase() == "Available")

    def create_claim(self, name, size="1Gi"):
        self.admin.create(
            CLAIMS,
            {
                "metadata": {"name": name},
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "storageClassName": "local",
                    "resources": {"requests": {"storage": size}},
                },
            },
        )

    def pod_with_claim(self, name, claim):
        volume = {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
        return pod(name, volumes=[volume])

    def test_a_claim_that_waits_for_its_pod_gets_a_volume_where_the_pod_goes(self):
        self.create_nodes(node("a"), node("b"), node("c"))
        self.create_class("WaitForFirstConsumer")
        self.create_volume("on-b", "b")
        self.create_claim("data")
        self.create_pod(self.pod_with_claim("db", "data"))
        self.assertEqual(node_of(self.wait_until_bound("db")), "b")
        claim = self.admin.get(CLAIMS + "/data")
        self.assertEqual(claim["spec"]["volumeName"], "on-b")
        self.assertEqual(claim["status"]["phase"], "Bound")
        volume = self.admin.get(VOLUMES + "/on-b")
        self.assertEqual(volume["spec"]["claimRef"]["name"], "data")

    def test_a_missing_claim_holds_the_pod_until_it_is_there(self):
        self.create_nodes(node("a"))
        self.create_class("WaitForFirstConsumer")
        self.create_pod(self.pod_with_claim("db", "late"))
        refused = self.wait_until_unschedulable("db")
        self.assertEqual(
            condition(refused, "PodScheduled")["message"],
            '0/1 nodes are available: persistentvolumeclaim "late" not found. not found',
        )
        self.create_volume("on-a", "a")
        self.create_claim("late")
        self.assertEqual(node_of(self.wait_until_bound("db")), "a")


class Profiles(ClusterTestCase):
    def test_each_profile_places_its_own_pods_in_its_own_way(self):
        pack = {
            "schedulerName": "packer",
            "pluginConfig": [
                {
                    "name": "NodeResourcesFit",
                    "args": {
                        "scoringStrategy": {
                            "type": "MostAllocated",
                            "resources": [{"name": "cpu", "weight": 1}],
                        }
                    },
                }
            ],
            "plugins": {"score": {"disabled": [{"name": "NodeResourcesBalancedAllocation"}]}},
        }
        self.start_berth(config={"profiles": [{"schedulerName": "default-scheduler"}, pack]})
        self.create_nodes(node("a"), node("b"))
        places = {"packer": [], "default-scheduler": []}
        for scheduler in ("packer", "default-scheduler"):
            for number in range(4):
                name = f"{scheduler}-{number}"
                self.create_pod(pod(name, cpu="500m", scheduler=scheduler))
                bound = self.wait_until_bound(name)
                places[scheduler].append(node_of(bound))
                event = self.wait_for_event(bound, "Scheduled")
                self.assertEqual(event["reportingController"], scheduler)
        self.assertEqual(len(set(places["packer"])), 1)
        self.assertEqual(set(places["default-scheduler"]), {"a", "b"} - set(places["packer"]))


if __name__ == "__main__":
    unittest.main()
