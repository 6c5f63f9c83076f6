"""GPUs are shared out one by one, written to the pod before it is bound, and read back."""

from cluster_test_case import ClusterTestCase
from objects import condition, node, node_of, pod

SHARE = "alibabacloud.com/gpu-milli"
INDEX = "alibabacloud.com/gpu-index"
CONFIG = {
    "profiles": [
        {
            "schedulerName": "default-scheduler",
            "plugins": {"multiPoint": {"enabled": [{"name": "GpuShare"}]}},
        }
    ]
}


def gpu_node(name, gpus):
    one = node(name)
    for amounts in (one["status"]["capacity"], one["status"]["allocatable"]):
        amounts["nvidia.com/gpu"] = str(gpus)
    return one


def sharing_pod(name, milli):
    one = pod(name)
    one["metadata"]["annotations"] = {SHARE: str(milli)}
    return one


class GpuSharing(ClusterTestCase):
    def index_of(self, name, milli):
        """The GPU that a new pod gets."""
        self.create_pod(sharing_pod(name, milli))
        bound = self.wait_until_bound(name)
        self.assertEqual(node_of(bound), "gpus")
        return bound["metadata"]["annotations"][INDEX]

    def refusal_of(self, name, milli):
        self.create_pod(sharing_pod(name, milli))
        return condition(self.wait_until_unschedulable(name), "PodScheduled")["message"]

    def test_each_pod_is_told_its_gpu_and_a_restart_forgets_none(self):
        self.create_nodes(gpu_node("gpus", 2), node("none"))
        berth = self.start_berth(config=CONFIG)
        self.assertEqual({self.index_of("a", 600), self.index_of("b", 700)}, {"0", "1"})
        self.assertIn("1 Insufficient GPU share", self.refusal_of("c", 600))
        self.assertEqual(berth.stop(), 0)

        self.start_berth(config=CONFIG)
        taken = self.pod("a")["metadata"]["annotations"][INDEX]
        # 400 are left beside a, 300 beside b; each pod fits where it fits most tightly.
        self.assertNotEqual(self.index_of("d", 300), taken)
        self.assertEqual(self.index_of("e", 400), taken)
        self.assertIn("1 Insufficient GPU share", self.refusal_of("f", 100))
