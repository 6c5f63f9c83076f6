"""A program that runs beside the tests, with a log of its own."""

import ctypes
import os
import signal
import subprocess

from waiting import wait_for

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def _end_with_parent():
    """In the child: tests that are killed, by a time limit say, leave nothing behind."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """Starts once; whoever made it calls stop() or kill() in the end."""

    def __init__(self, name, arguments, folder, environment=None):
        self.name = name
        self.log_path = os.path.join(folder, name + ".log")
        # No environment variable of the caller changes what a program does.
        clean = {"PATH": os.environ["PATH"], "HOME": folder, **(environment or {})}
        with open(self.log_path, "ab") as log:
            self.log_start = log.tell()
            self.child = subprocess.Popen(
                arguments,
                cwd=folder,
                env=clean,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_end_with_parent,
            )

    def log(self):
        """What this process has said; one of the same name before it had its say in the same file."""
        with open(self.log_path, "rb") as file:
            file.seek(self.log_start)
            return file.read().decode(errors="replace")

    def is_running(self):
        return self.child.poll() is None

    def wait_for_log(self, *texts):
        """Until each of them is in the log."""

        def look():
            log = self.log()
            return all(text in log for text in texts) or not self.is_running()

        wait_for(f"{self.name} to say {texts}", look)
        log = self.log()
        for text in texts:
            if text not in log:
                raise AssertionError(f"{self.name} ended without saying {text!r}")

    def stop(self, patience=60):
        """SIGTERM; the exit status."""
        if self.is_running():
            self.child.send_signal(signal.SIGTERM)
        try:
            return self.child.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        """SIGKILL, in case it still runs."""
        if self.is_running():
            self.child.kill()
        self.child.wait()

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, patience=60):
        """For it to end by itself; the exit status."""
        return self.child.wait(patience)
