"""The basic tests on what K3s stands on: kine with SQLite in the place of etcd, and credentials
that are no tokens in a file of the API server."""

import os
import unittest

import basic_test
from control_plane import SCHEDULER


class KineWithCertificate(basic_test.Basic):
    store = "kine"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.certificate, cls.key = cls.plane.user_authority.sign_user(SCHEDULER)

    def kubeconfig(self):
        credentials = {"client-certificate": self.certificate, "client-key": self.key}
        return self.plane.kubeconfig(credentials=credentials)


class KineWithServiceAccount(basic_test.Basic):
    store = "kine"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.token_file = os.path.join(cls.plane.folder, "projected-token")
        with open(cls.token_file, "w", encoding="utf-8") as file:
            file.write(cls.plane.service_account_token("berth"))

    def kubeconfig(self):
        return self.plane.kubeconfig(credentials={"tokenFile": self.token_file})


if __name__ == "__main__":
    unittest.main()
