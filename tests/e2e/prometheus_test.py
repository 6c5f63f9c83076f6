"""A real Prometheus (Debian's) looks at the secure port."""

import json
import os
import subprocess
import time
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

DASHBOARD = os.path.join(os.path.dirname(__file__), "..", "..", "deploy", "grafana", "berth.json")

# What Grafana fills in.
VARIABLES = {"$job": "berth", "$instance": ".*", "$__rate_interval": "10s", "$__range": "1m"}

# Has series only where something is wrong.
EMPTY_WHEN_ALL_IS_WELL = "Checks of health that fail"


def program(name):
    """Of tools/fetch-prometheus, which skips where it has none."""
    fetch = os.path.join(os.path.dirname(__file__), "..", "..", "tools", "fetch-prometheus")
    fetched = subprocess.run([fetch], stdout=subprocess.PIPE, text=True, check=False)
    if fetched.returncode == 77:
        raise unittest.SkipTest("there is no prometheus, and it cannot be fetched")
    fetched.check_returncode()
    return os.path.join(fetched.stdout.strip(), name)


def dashboard_queries():
    with open(DASHBOARD, encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    for panel in panels:
        for target in panel.get("targets", ()):
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            if panel["title"] != EMPTY_WHEN_ALL_IS_WELL:
                yield query


class Prometheus(ClusterTestCase):
    users = (OBSERVER,)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plane.create_role(OBSERVER, [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])
        cls.plane.bind_role(OBSERVER, {"kind": "User", "name": OBSERVER})

    def setUp(self):
        super().setUp()
        port = free_ports(1)[0]
        self.berth = self.start_berth(leader_elect=True, port=port)
        self.create_nodes(node("small", cpu="1"))
        self.create_pod(pod("fits", cpu="1"))
        self.create_pod(pod("big", cpu="2"))
        self.wait_until_bound("fits")
        self.wait_until_unschedulable("big")

    def preempt(self, number):
        """So that there is something new to count."""
        name = f"round-{number}"
        self.admin.create(
            "/apis/scheduling.k8s.io/v1/priorityclasses",
            {"metadata": {"name": name}, "value": 1000 + number},
        )
        self.create_pod(pod(f"important-{number}", cpu="1", priorityClassName=name))
        self.wait_until_bound(f"important-{number}")

    def test_promtool_is_content(self):
        server = f"https://127.0.0.1:{self.berth.port}"
        client = ApiClient(server, token=self.plane.tokens[OBSERVER])
        status, text = client.send("GET", "/metrics")
        self.assertEqual(status, 200)
        checked = subprocess.run(
            [program("promtool"), "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        # Names that kube-scheduler has given are not for us to mend.
        complaints = [line for line in checked.stderr.splitlines() if "error" in line.lower()]
        self.assertEqual(complaints, [])
        self.assertIn(checked.returncode, (0, 3), checked.stderr)

    def test_every_question_of_the_dashboard_has_an_answer(self):
        prometheus = self.start_prometheus()
        wait_for("a first look", lambda: self.ask(prometheus, 'up{job="berth"} == 1'))
        queries = list(dashboard_queries())
        for number in range(60):
            # Rates are of what happens between two looks.
            self.preempt(number)
            queries = [query for query in queries if not self.ask(prometheus, query)]
            if not queries:
                return
            time.sleep(0.5)
        self.assertEqual(queries, [])

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
                program("prometheus"),
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
