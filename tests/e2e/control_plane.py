"""A real control plane on free loopback ports: the programs of tools/controlplane/build."""

import glob
import json
import os
import secrets
import shutil
import socket
import tempfile
import time

from api_client import ApiClient
from certificates import Authority, make_service_account_key
from process import Process
from waiting import wait_for

START_PATIENCE = 180.0  # seconds, for a program that starts on a busy machine
READY_TIMEOUT = 5.0  # seconds, of one look whether it has

ADMIN = "admin"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
SCHEDULER = "system:kube-scheduler"


def free_ports(count):
    """All are held open until the last is known, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def programs():
    """Their folder, which the one who runs the tests has filled."""
    return os.environ["BERTH_CONTROLPLANE_BIN"]


class ControlPlane:
    """An API server with its store, users with tokens, and what else a test starts.

    `users` beside the administrator and those of Kubernetes' own components can do nothing until
    somebody gives them a role. `store` is etcd or kine (on SQLite).
    """

    def __init__(self, store="etcd", users=()):
        self.folder = tempfile.mkdtemp(prefix="berth-e2e.")
        self.store = store
        self.store_port, self.peer_port, self.port = free_ports(3)
        self.server = f"https://127.0.0.1:{self.port}"
        # Made by the API server when it starts, for itself.
        self.ca_file = os.path.join(self.folder, "certificates", "apiserver.crt")
        self.processes = {}
        self.tokens = {}
        for user in (ADMIN, SCHEDULER, *users):
            self.tokens[user] = secrets.token_hex(16)
        self._write_tokens()
        make_service_account_key(self.folder)
        self.user_authority = Authority(self.folder, "users")
        self.admin = None  # a client, once there is an API server

    def start(self):
        self.start_store()
        self.start_api_server()
        wait_for("the default namespace", lambda: self.admin.find("/api/v1/namespaces/default"))
        return self

    def remove(self):
        """Stops everything that was started and removes the folder.

        With BERTH_E2E_KEEP_LOGS set to a folder, the logs are put there first.
        """
        for process in reversed(list(self.processes.values())):
            process.kill()
        kept = os.environ.get("BERTH_E2E_KEEP_LOGS")
        if kept:
            os.makedirs(kept, exist_ok=True)
            for log in glob.glob(os.path.join(self.folder, "*.log")):
                shutil.copy(log, kept)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- Users ----

    def _write_tokens(self):
        with open(os.path.join(self.folder, "tokens.csv"), "w", encoding="utf-8") as file:
            for user, token in self.tokens.items():
                group = "system:masters" if user == ADMIN else ""
                file.write(f'{token},{user},{user},"{group}"\n')

    def client(self, user):
        return ApiClient(self.server, self.ca_file, self.tokens[user])

    def kubeconfig(self, user=SCHEDULER, server=None, ca_file=None, credentials=None):
        """The path of a new file. `credentials` go in the place of the user's token."""
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "default",
            "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
            "clusters": [
                {
                    "name": "default",
                    "cluster": {
                        "server": server or self.server,
                        "certificate-authority": ca_file or self.ca_file,
                    },
                }
            ],
            "users": [
                {
                    "name": "default",
                    "user": {"token": self.tokens[user]} if credentials is None else credentials,
                }
            ],
        }
        descriptor, path = tempfile.mkstemp(dir=self.folder, suffix=".kubeconfig")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(config, file)
        return path

    def create_role(self, name, rules):
        self.admin.create(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})

    def bind_role(self, role, subject):
        self.admin.create(
            f"{RBAC}/clusterrolebindings",
            {
                "metadata": {"generateName": "e2e-"},
                "roleRef": {"kind": "ClusterRole", "name": role},
                "subjects": [subject],
            },
        )

    def service_account_token(self, name):
        """A projected token of a new account in kube-system that may schedule, as a pod gets it."""
        accounts = "/api/v1/namespaces/kube-system/serviceaccounts"
        self.admin.create(accounts, {"metadata": {"name": name}})
        subject = {"kind": "ServiceAccount", "namespace": "kube-system", "name": name}
        for role in (SCHEDULER, "system:volume-scheduler"):
            self.bind_role(role, subject)
        request = {"spec": {"expirationSeconds": 3600}}
        return self.admin.create(f"{accounts}/{name}/token", request)["status"]["token"]

    def debug(self, berth, path, user=ADMIN):
        """What a scheduler that serves says of itself."""
        return ApiClient(f"https://127.0.0.1:{berth.port}", token=self.tokens[user]).get(path)

    # ---- Programs ----

    def launch(self, program, *arguments, name=None):
        name = name or program
        path = os.path.join(programs(), program)
        self.processes[name] = Process(name, [path, *arguments], self.folder)
        return self.processes[name]

    def kill(self, name):
        """kill -9: an API server takes up to a minute to end gently."""
        self.processes.pop(name).kill()

    def start_store(self):
        if self.store == "kine":
            self.launch(
                "kine",
                f"--endpoint=sqlite://{self.folder}/kine.db?_journal=WAL&_busy_timeout=30000",
                f"--listen-address=tcp://127.0.0.1:{self.store_port}",
                "--metrics-bind-address=0",
            )
            return
        client, peer = (f"http://127.0.0.1:{port}" for port in (self.store_port, self.peer_port))
        # Without fsync: what is written here is thrown away at the end in any case.
        self.launch(
            "etcd",
            *("--data-dir", os.path.join(self.folder, "etcd"), "--unsafe-no-fsync"),
            *("--log-level", "warn"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", "default=" + peer),
        )

    def start_api_server(self):
        # No endpoint reconciler: it refuses a loopback address, which is all there is here. The
        # admission plugins that are off want controllers: one waits for service accounts, one
        # taints nodes until a controller has found them ready.
        process = self.launch(
            "kube-apiserver",
            *("--etcd-servers", f"http://127.0.0.1:{self.store_port}"),
            *("--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1"),
            *("--endpoint-reconciler-type", "none", "--secure-port", str(self.port)),
            *("--cert-dir", os.path.join(self.folder, "certificates")),
            *("--service-account-key-file", os.path.join(self.folder, "sa.pub")),
            *("--service-account-signing-key-file", os.path.join(self.folder, "sa.key")),
            *("--service-account-issuer", "https://kubernetes.default.svc"),
            *("--service-cluster-ip-range", "10.0.0.0/16"),
            *("--client-ca-file", self.user_authority.certificate),
            *("--token-auth-file", os.path.join(self.folder, "tokens.csv")),
            *("--authorization-mode", "RBAC"),
            *("--disable-admission-plugins", "ServiceAccount,TaintNodesByCondition"),
        )
        self.admin = self.admin or self.client_when_there_is_a_certificate(process)
        ready = lambda: not process.is_running() or self.answers()
        wait_for("kube-apiserver", ready, START_PATIENCE)
        if not process.is_running():
            raise AssertionError("kube-apiserver ended:\n" + process.log()[-3000:])

    def answers(self):
        # A server that is not up yet may take a connection and never answer on it.
        token = self.tokens[ADMIN]
        client = ApiClient(self.server, self.ca_file, token, timeout=READY_TIMEOUT)
        return client.send("GET", "/readyz")[0] == 200

    def client_when_there_is_a_certificate(self, process):
        there = lambda: os.path.exists(self.ca_file) or not process.is_running()
        wait_for("the certificate of the API server", there, START_PATIENCE)
        return self.client(ADMIN)

    def start_controller_manager(self, controllers):
        self.launch(
            "kube-controller-manager",
            *("--kubeconfig", self.kubeconfig(ADMIN)),
            *("--secure-port", "0", "--leader-elect=false"),
            "--controllers=" + ",".join(controllers),
        )

    def start_kube_scheduler(self, config, *arguments):
        """`config` is the KubeSchedulerConfiguration without what all of them have."""
        path = write_scheduler_config(
            self.folder,
            {
                "leaderElection": {"leaderElect": False},
                "clientConnection": {"kubeconfig": self.kubeconfig()},
                **config,
            },
        )
        process = self.launch(
            "kube-scheduler", "--config", path, "--secure-port", "0", "-v", "2", *arguments
        )
        watched = ('"Caches populated" type="*v1.Node"', '"Caches populated" type="*v1.Pod"')
        process.wait_for_log(*watched)
        return process


def write_scheduler_config(folder, config):
    descriptor, path = tempfile.mkstemp(dir=folder, suffix=".scheduler.json")
    kind = {"apiVersion": "kubescheduler.config.k8s.io/v1", "kind": "KubeSchedulerConfiguration"}
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({**kind, **config}, file)
    return path


def seconds_since(start):
    return f"{time.monotonic() - start:.2f} s"
