"""Somebody else's extender: asked by the real kube-scheduler, then by Berth, which decide alike."""

import random

from cluster_test_case import ClusterTestCase
from extender_server import Extender
from objects import HOSTNAME, ZONE, condition, node, node_of, path_of, pod
from waiting import wait_for

REFERENCE_CONFIG = {"parallelism": 1}
REFERENCE_GATES = "--feature-gates=OpportunisticBatching=false,WatchListClient=false"
PODS_OF_A_MIX = 60


def where(extender):
    """How it is reached, with time for a busy machine."""
    return {"urlPrefix": extender.url, "httpTimeout": "1m"}


class ExtenderClient(ClusterTestCase):
    def extender(self, **options):
        extender = Extender(**options)
        self.addCleanup(extender.stop)
        return extender

    def compare(self, extender, **fields):
        """The same node for each pod, or the same words about why there is none."""
        config = {"extenders": [{**where(extender), **fields}]}
        chance = random.Random(11)
        nodes = [
            node(f"node-{number}", str(chance.choice((4, 8, 16))), f"{chance.choice((8, 32))}Gi",
                 labels={ZONE: f"zone-{number % 3}"})
            for number in range(20)
        ]
        pods = [
            pod(f"{'full' if number % 9 == 0 else 'pod'}-{number}",
                f"{chance.choice((100, 500, 1500))}m", f"{chance.choice((128, 1024))}Mi")
            for number in range(PODS_OF_A_MIX)
        ]
        self.plane.start_kube_scheduler({**REFERENCE_CONFIG, **config}, REFERENCE_GATES)
        expected = self.run_through(nodes, pods)
        questions = self.questions(extender)
        self.plane.kill("kube-scheduler")
        self.remove_objects()
        self.start_berth(config={"percentageOfNodesToScore": 0, **config})
        decided = self.run_through(nodes, pods)
        self.assertEqual(decided, expected)
        self.assertEqual(self.questions(extender), questions)
        refused = sum(node_name is None for node_name, _ in expected.values())
        print(f"{len(expected)} pods, {refused} of them refused: ", end="")
        self.assertGreater(refused, 0)
        self.assertGreater(len(expected) - refused, PODS_OF_A_MIX // 2)

    @staticmethod
    def questions(extender):
        """What was asked so far about pods that are decided once, as sets of node names."""
        asked = [
            (verb, arguments["Pod"]["metadata"]["name"], sorted(Extender.names(arguments)))
            for verb, arguments in extender.asked
            if arguments["Pod"]["metadata"]["name"].startswith("pod-")
        ]
        extender.asked.clear()
        return asked

    def run_through(self, nodes, pods):
        """{name: (node, None) or (None, message)}, one pod after the other."""
        self.create_nodes(*nodes)
        # The last of what was created first must have been seen before the first decision.
        probe = pod("probe", nodeSelector={HOSTNAME: "last"})
        self.create_nodes(node("last"))
        self.create_pod(probe)
        self.wait_until_bound("probe")
        self.admin.delete(path_of(probe))
        return {one["metadata"]["name"]: self.decide(one) for one in pods}

    def decide(self, pod_object):
        self.create_pod(pod_object)
        name = pod_object["metadata"]["name"]

        def outcome():
            seen = self.pod(name)
            if node_of(seen):
                return node_of(seen), None
            scheduled = condition(seen, "PodScheduled")
            return (None, scheduled["message"]) if scheduled else None

        decided = wait_for(f"a decision about pod {name}", outcome)
        if decided[0] is None:
            # It would be tried again at times that nobody chose.
            self.admin.delete(path_of(pod_object))
        return decided

    def test_names(self):
        self.compare(self.extender(), filterVerb="filter", prioritizeVerb="prioritize", weight=1,
                     nodeCacheCapable=True)

    def test_whole_nodes(self):
        extender = self.extender()
        self.compare(extender, filterVerb="filter", prioritizeVerb="prioritize", weight=1)

    def test_whole_nodes_have_every_field(self):
        extender = self.extender()
        self.start_berth(
            config={"extenders": [{**where(extender), "filterVerb": "filter"}]}
        )
        one = node("node-a")
        one["spec"]["providerID"] = "kind://a"
        self.create_nodes(one)
        asking = pod("probe-fields")
        asking["spec"]["containers"][0]["env"] = [{"name": "x", "value": "1"}]
        self.create_pod(asking)
        self.wait_until_bound("probe-fields")
        _, arguments = extender.asked[-1]
        self.assertEqual(arguments["Pod"]["spec"]["containers"][0]["env"][0]["name"], "x")
        self.assertEqual(arguments["Nodes"]["items"][0]["spec"]["providerID"], "kind://a")

    def test_an_extender_binds(self):
        def bind(arguments):
            self.admin.create(
                f"/api/v1/namespaces/{arguments['PodNamespace']}/pods/{arguments['PodName']}/binding",
                {
                    "metadata": {"name": arguments["PodName"], "uid": arguments["PodUID"]},
                    "target": {"kind": "Node", "name": arguments["Node"]},
                },
            )
            return {}

        extender = self.extender(bind=bind)
        berth = self.start_berth(
            config={"extenders": [{**where(extender), "bindVerb": "bind"}]}
        )
        self.create_nodes(node("node-a"), node("node-b"))
        self.create_pod(pod("bound"))
        self.wait_for_event(self.wait_until_bound("bound"), "Scheduled")
        self.assertEqual([verb for verb, _ in extender.asked], ["bind"])
        self.assertEqual(berth.cache_differences(), "")

    def test_one_that_fails_and_comes_back(self):
        extender = self.extender()
        extender.status = 500
        self.start_berth(config={"extenders": [
            {**where(extender), "filterVerb": "filter", "nodeCacheCapable": True}
        ]})
        self.create_nodes(node("node-a"))
        self.create_pod(pod("probe-late"))
        message = f"failed filter with extender at URL {extender.url}/filter, code 500"
        wait_for("the condition", lambda: condition(self.pod("probe-late"), "PodScheduled"))
        scheduled = condition(self.pod("probe-late"), "PodScheduled")
        self.assertEqual((scheduled["reason"], scheduled["message"]), ("SchedulerError", message))
        extender.status = 200
        self.wait_until_bound("probe-late")

    def test_one_that_may_be_ignored(self):
        extender = self.extender()
        extender.status = 500
        self.start_berth(config={"extenders": [
            {**where(extender), "filterVerb": "filter", "ignorable": True}
        ]})
        self.create_nodes(node("node-a"))
        self.create_pod(pod("pod-anyway"))
        self.wait_until_bound("pod-anyway")
