"""Everything around Berth fails and comes back: no pod is lost, bound twice or put where there is
no room, and what Berth works with is what the API server has."""

import collections
import random
import threading
import time
import unittest

from certificates import Authority
from cluster_test_case import ClusterTestCase
from control_plane import free_ports
from objects import EVENTS, NODES, PODS, condition, node, node_of, path_of, pod, requested_millicores
from proxies import CuttingProxy, Fault, InjectingProxy
from waiting import wait_for

NODE_COUNT = 10
POD_COUNT = 80


class FaultTestCase(ClusterTestCase):
    def start_served_berth(self, **options):
        """With a port, so that it can be asked what it knows."""
        return self.start_berth(port=self.free_port(), **options)

    @staticmethod
    def free_port():
        return free_ports(1)[0]

    def create_some_nodes(self):
        self.create_nodes(*(node(f"node-{number}", cpu="4") for number in range(NODE_COUNT)))

    def create_pods_meanwhile(self, count=POD_COUNT, pause=0.01):
        """In a thread, which is to be joined. Goes on where the API server is away."""

        def create():
            for number in range(count):
                self.persist(lambda number=number: self.create_pod(pod(f"pod-{number}", "300m")))
                time.sleep(pause)

        thread = threading.Thread(target=create)
        thread.start()
        self.addCleanup(thread.join)
        return thread

    def persist(self, request):
        """Until the API server has taken it: an answer that was lost may have been a yes."""

        def accepted():
            try:
                request()
            except Exception as error:  # pylint: disable=broad-except
                if getattr(error, "status", None) == 409:
                    return True
                raise
            return True

        wait_for("the API server to take a request", accepted, patience=60)

    def assert_all_is_well(self, berth):
        """Everything bound once, nothing too full, nothing forgotten, nothing misremembered."""
        self.wait_until_all_bound()
        self.assert_nothing_overcommitted()
        self.assert_each_bound_once()
        self.assert_conditions_agree()
        self.assert_remembers(berth)
        self.assertTrue(berth.is_running())
        self.assertEqual(berth.stop(), 0)

    def assert_each_bound_once(self):
        found = self.admin.items(EVENTS, fieldSelector="reason=Scheduled")
        bound = collections.Counter(event["regarding"]["uid"] for event in found)
        for uid, count in bound.items():
            self.assertEqual(count, 1, f"bindings of {uid}")

    def assert_conditions_agree(self):
        """What was said of a pod before it was bound has not come after it."""
        for one in self.pods():
            scheduled = condition(one, "PodScheduled")
            self.assertEqual(scheduled["status"], "True", one["metadata"]["name"])

    def assert_remembers(self, berth):
        """What it counts is what the API server has, once the last news have come."""

        def equal():
            cache = self.plane.debug(berth, "/debug/cache")
            self.assertEqual(cache["assumedPods"], [])
            counted = {
                one["name"]: (one["pods"], one["requested"].get("cpu", 0)) for one in cache["nodes"]
            }
            self.assertEqual(counted, self.count_pods())
            return True

        wait_for("the cache to be what the API server has", equal)
        self.assertEqual(berth.cache_differences(), "")

    def count_pods(self):
        """{node: (pods, millicores)}"""
        counted = {one["metadata"]["name"]: (0, 0) for one in self.admin.items(NODES)}
        for one in self.pods():
            name = node_of(one)
            if name in counted:
                count, cpu = counted[name]
                counted[name] = (count + 1, cpu + requested_millicores(one))
        return counted


class Faults(FaultTestCase):
    """What the API server is behind fails."""

    def test_the_api_server_is_killed_and_restarted(self):
        berth = self.start_served_berth()
        self.create_some_nodes()
        creating = self.create_pods_meanwhile()
        wait_for("some pods to be bound", lambda: berth.log().count("Successfully bound") > 10)
        self.plane.kill("kube-apiserver")
        self.plane.start_api_server()
        creating.join()
        self.assert_all_is_well(berth)

    def test_etcd_is_killed_and_restarted(self):
        berth = self.start_served_berth()
        self.create_some_nodes()
        creating = self.create_pods_meanwhile()
        wait_for("some pods to be bound", lambda: berth.log().count("Successfully bound") > 10)
        self.plane.kill("etcd")
        time.sleep(0.5)
        self.plane.start_store()
        creating.join()
        self.assert_all_is_well(berth)

    def test_the_scheduler_is_killed_and_restarted(self):
        self.create_some_nodes()
        creating = self.create_pods_meanwhile()
        while creating.is_alive():
            berth = self.start_berth()
            time.sleep(0.1)
            berth.kill()
        self.assert_all_is_well(self.start_served_berth())

    def test_nodes_and_pods_go_and_come_at_random(self):
        chance = random.Random(6)
        berth = self.start_served_berth()
        self.create_some_nodes()
        # So many that the nodes below have room for all that can be left, however fast this goes.
        for number in range(1, 601):
            self.do_something(chance, number)
        # Room for all that is left.
        for extra in range(NODE_COUNT):
            self.create_nodes(node(f"extra-{extra}", cpu="64"))
        self.assert_all_is_well(berth)

    def do_something(self, chance, number):
        name = f"node-{chance.randrange(NODE_COUNT)}"
        is_there = self.admin.find(f"{NODES}/{name}") is not None
        action = chance.random()
        if action < 0.7:
            cpu = chance.choice(("100m", "700m", "2"))
            self.create_pod(pod(f"pod-{number}", cpu, labels={"app": f"app-{number % 3}"}))
        elif action < 0.85:
            for one in self.pods()[-1:]:
                self.delete(path_of(one))
        elif not is_there:
            self.create_nodes(node(name, cpu="4"))
        elif action < 0.95:
            self.admin.patch(f"{NODES}/{name}/status", {"status": {"allocatable": {"cpu": "5"}}})
        else:
            self.remove_node(name)

    def remove_node(self, name):
        """And its pods, as the controllers of a cluster do."""
        self.delete(f"{NODES}/{name}")
        for one in self.pods():
            if node_of(one) == name:
                self.delete(path_of(one))

    def delete(self, path):
        if self.admin.find(path) is not None:
            self.admin.delete(path)


