"""Where things are, and the programs that tests of the deployment run."""

import json
import os
import subprocess

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
DEPLOY = os.path.join(ROOT, "deploy")
BASE = os.path.join(DEPLOY, "kubernetes")
CHART = os.path.join(DEPLOY, "helm", "berth")
NAMESPACE = "berth-system"
# Of which kubernetes the chart is rendered, for helm that knows of no cluster.
KUBERNETES = "1.36.0"


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def run(*arguments, **options):
    """What it prints; an AssertionError with what it complained about where it fails."""
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(arguments)}: {done.returncode}\n{done.stderr[-3000:]}")
    return done.stdout


def berth():
    return os.environ["BERTH_PROGRAM"]


def helm():
    """None where there is none."""
    path = os.environ.get("BERTH_HELM", "")
    return path if os.access(path, os.X_OK) else None


class Kubectl:
    """The administrator's."""

    def __init__(self, plane):
        self.program = os.path.join(os.environ["BERTH_CONTROLPLANE_BIN"], "kubectl")
        # A home of its own, for kubectl keeps a discovery cache there.
        self.environment = {"HOME": plane.folder, "PATH": os.environ["PATH"]}
        self.arguments = ["--kubeconfig", plane.kubeconfig("admin")]

    def __call__(self, *arguments, text=None):
        return run(self.program, *self.arguments, *arguments, env=self.environment, input=text)

    def kustomize(self, folder):
        return self("kustomize", folder)

    def accepted(self, manifests):
        """The objects as the API server would store them, with its defaults, by kind and name."""
        answer = json.loads(self("apply", "--dry-run=server", "-o", "json", "-f", "-", text=manifests))
        objects = answer["items"] if answer["kind"] == "List" else [answer]
        return {f"{one['kind']}/{one['metadata']['name']}": one for one in objects}
