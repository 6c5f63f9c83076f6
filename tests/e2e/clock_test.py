"""Somebody sets the time of the machine that Berth runs on, an hour ahead and back again."""

import os
import time
import unittest

from faults_test import FaultTestCase
from objects import node, pod
from two_schedulers_test import LEASE, QUICK
from waiting import wait_for

HOUR = 3600


class Clock(FaultTestCase):
    def setUp(self):
        super().setUp()
        self.clock_file = os.path.join(self.plane.folder, self._testMethodName + ".seconds")
        self.set_clock(0)
        if self.admin.find(LEASE) is not None:
            self.admin.delete(LEASE)

    def set_clock(self, seconds_ahead):
        # At once, so that nobody reads half of it.
        with open(self.clock_file + ".new", "w", encoding="ascii") as file:
            file.write(str(seconds_ahead))
        os.replace(self.clock_file + ".new", self.clock_file)

    def start_on_that_clock(self, *flags, **options):
        preloaded = {
            "LD_PRELOAD": os.environ["BERTH_JUMPING_CLOCK"],
            "BERTH_JUMPING_CLOCK_FILE": self.clock_file,
        }
        return self.start_berth(*flags, port=self.free_port(), environment=preloaded, **options)

    def test_pods_are_bound_whatever_the_clock_says(self):
        berth = self.start_on_that_clock()
        self.create_some_nodes()
        for number, jump in enumerate((HOUR, 0, -HOUR, 0)):
            self.create_pod(pod(f"too-big-{number}", "64"))
            self.wait_until_unschedulable(f"too-big-{number}")
            self.set_clock(jump)
            self.create_pod(pod(f"pod-{number}", "300m"))
            self.wait_until_bound(f"pod-{number}")
        # What waits is woken as ever: it does not wait for an hour to pass.
        self.create_nodes(*(node(f"large-{number}", cpu="64") for number in range(4)))
        self.assert_all_is_well(berth)

    def test_the_clock_does_jump(self):
        """Or the tests above would show nothing."""
        berth = self.start_on_that_clock()
        self.create_some_nodes()
        self.set_clock(HOUR)
        said_at = self.create_and_time_event("ahead")
        self.assertGreater(said_at, time.time() + HOUR / 2)
        self.assert_all_is_well(berth)

    def create_and_time_event(self, name):
        """When the event says that the pod was scheduled, in seconds since the epoch."""
        self.create_pod(pod(name, "300m"))
        event = self.wait_for_event(self.wait_until_bound(name), "Scheduled")
        at = event["eventTime"].split(".")[0].rstrip("Z")
        return time.mktime(time.strptime(at, "%Y-%m-%dT%H:%M:%S")) - time.timezone

    def test_the_leader_keeps_its_lease_and_nobody_takes_it(self):
        leader = self.start_on_that_clock(*QUICK, leader_elect=True)
        leader.wait_for_log("Successfully acquired lease")
        other = self.start_berth(*QUICK, leader_elect=True, port=self.free_port())
        self.create_some_nodes()
        for number, jump in enumerate((HOUR, -HOUR, 0)):
            self.set_clock(jump)
            self.create_pod(pod(f"pod-{number}", "300m"))
            self.wait_until_bound(f"pod-{number}")
            self.wait_for_renewals(3)
        self.assertNotIn("Successfully acquired lease", other.log())
        self.assertNotIn("Leaderelection lost", leader.log())
        self.assert_all_is_well(leader)

    def wait_for_renewals(self, count):
        lease = lambda: self.admin.get(LEASE)["metadata"]["resourceVersion"]
        for _ in range(count):
            last = lease()
            wait_for("the lease to be renewed", lambda last=last: lease() != last)


if __name__ == "__main__":
    unittest.main()
