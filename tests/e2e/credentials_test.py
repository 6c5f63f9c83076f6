"""What Berth shows the API server, and what others show Berth."""

import os
import unittest

from api_client import ApiClient
from certificates import Authority
from cluster_test_case import ClusterTestCase
from control_plane import ADMIN, SCHEDULER, free_ports
from objects import node, node_of, pod

POWERLESS = "powerless"
NO_BINDINGS = "no-bindings"
OBSERVER = "observer"


def forbidden(user, verb, kind):
    """As the API server says it and the log quotes it."""
    return f'User "{user}" cannot {verb} resource "{kind}"'.replace('"', '\\"')


class Credentials(ClusterTestCase):
    """Each time with what is wrong in the log, and mended without a restart where that can be."""

    users = (POWERLESS, NO_BINDINGS)

    def assert_tries_on(self, berth):
        """It runs, and has not tried as fast as it can."""
        self.assertTrue(berth.is_running())
        self.assertLess(len(berth.log().splitlines()), 1000)
        self.assertEqual(berth.stop(), 0)

    def test_a_server_that_nobody_vouches_for(self):
        other = Authority(self.plane.folder, "another-authority")
        self.create_nodes(node("only"))
        self.create_pod(pod("waits"))
        berth = self.start_berth(
            kubeconfig=self.plane.kubeconfig(ca_file=other.certificate), ready=False
        )
        berth.wait_for_log("certificate")
        self.assert_untouched("waits")
        self.assert_tries_on(berth)

    def test_no_credentials(self):
        berth = self.start_berth(kubeconfig=self.plane.kubeconfig(credentials={}), ready=False)
        berth.wait_for_log(forbidden("system:anonymous", "list", "nodes"))
        self.assert_tries_on(berth)

    def test_a_token_that_is_not_known(self):
        kubeconfig = self.plane.kubeconfig(credentials={"token": "nobody"})
        berth = self.start_berth(kubeconfig=kubeconfig, ready=False)
        berth.wait_for_log("Unauthorized")
        self.assert_tries_on(berth)

    def test_a_certificate_that_has_expired(self):
        certificate, key = self.plane.user_authority.sign_user(SCHEDULER, days=-1)
        credentials = {"client-certificate": certificate, "client-key": key}
        berth = self.start_berth(
            kubeconfig=self.plane.kubeconfig(credentials=credentials), ready=False
        )
        berth.wait_for_log("Failed to watch")
        self.assert_tries_on(berth)

    def test_a_token_file_that_comes_late_and_changes(self):
        path = os.path.join(self.plane.folder, "late-token")
        kubeconfig = self.plane.kubeconfig(credentials={"tokenFile": path})
        berth = self.start_berth(kubeconfig=kubeconfig, ready=False)
        berth.wait_for_log(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.plane.tokens[SCHEDULER])
        berth.wait_until_ready()
        self.create_nodes(node("only"))
        self.create_pod(pod("first"))
        self.wait_until_bound("first")
        self.assertEqual(berth.stop(), 0)

    def test_a_user_without_rights_who_is_given_them(self):
        berth = self.start_berth(kubeconfig=self.plane.kubeconfig(POWERLESS), ready=False)
        berth.wait_for_log(forbidden(POWERLESS, "list", "nodes"))
        for role in ("system:kube-scheduler", "system:volume-scheduler"):
            self.give_role(POWERLESS, role)
        berth.wait_until_ready()
        self.create_nodes(node("only"))
        self.create_pod(pod("first"))
        self.wait_until_bound("first")
        self.assertEqual(berth.stop(), 0)

    def test_a_user_who_may_look_but_not_bind(self):
        self.give_role(NO_BINDINGS, "view-nodes", [("", "nodes,namespaces,pods"), ("*", "*")])
        berth = self.start_berth(kubeconfig=self.plane.kubeconfig(NO_BINDINGS))
        self.create_nodes(node("only"))
        self.create_pod(pod("waits"))
        berth.wait_for_log(forbidden(NO_BINDINGS, "create", "pods/binding"))
        self.assertIsNone(node_of(self.pod("waits")))
        self.assert_tries_on(berth)

    def give_role(self, user, role, rules=None):
        """One that exists, or one that may look at `rules`: (API group, kinds) each."""
        if rules is not None:
            looks = ["get", "list", "watch"]
            self.plane.create_role(
                role,
                [
                    {"apiGroups": [group], "resources": kinds.split(","), "verbs": looks}
                    for group, kinds in rules
                ],
            )
        self.plane.bind_role(role, {"kind": "User", "name": user})


