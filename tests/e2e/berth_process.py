"""The program under test: berth schedule. BERTH_PROGRAM is the path of the binary."""

import os
import signal

from control_plane import write_scheduler_config
from process import Process
from waiting import wait_for


def program():
    return os.environ["BERTH_PROGRAM"]


class Berth(Process):
    """`config` is a KubeSchedulerConfiguration as a dict. Serves nothing unless it is given a port."""

    def __init__(
        self, name, folder, kubeconfig, *flags, leader_elect=False, port=0, config=None, environment=None
    ):
        arguments = [program(), "schedule", "--kubeconfig", kubeconfig, "-v", "2"]
        arguments += [f"--leader-elect={str(leader_elect).lower()}"]
        arguments += ["--bind-address", "127.0.0.1", "--secure-port", str(port)]
        if config is not None:
            arguments += ["--config", write_scheduler_config(folder, config)]
        super().__init__(name, [*arguments, *flags], folder, environment)
        self.port = port

    def wait_until_ready(self):
        """Whatever comes now comes as a change, not as part of a first list."""
        self.wait_for_log('"Handlers synced"')
        return self

    def cache_differences(self):
        """What differs between what it works with and what the API server has shown it; "" if
        nothing does. As an administrator asks for it: in the log, by SIGUSR2."""
        seen = self.log().count('"Cache comparer finished"')
        self.signal(signal.SIGUSR2)
        wait_for(
            "the cache comparer",
            lambda: self.log().count('"Cache comparer finished"') > seen,
        )
        report = self.log().rsplit('"Cache comparer started"', 1)[1]
        return "" if "equal=true" in report else report
