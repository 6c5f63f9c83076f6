"""A real Prometheus (Debian's) looks at the secure port."""

import json
import os
import shutil
import subprocess
import unittest
import urllib.parse
import urllib.request

from api_client import ApiClient
from cluster_test_case import ClusterTestCase
from control_plane import free_ports
from objects import node, pod
from process import Process
from waiting import wait_for

OBSERVER = "prometheus"

# What people ask of a scheduler first.
QUERIES = (
    'up{job="berth"}',
    "sum by (result) (scheduler_schedule_attempts_total)",
    "histogram_quantile(0.99, sum by (le) (scheduler_scheduling_attempt_duration_seconds_bucket))",
    "histogram_quantile(0.99, sum by (le) (scheduler_pod_scheduling_sli_duration_seconds_bucket))",
    "sum by (queue) (scheduler_pending_pods)",
    "sum by (type) (scheduler_cache_size)",
    "sum by (plugin) (scheduler_unschedulable_pods)",
    "sum by (code) (rest_client_requests_total)",
    "process_resident_memory_bytes",
    "kubernetes_build_info",
)


@unittest.skipUnless(
    shutil.which("prometheus") and shutil.which("promtool"), "prometheus and promtool are not in PATH"
)
class Prometheus(ClusterTestCase):
    users = (OBSERVER,)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plane.create_role(OBSERVER, [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])
        cls.plane.bind_role(OBSERVER, {"kind": "User", "name": OBSERVER})

    def setUp(self):
        super().setUp()
        self.berth = self.start_berth(port=free_ports(1)[0])
        self.create_nodes(node("small", cpu="1"))
        self.create_pod(pod("fits"))
        self.create_pod(pod("big", cpu="2"))
        self.wait_until_bound("fits")
        self.wait_until_unschedulable("big")

    def test_promtool_is_content(self):
        server = f"https://127.0.0.1:{self.berth.port}"
        client = ApiClient(server, token=self.plane.tokens[OBSERVER])
        status, text = client.send("GET", "/metrics")
        self.assertEqual(status, 200)
        checked = subprocess.run(
            ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        # Names that kube-scheduler has given are not for us to mend.
        complaints = [line for line in checked.stderr.splitlines() if "error" in line.lower()]
        self.assertEqual(complaints, [])
        self.assertIn(checked.returncode, (0, 3), checked.stderr)

    def test_every_question_has_an_answer(self):
        prometheus = self.start_prometheus()
        for query in QUERIES:
            wait_for(f"series of {query}", lambda query=query: self.ask(prometheus, query))

    def start_prometheus(self):
        """The port of one that has been told to look at Berth."""
        folder = os.path.join(self.plane.folder, "prometheus")
        os.makedirs(folder, exist_ok=True)
        scrape = {
            "job_name": "berth",
            "scheme": "https",
            "tls_config": {"insecure_skip_verify": True},
            "authorization": {"credentials": self.plane.tokens[OBSERVER]},
            "static_configs": [{"targets": [f"127.0.0.1:{self.berth.port}"]}],
        }
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}
        path = os.path.join(folder, "prometheus.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML
        port = free_ports(1)[0]
        process = Process(
            "prometheus",
            [
                shutil.which("prometheus"),
                f"--config.file={path}",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            folder,
        )
        self.addCleanup(process.kill)
        return port

    def ask(self, port, query):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": query})
        with urllib.request.urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]["result"]


if __name__ == "__main__":
    unittest.main()
