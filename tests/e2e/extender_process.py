"""berth extender, as kube-scheduler meets it. BERTH_PROGRAM is the path of the binary."""

import json
import os
import re
import ssl
import urllib.error
import urllib.request

from control_plane import write_scheduler_config
from process import Process
from waiting import wait_for


class BerthExtender(Process):
    """`config` is a KubeSchedulerConfiguration as a dict; without a kubeconfig it knows no cluster."""

    def __init__(self, name, folder, port, config, kubeconfig, *flags):
        arguments = [os.environ["BERTH_PROGRAM"], "extender"]
        arguments += ["--address", "127.0.0.1", "--port", str(port), "-v", "2"]
        if config:
            arguments += ["--config", write_scheduler_config(folder, config)]
        if kubeconfig is not None:
            arguments += ["--kubeconfig", kubeconfig]
        super().__init__(name, [*arguments, *flags], folder)
        self.port = port
        self.secure = "--tls-cert-file" in flags
        self.url = f"{'https' if self.secure else 'http'}://127.0.0.1:{port}"

    def entry(self, **fields):
        """Its place in the configuration of kube-scheduler."""
        return {"urlPrefix": self.url, "enableHTTPS": self.secure, "httpTimeout": "10s", **fields}

    @staticmethod
    def unverified():
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def wait_until_ready(self):
        wait_for(f"{self.name} to be ready", lambda: self.get("/readyz")[0] == 200)
        return self

    def get(self, path):
        return self._open(urllib.request.Request(self.url + path))

    def post_raw(self, path, body):
        headers = {"Content-Type": "application/json"}
        return self._open(urllib.request.Request(self.url + path, body, headers))

    def post(self, path, body):
        status, answer = self.post_raw(path, body)
        return status, json.loads(answer)

    def _open(self, request):
        """(status, body)"""
        context = self.unverified() if self.secure else None
        try:
            with urllib.request.urlopen(request, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def requests(self, verb):
        """How many it has answered with 200."""
        text = self.get("/metrics")[1].decode()
        wanted = re.compile(
            r'^berth_extender_requests_total\{[^}]*verb="' + verb + r'"[^}]*\} (\S+)$', re.MULTILINE
        )
        return sum(float(count) for count in wanted.findall(text))