class Serving(ClusterTestCase):
    """Who may ask for what on the secure port."""

    users = (POWERLESS, OBSERVER)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.plane.create_role(OBSERVER, [{"nonResourceURLs": ["/metrics"], "verbs": ["get"]}])
        cls.plane.bind_role(OBSERVER, {"kind": "User", "name": OBSERVER})

    def setUp(self):
        super().setUp()
        self.berth = self.start_berth(port=free_ports(1)[0])
        self.server = f"https://127.0.0.1:{self.berth.port}"

    def ask(self, path, **credentials):
        """(status, body)"""
        return ApiClient(self.server, **credentials).send("GET", path)

    def status(self, path, user):
        return self.ask(path, token=self.plane.tokens[user])[0]

    def test_health_is_for_everybody(self):
        for path in ("/healthz", "/livez", "/readyz"):
            self.assertEqual(self.ask(path), (200, "ok"))

    def test_metrics_are_for_those_who_may(self):
        self.assertEqual(self.ask("/metrics")[0], 403)
        self.assertEqual(self.ask("/metrics", token="nobody")[0], 401)
        self.assertEqual(self.status("/metrics", POWERLESS), 403)
        self.assertEqual(self.status("/metrics", OBSERVER), 200)
        self.assertEqual(self.status("/metrics", ADMIN), 200)

    def test_debugging_and_configuration_are_for_those_who_may(self):
        for path in ("/debug/cache", "/debug/queue", "/debug/explain?pod=default/a", "/configz"):
            self.assertEqual(self.ask(path)[0], 403)
            self.assertEqual(self.ask(path, token="nobody")[0], 401)
            self.assertEqual(self.status(path, OBSERVER), 403)
        for path in ("/debug/cache", "/debug/queue", "/configz"):
            self.assertEqual(self.status(path, ADMIN), 200)

    def test_a_client_certificate_is_as_good_as_a_token(self):
        certificate = self.plane.user_authority.sign_user("root", ["system:masters"])
        self.assertEqual(self.ask("/metrics", certificate=certificate)[0], 200)
        certificate = self.plane.user_authority.sign_user("nobody")
        self.assertEqual(self.ask("/metrics", certificate=certificate)[0], 403)

    def test_it_says_why_a_pod_waits(self):
        self.create_nodes(node("small", cpu="1"))
        self.create_pod(pod("big", cpu="2"))
        self.wait_until_unschedulable("big")
        status, body = self.ask("/debug/explain?pod=default/big", token=self.plane.tokens[ADMIN])
        self.assertEqual(status, 200)
        self.assertIn("Insufficient cpu", body)

    def test_it_is_ready_only_once_it_knows_the_cluster(self):
        kubeconfig = self.plane.kubeconfig(POWERLESS)
        port = free_ports(1)[0]
        berth = self.start_berth(kubeconfig=kubeconfig, port=port, ready=False)
        berth.wait_for_log("cannot list resource")
        client = ApiClient(f"https://127.0.0.1:{port}")
        self.assertEqual(client.send("GET", "/readyz")[0], 500)
        self.assertEqual(client.send("GET", "/livez")[0], 200)


if __name__ == "__main__":
    unittest.main()
