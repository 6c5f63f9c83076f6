"""What the test classes share: a control plane each, and questions to it."""

import sys
import unittest

from berth_process import Berth
from control_plane import ControlPlane, SCHEDULER
from objects import EVENTS, NODES, PODS, condition, node_of, path_of, requested_millicores, millicores
from waiting import wait_for

LOG_LINES = 40  # of each program, when a test fails


class ClusterTestCase(unittest.TestCase):
    """Each class has a control plane of its own; each test starts with an empty cluster."""

    store = "etcd"
    users = ()

    @classmethod
    def setUpClass(cls):
        cls.plane = ControlPlane(cls.store, cls.users)
        cls.addClassCleanup(cls.plane.remove)
        try:
            cls.plane.start()
        except BaseException:
            print_logs(cls.plane.processes.values())
            raise
        cls.admin = cls.plane.admin

    def setUp(self):
        self.schedulers = []
        self.addCleanup(self.clear)
        # Runs first.
        self.addCleanup(self.report)

    def report(self):
        """What the programs said last, where the test has failed."""
        outcome = self._outcome.result
        if any(test is self for test, _ in outcome.failures + outcome.errors):
            print_logs([*self.plane.processes.values(), *self.schedulers])

    def clear(self):
        for scheduler in self.schedulers:
            scheduler.kill()
        self.remove_objects()

    def remove_objects(self):
        for kind in (PODS, NODES, EVENTS):
            self.admin.delete(kind)
        wait_for("an empty cluster", lambda: not self.pods() and not self.admin.items(NODES))

    # ---- Schedulers ----

    def kubeconfig(self):
        """How schedulers reach the API server, unless a test says otherwise."""
        return self.plane.kubeconfig(SCHEDULER)

    def start_berth(self, *flags, kubeconfig=None, ready=True, **options):
        """Ends with the test."""
        # A log of its own for each.
        name = f"{self._testMethodName}-{len(self.schedulers)}"
        kubeconfig = kubeconfig or self.kubeconfig()
        berth = Berth(name, self.plane.folder, kubeconfig, *flags, **options)
        self.schedulers.append(berth)
        return berth.wait_until_ready() if ready else berth

    # ---- Objects ----

    def create_nodes(self, *nodes):
        for one in nodes:
            self.admin.create(NODES, one)

    def create_pod(self, pod_object):
        return self.admin.create(PODS, pod_object)

    def pods(self):
        return self.admin.items(PODS)

    def pod(self, name):
        return self.admin.get(f"{PODS}/{name}")

    def events_of(self, pod_object, reason):
        uid = pod_object["metadata"]["uid"]
        found = self.admin.items(EVENTS, fieldSelector="reason=" + reason)
        return [event for event in found if event["regarding"].get("uid") == uid]

    # ---- What comes about ----

    def wait_until_bound(self, name):
        """The pod, on its node."""

        def bound():
            seen = self.pod(name)
            return seen if node_of(seen) else None

        return wait_for(f"pod {name} to be bound", bound)

    def wait_until_unschedulable(self, name):
        """The pod with its condition, whatever it says."""

        def refused():
            seen = self.pod(name)
            scheduled = condition(seen, "PodScheduled")
            is_refused = scheduled is not None and scheduled.get("reason") == "Unschedulable"
            return seen if is_refused else None

        return wait_for(f"pod {name} to be unschedulable", refused)

    def wait_for_event(self, pod_object, reason):
        """The first there is."""
        name = pod_object["metadata"]["name"]
        return wait_for(
            f"an event {reason} of pod {name}", lambda: self.events_of(pod_object, reason)
        )[0]

    def wait_until_all_bound(self, patience=60):
        def none_waits():
            waiting = [one["metadata"]["name"] for one in self.pods() if not node_of(one)]
            if waiting:
                raise AssertionError(f"{len(waiting)} pods wait, {waiting[0]} among them")
            return True

        wait_for("all pods to be bound", none_waits, patience)

    def assert_nothing_overcommitted(self):
        """As kubelets would see it."""
        room = {one["metadata"]["name"]: one["status"]["allocatable"] for one in self.admin.items(NODES)}
        cpu = dict.fromkeys(room, 0)
        count = dict.fromkeys(room, 0)
        for one in self.pods():
            if node_of(one) in room:
                cpu[node_of(one)] += requested_millicores(one)
                count[node_of(one)] += 1
        for name, allocatable in room.items():
            self.assertLessEqual(cpu[name], millicores(allocatable["cpu"]), f"cpu of {name}")
            self.assertLessEqual(count[name], int(allocatable["pods"]), f"pods on {name}")

    def assert_untouched(self, name):
        """Nobody has looked at the pod."""
        seen = self.pod(name)
        self.assertIsNone(node_of(seen))
        self.assertIsNone(condition(seen, "PodScheduled"))
        for reason in ("Scheduled", "FailedScheduling"):
            self.assertEqual(self.events_of(seen, reason), [])


def print_logs(processes):
    for process in processes:
        lines = process.log().splitlines()[-LOG_LINES:]
        print(f"\n---- {process.name} said last:", *lines, sep="\n", file=sys.stderr)


__all__ = ["ClusterTestCase", "path_of"]
