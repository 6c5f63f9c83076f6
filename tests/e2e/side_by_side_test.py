"""The real kube-scheduler and Berth, one after the other, on the same nodes and pods."""

import random
import unittest

from cluster_test_case import ClusterTestCase
from objects import HOSTNAME, ZONE, condition, node, node_of, path_of, pod
from waiting import wait_for

# What makes kube-scheduler's decisions depend on nothing but what it is shown.
REFERENCE_CONFIG = {"parallelism": 1}
REFERENCE_GATES = "--feature-gates=OpportunisticBatching=false,WatchListClient=false"
CONFIG = {"percentageOfNodesToScore": 0}

PODS_OF_A_MIX = 120


class SideBySide(ClusterTestCase):
    def compare(self, nodes, pods, services=()):
        """The same node for each pod, or the same words about why there is none."""
        self.plane.start_kube_scheduler(REFERENCE_CONFIG, REFERENCE_GATES)
        expected = self.run_through(nodes, pods, services)
        self.plane.kill("kube-scheduler")
        self.remove_objects()
        self.start_berth(config=CONFIG)
        decided = self.run_through(nodes, pods, services)
        refused = sum(node_name is None for node_name, _ in expected.values())
        print(f"{len(expected)} pods, {refused} of them refused: ", end="")
        self.assertEqual(decided, expected)
        # A mix that everything or nothing fits into would show little.
        self.assertGreater(refused, 0)
        self.assertGreater(len(expected) - refused, PODS_OF_A_MIX // 2)

    def run_through(self, nodes, pods, services):
        """{name: (node, None) or (None, message)}, one pod after the other."""
        for name, labels in services:
            self.admin.create(
                SERVICES,
                {"metadata": {"name": name}, "spec": {"selector": labels, "ports": [{"port": 80}]}},
            )
        self.create_nodes(*nodes)
        # The last of what was created first must have been seen before the first decision.
        self.settle()
        return {one["metadata"]["name"]: self.decide(one) for one in pods}

    def settle(self):
        """A pod that only the last node can take has been there and gone again."""
        probe = pod("probe", nodeSelector={HOSTNAME: "last"})
        probe["spec"]["tolerations"] = [{"operator": "Exists"}]
        self.create_nodes(node("last"))
        self.create_pod(probe)
        self.wait_until_bound("probe")
        self.admin.delete(path_of(probe))
        self.assertIsNone(self.admin.find(path_of(probe)))

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

    def remove_objects(self):
        super().remove_objects()
        for service in self.admin.items(SERVICES):
            if service["metadata"]["name"] != "kubernetes":
                self.admin.delete(SERVICES + "/" + service["metadata"]["name"])

    def test_basic(self):
        chance = random.Random(1)
        nodes = [mixed_node(chance, number) for number in range(30)]
        for one in nodes:
            one["status"]["images"] = some_images(chance)
        pods = []
        for number in range(PODS_OF_A_MIX):
            cpu, memory = chance.choice(((100, 128), (250, 512), (500, 256), (1000, 2048), (3000, 512), (20000, 64)))
            one = pod(f"pod-{number}", f"{cpu}m", f"{memory}Mi")
            one["spec"]["containers"][0]["image"] = f"registry.example.com/app-{number % 5}:1"
            if number % 17 == 0:
                del one["spec"]["containers"][0]["resources"]
            pods.append(one)
        self.compare(nodes, pods)

    def test_more_nodes_than_are_looked_at(self):
        chance = random.Random(2)
        nodes = [mixed_node(chance, number) for number in range(130)]
        pods = [
            pod(f"pod-{number}", chance.choice(("200m", "1", "2500m", "9")))
            for number in range(PODS_OF_A_MIX)
        ]
        self.compare(nodes, pods)

    def test_taints(self):
        chance = random.Random(3)
        effects = ("NoSchedule", "PreferNoSchedule", "NoExecute")
        nodes = [mixed_node(chance, number) for number in range(30)]
        for one in nodes:
            one["spec"]["taints"] = [
                {"key": key, "value": chance.choice("ab"), "effect": chance.choice(effects)}
                for key in chance.sample(("team", "disk", "gpu"), chance.randrange(4))
            ]
        pods = []
        for number in range(PODS_OF_A_MIX):
            tolerations = []
            for key in chance.sample(("team", "disk", "gpu"), chance.randrange(4)):
                exists = {"key": key, "operator": "Exists"}
                equal = {"key": key, "operator": "Equal", "value": chance.choice("ab")}
                tolerations.append(chance.choice((exists, equal)))
                if chance.random() < 0.5:
                    tolerations[-1]["effect"] = chance.choice(effects)
            cpu = "9" if number % 10 == 9 else "500m"
            pods.append(pod(f"pod-{number}", cpu, tolerations=tolerations))
        self.compare(nodes, pods)

    def test_affinity(self):
        chance = random.Random(4)
        nodes = [mixed_node(chance, number) for number in range(30)]
        pods = []
        for number in range(PODS_OF_A_MIX):
            one = pod(f"pod-{number}", "300m", labels={"app": f"app-{chance.randrange(6)}"})
            one["spec"]["affinity"] = some_affinity(chance)
            pods.append(one)
        self.compare(nodes, pods)

    def test_spread(self):
        chance = random.Random(5)
        nodes = [mixed_node(chance, number) for number in range(30)]
        services = [(f"app-{number}", {"app": f"app-{number}"}) for number in range(3)]
        pods = []
        for number in range(PODS_OF_A_MIX):
            app = f"app-{chance.randrange(6)}"
            one = pod(f"pod-{number}", "400m", labels={"app": app})
            one["spec"]["topologySpreadConstraints"] = some_constraints(chance, app)
            if chance.random() < 0.2:
                one["spec"]["nodeSelector"] = {"disk": chance.choice(("ssd", "tape"))}
            pods.append(one)
        self.compare(nodes, pods, services)


SERVICES = "/api/v1/namespaces/default/services"


def mixed_node(chance, number):
    labels = {ZONE: f"zone-{number % 3}", "disk": chance.choice(("ssd", "hdd"))}
    if number % 11 == 10:
        del labels[ZONE]
    cpu, memory = chance.choice((("2", "4Gi"), ("4", "8Gi"), ("4", "16Gi"), ("8", "16Gi")))
    # Whether they come in a list (by name) or one by one, it is in the same order.
    return node(f"node-{number:03}", cpu, memory, labels=labels)


def some_images(chance):
    return [
        {
            "names": [f"registry.example.com/app-{number}:1"],
            "sizeBytes": (number + 1) * 150 * 1024 * 1024,
        }
        for number in chance.sample(range(5), chance.randrange(5))
    ]


def pod_term(chance):
    selector = {"matchLabels": {"app": f"app-{chance.randrange(6)}"}}
    return {"labelSelector": selector, "topologyKey": chance.choice((ZONE, HOSTNAME))}


def some_affinity(chance):
    """At most one rule of each kind, each with some likelihood."""
    affinity = {}
    disk = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
    if chance.random() < 0.2:
        required = {"nodeSelectorTerms": [disk]}
        affinity["nodeAffinity"] = {"requiredDuringSchedulingIgnoredDuringExecution": required}
    elif chance.random() < 0.3:
        preferred = [{"weight": chance.randint(1, 100), "preference": disk}]
        affinity["nodeAffinity"] = {"preferredDuringSchedulingIgnoredDuringExecution": preferred}
    for kind, likelihood in (("podAffinity", 0.15), ("podAntiAffinity", 0.3)):
        if chance.random() < likelihood:
            terms = [pod_term(chance)]
            affinity[kind] = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
        elif chance.random() < 0.5:
            terms = [{"weight": chance.randint(1, 100), "podAffinityTerm": pod_term(chance)}]
            affinity[kind] = {"preferredDuringSchedulingIgnoredDuringExecution": terms}
    return affinity


def some_constraints(chance, app):
    constraints = []
    for key in chance.sample((ZONE, HOSTNAME, "disk"), chance.randrange(3)):
        constraints.append(
            {
                "maxSkew": chance.randint(1, 2),
                "topologyKey": key,
                "whenUnsatisfiable": chance.choice(("DoNotSchedule", "ScheduleAnyway")),
                "labelSelector": {"matchLabels": {"app": app}},
            }
        )
        if chance.random() < 0.3:
            constraints[-1]["nodeTaintsPolicy"] = "Honor"
    return constraints


if __name__ == "__main__":
    unittest.main()
