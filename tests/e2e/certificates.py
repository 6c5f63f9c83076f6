"""Keys and certificates, by openssl."""

import os
import subprocess


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_service_account_key(folder):
    """sa.key and sa.pub."""
    key = os.path.join(folder, "sa.key")
    openssl("genrsa", "-out", key, "2048")
    openssl("rsa", "-in", key, "-pubout", "-out", os.path.join(folder, "sa.pub"))


class Authority:
    """Signs certificates of servers on 127.0.0.1 and of users."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name
        self.certificate = os.path.join(folder, name + ".crt")
        self.key = os.path.join(folder, name + ".key")
        # fmt: off
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.certificate)
        # fmt: on

    def sign_server(self, name):
        return self._sign(name, f"/CN={name}", "subjectAltName=IP:127.0.0.1,DNS:localhost", 1)

    def sign_user(self, user, groups=(), days=1):
        """A certificate of a user of the API server; with negative days it has expired."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        return self._sign(user.replace(":", "-"), subject, "extendedKeyUsage=clientAuth", days)

    def _sign(self, name, subject, extension, days):
        """(certificate file, key file)"""
        base = os.path.join(self.folder, f"{self.name}-{name}")
        with open(base + ".ext", "w", encoding="utf-8") as file:
            file.write(extension + "\n")
        # fmt: off
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", subject,
                "-keyout", base + ".key", "-out", base + ".csr")
        openssl("x509", "-req", "-in", base + ".csr", "-CA", self.certificate, "-CAkey", self.key,
                "-CAcreateserial", "-days", str(days), "-extfile", base + ".ext", "-out", base + ".crt")
        # fmt: on
        return base + ".crt", base + ".key"
