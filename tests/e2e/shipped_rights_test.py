"""The rights that deploy/kubernetes gives are enough, for everything that needs some."""

import os
import subprocess
import unittest

import basic_test
from control_plane import programs

DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy", "kubernetes")
ACCOUNT = "/api/v1/namespaces/berth-system/serviceaccounts/berth"


def shipped_token(plane):
    """Of the service account that Berth runs as, with what is shipped and nothing else."""
    for name in ("namespace", "service-account", "rbac"):
        subprocess.run(
            [
                os.path.join(programs(), "kubectl"),
                *("--kubeconfig", plane.kubeconfig("admin")),
                *("apply", "-f", os.path.join(DEPLOY, name + ".yaml")),
            ],
            check=True,
            env={"HOME": plane.folder},
            stdout=subprocess.DEVNULL,
        )
    request = {"spec": {"expirationSeconds": 3600}}
    return plane.admin.create(ACCOUNT + "/token", request)["status"]["token"]


class _Shipped:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.token = shipped_token(cls.plane)

    def kubeconfig(self):
        return self.plane.kubeconfig(credentials={"token": self.token})


class ShippedRightsPreemption(_Shipped, basic_test.Preemption):
    def tearDown(self):
        self.assertNotIn("forbidden", self.berth.log())


class ShippedRightsVolumes(_Shipped, basic_test.Volumes):
    def tearDown(self):
        self.assertNotIn("forbidden", self.berth.log())


if __name__ == "__main__":
    unittest.main()
