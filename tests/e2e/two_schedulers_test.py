"""Schedulers that share nodes, and replicas that share a lease."""

import collections
import threading
import unittest

from faults_test import FaultTestCase
from objects import EVENTS, node, node_of, pod
from waiting import wait_for

LEASE = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-scheduler"
QUICK = (
    *("--leader-elect-lease-duration", "3s"),
    *("--leader-elect-renew-deadline", "2s"),
    *("--leader-elect-retry-period", "500ms"),
)


class TwoSchedulers(FaultTestCase):
    """Neither knows what the other is about to do."""

    def create_pods_of_both(self, other, count):
        """At the same time, in two threads, both done when this returns."""

        def create(scheduler):
            for number in range(count):
                name = f"{scheduler}-{number}"
                self.persist(lambda name=name: self.create_pod(pod(name, "300m", scheduler=scheduler)))

        threads = [
            threading.Thread(target=create, args=(name,)) for name in ("default-scheduler", other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_berth_beside_kube_scheduler(self):
        self.plane.start_kube_scheduler({"profiles": [{"schedulerName": "theirs"}]})
        self.addCleanup(self.plane.kill, "kube-scheduler")
        berth = self.start_served_berth()
        self.create_some_nodes()
        self.create_pods_of_both("theirs", 60)
        self.wait_until_all_bound()
        self.assert_each_by_its_own({"default-scheduler": 60, "theirs": 60})
        self.assert_conditions_agree()
        self.assert_remembers(berth)
        self.assert_no_attempt_is_made(berth)

    def assert_each_by_its_own(self, expected):
        events = lambda: self.admin.items(EVENTS, fieldSelector="reason=Scheduled")
        count = lambda: collections.Counter(one["reportingController"] for one in events())
        wait_for("an event for each pod", lambda: count() == expected)

    def assert_no_attempt_is_made(self, berth):
        """Nothing is tried over and over when there is nothing to do."""
        queue = self.plane.debug(berth, "/debug/queue")
        for name in ("active", "backoff", "unschedulable", "inFlight"):
            self.assertEqual(queue[name], [])

    def test_two_that_want_the_same_pods(self):
        # As after a configuration went wrong: both want each pod, and one of them is too late.
        berths = [self.start_served_berth(), self.start_served_berth()]
        self.create_some_nodes()
        self.create_pods_meanwhile(60).join()
        self.wait_until_all_bound()
        # Who is too late and meant the same node finds the pod there and may say that it is.
        self.assert_nothing_overcommitted()
        self.assert_conditions_agree()
        for berth in berths:
            self.assert_remembers(berth)
            self.assert_no_attempt_is_made(berth)
            self.assertEqual(berth.stop(), 0)


class Leaders(FaultTestCase):
    """Replicas, of which one works."""

    def setUp(self):
        super().setUp()
        if self.admin.find(LEASE) is not None:
            self.admin.delete(LEASE)

    def start_replica(self):
        return self.start_served_berth(flags=QUICK)

    def start_served_berth(self, flags=(), **options):
        return self.start_berth(*flags, leader_elect=True, port=self.free_port(), **options)

    def lease(self):
        return self.admin.get(LEASE)["spec"]

    def leader_of(self, berths):
        """The one that says so, once there is one."""
        says_so = lambda one: "Successfully acquired lease" in one.log()
        wait_for("a leader", lambda: any(says_so(one) for one in berths))
        return next(one for one in berths if says_so(one))

    def test_another_takes_over_when_the_leader_is_killed(self):
        replicas = [self.start_replica(), self.start_replica()]
        leader = self.leader_of(replicas)
        follower = next(one for one in replicas if one is not leader)
        first_holder = self.lease()["holderIdentity"]
        self.create_some_nodes()
        creating = self.create_pods_meanwhile(120, pause=0.05)
        wait_for("some pods to be bound", lambda: leader.log().count("Successfully bound") > 10)
        self.assertNotIn("Successfully bound", follower.log())
        leader.kill()
        creating.join()
        self.wait_until_all_bound()
        self.assertIn("Successfully acquired lease", follower.log())
        lease = self.lease()
        self.assertNotEqual(lease["holderIdentity"], first_holder)
        self.assertEqual(lease["leaseTransitions"], 1)
        self.assert_all_is_well(follower)

    def test_a_leader_that_ends_hands_over_at_once(self):
        first = self.start_replica()
        self.leader_of([first])
        second = self.start_replica()
        self.assertEqual(first.stop(), 0)
        self.leader_of([second])
        self.create_some_nodes()
        self.create_pods_meanwhile(5).join()
        self.assert_all_is_well(second)
        self.assertEqual(self.lease()["holderIdentity"], "")

    def test_who_loses_the_lease_ends(self):
        berth = self.start_replica()
        self.leader_of([berth])
        self.create_some_nodes()
        self.plane.kill("kube-apiserver")
        self.assertEqual(berth.wait(), 1)
        self.assertIn("Leaderelection lost", berth.log())
        self.plane.start_api_server()

    def test_a_lease_of_somebody_else_is_respected(self):
        held = {
            "holderIdentity": "another",
            "leaseDurationSeconds": 3600,
            "acquireTime": "2026-01-01T00:00:00.000000Z",
            "renewTime": "2026-01-01T00:00:00.000000Z",
        }
        leases = LEASE.rsplit("/", 1)[0]
        self.admin.create(leases, {"metadata": {"name": "kube-scheduler"}, "spec": held})
        berth = self.start_replica()
        self.create_nodes(node("only"))
        self.create_pod(pod("waits"))
        wait_for("it to see who leads", lambda: 'identity="another"' in berth.log())
        self.assert_untouched("waits")
        self.assertEqual(self.lease()["holderIdentity"], "another")
        self.admin.delete(LEASE)
        self.assertEqual(node_of(self.wait_until_bound("waits")), "only")


if __name__ == "__main__":
    unittest.main()