class Network(FaultTestCase):
    """What is between Berth and the API server fails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.authority = Authority(cls.plane.folder, "proxy-authority")

    def start_behind_cutting_proxy(self):
        proxy = CuttingProxy(self.plane.port)
        self.addCleanup(proxy.close)
        kubeconfig = self.plane.kubeconfig(server=proxy.server)
        return proxy, self.start_served_berth(kubeconfig=kubeconfig)

    def start_behind_injecting_proxy(self, *faults):
        proxy = InjectingProxy(self.plane, self.authority)
        proxy.inject(*faults)
        self.addCleanup(proxy.close)
        kubeconfig = self.plane.kubeconfig(server=proxy.server, ca_file=self.authority.certificate)
        return proxy, self.start_served_berth(kubeconfig=kubeconfig)

    def test_connections_are_cut_all_the_time(self):
        proxy, berth = self.start_behind_cutting_proxy()
        self.create_some_nodes()
        creating = self.create_pods_meanwhile()
        cut = 0
        while creating.is_alive():
            cut += proxy.cut()
            time.sleep(0.15)
        self.assertGreater(cut, 0)
        self.assert_all_is_well(berth)

    def test_answers_are_slow(self):
        proxy, berth = self.start_behind_cutting_proxy()
        proxy.delay = 0.2
        self.create_some_nodes()
        self.create_pods_meanwhile().join()
        self.wait_until_all_bound()
        proxy.delay = 0.0
        self.assert_all_is_well(berth)

    def test_watches_expire(self):
        proxy, berth = self.start_behind_injecting_proxy()
        self.create_some_nodes()
        creating = self.create_pods_meanwhile()
        expired = 0
        while creating.is_alive():
            expired += proxy.expire_watches()
            # What goes while nobody watches has to be missed in the next list.
            for one in self.pods()[-1:]:
                self.admin.delete(path_of(one))
            time.sleep(0.3)
        self.assertGreater(expired, 10)
        self.assert_all_is_well(berth)

    def test_lists_and_watches_are_refused(self):
        listed = lambda method, path: method == "GET"
        _, berth = self.start_behind_injecting_proxy(
            Fault(listed, 500, times=3, reason="InternalError"),
            Fault(listed, 429, times=3, reason="TooManyRequests", headers={"Retry-After": "1"}),
            Fault(listed, 410, times=3, reason="Expired"),
            Fault(listed, 503, times=3, reason="ServiceUnavailable"),
        )
        self.create_some_nodes()
        self.create_pods_meanwhile().join()
        self.assert_all_is_well(berth)

    def test_bindings_are_refused(self):
        bound = lambda method, path: path.endswith("/binding")
        proxy, berth = self.start_behind_injecting_proxy(
            Fault(bound, 500, times=5, reason="InternalError"),
            Fault(bound, 429, times=5, reason="TooManyRequests", headers={"Retry-After": "1"}),
            Fault(bound, 409, times=5, reason="Conflict"),
            Fault(bound, 503, times=5, reason="ServiceUnavailable"),
        )
        self.create_some_nodes()
        self.create_pods_meanwhile(40).join()
        wait_for("all faults", proxy.all_happened)
        self.assert_all_is_well(berth)

    def test_conditions_and_events_are_refused(self):
        status = lambda method, path: path.endswith("/status")
        event = lambda method, path: "/events" in path
        proxy, berth = self.start_behind_injecting_proxy(
            Fault(status, 500, times=2, reason="InternalError"),
            Fault(event, 500, times=2, reason="InternalError"),
            Fault(event, 429, times=2, reason="TooManyRequests", headers={"Retry-After": "1"}),
        )
        self.create_nodes(node("small", cpu="1"))
        for number in range(5):
            self.create_pod(pod(f"big-{number}", cpu="2"))
        for number in range(5):
            self.wait_until_unschedulable(f"big-{number}")
        wait_for("all faults", proxy.all_happened)
        self.create_some_nodes()
        self.assert_all_is_well(berth)

    def test_pods_and_nodes_go_while_they_are_being_bound(self):
        bound = lambda method, path: path.endswith("/binding")
        proxy, berth = self.start_behind_injecting_proxy(Fault(bound, times=20, delay=0.7))
        self.create_some_nodes()
        for number in range(20):
            self.create_pod(pod(f"pod-{number}", "300m"))
        wait_for("bindings under way", lambda: proxy.injected >= 10)
        for number in range(0, 20, 3):
            self.admin.delete(f"{PODS}/pod-{number}")
        for number in range(0, NODE_COUNT, 2):
            self.admin.delete(f"{NODES}/node-{number}")
        wait_for("all bindings", proxy.all_happened)
        # The API server binds to nodes that are gone; controllers would take these pods away.
        self.wait_until_all_bound()
        names = {one["metadata"]["name"] for one in self.admin.items(NODES)}
        for one in self.pods():
            if node_of(one) not in names:
                self.admin.delete(path_of(one))
        self.create_pods_meanwhile(10).join()
        self.assert_all_is_well(berth)


if __name__ == "__main__":
    unittest.main()
