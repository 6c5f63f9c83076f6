"""The program under test: berth schedule. BERTH_PROGRAM is the path of the binary."""

import functools
import os
import subprocess

from control_plane import write_scheduler_config
from process import Process


def program():
    return os.environ["BERTH_PROGRAM"]


@functools.cache
def _help():
    return subprocess.run([program(), "schedule", "--help"], capture_output=True, text=True).stdout


def known_flags(*flags):
    """Those of `--flag=value` that the program has; to be deleted when all of them have landed."""
    return [flag for flag in flags if flag.split("=")[0] in _help()]


class Berth(Process):
    """Alone and without a port, unless `flags` say otherwise. `config` is a
    KubeSchedulerConfiguration as a dict."""

    def __init__(self, folder, kubeconfig, *flags, name="berth", config=None, environment=None):
        arguments = [program(), "schedule", "--kubeconfig", kubeconfig, "-v", "2"]
        arguments += known_flags("--leader-elect=false", "--secure-port=0")
        if config is not None:
            config = {"leaderElection": {"leaderElect": False}, **config}
            arguments += ["--config", write_scheduler_config(folder, config)]
        super().__init__(name, [*arguments, *flags], folder, environment)

    def wait_until_ready(self):
        """Whatever comes now comes as a change, not as part of a first list."""
        self.wait_for_log(*(f'"Caches populated" type="{kind}"' for kind in ("Node", "Pod")))
        return self
