"""The systemd unit is one, and its service may do little."""

import os
import re
import shutil
import tempfile
import unittest

from tools import ROOT, berth, read, run

UNIT = os.path.join(ROOT, "deploy", "systemd", "berth-schedule.service")
ANALYZE = shutil.which("systemd-analyze")
# Of ten; what systemd calls "OK" is below two.
EXPOSED_AT_MOST = 2.0


class Unit(unittest.TestCase):
    def settings(self):
        found = {}
        section = None
        for line in read(UNIT).splitlines():
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                section = line.strip("[]")
                continue
            key, is_setting, value = line.partition("=")
            self.assertTrue(section and is_setting, line)
            found.setdefault(f"{section}/{key}", []).append(value)
        return found

    def test_it_runs_berth_with_flags_that_there_are(self):
        (command,) = self.settings()["Service/ExecStart"]
        arguments = command.split()
        self.assertEqual(arguments[:2], ["/usr/bin/berth", "schedule"])
        known = run(berth(), "schedule", "--help")
        flags = re.findall(r"(--[a-z-]+)=", command)
        self.assertEqual(flags, ["--config", "--kubeconfig"])
        for flag in flags:
            self.assertIn(f"  {flag} ", known)

    def test_it_is_hardened(self):
        settings = self.settings()
        for key, value in {
            "DynamicUser": "yes",
            "ProtectSystem": "strict",
            "ProtectHome": "yes",
            "NoNewPrivileges": "yes",
            "CapabilityBoundingSet": "",
            "MemoryDenyWriteExecute": "yes",
        }.items():
            self.assertEqual(settings["Service/" + key], [value], key)

    @unittest.skipUnless(ANALYZE, "there is no systemd-analyze")
    def test_systemd_understands_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, os.path.basename(UNIT))
            with open(path, "w", encoding="utf-8") as file:
                # It looks whether the program is there.
                file.write(read(UNIT).replace("/usr/bin/berth", berth()))
            self.assertEqual(run(ANALYZE, "verify", "--man=no", path), "")
            judged = run(ANALYZE, "security", "--offline=yes", "--no-pager", path)
        exposure = re.search(r"exposure level for \S+: ([0-9.]+)", judged)
        self.assertLessEqual(float(exposure.group(1)), EXPOSED_AT_MOST)

    def test_its_configuration_is_one(self):
        path = os.path.join(ROOT, "deploy", "debian", "scheduler.yaml")
        run(berth(), "config", "validate", path)


if __name__ == "__main__":
    unittest.main()
