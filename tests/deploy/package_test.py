"""The Debian package: what is in it, what it depends on, and that the program of it runs."""

import glob
import os
import re
import shutil
import stat
import subprocess
import tempfile
import unittest

from tools import ROOT, run

BUILD = os.environ.get("BERTH_BUILD", "")
TOOLS = ("cpack", "dpkg-deb", "dpkg-shlibdeps")
DOCUMENTS = "./usr/share/doc/berth/"


@unittest.skipUnless(all(map(shutil.which, TOOLS)), "the tools of Debian's packages are not there")
class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="berth-package.")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        # Of what is built; nothing is built for it.
        run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", cls.folder, cwd=BUILD)
        (cls.package,) = glob.glob(os.path.join(cls.folder, "*.deb"))
        cls.root = os.path.join(cls.folder, "root")
        run("dpkg-deb", "-x", cls.package, cls.root)
        cls.control = os.path.join(cls.folder, "control")
        run("dpkg-deb", "-e", cls.package, cls.control)
        lines = run("dpkg-deb", "-c", cls.package).splitlines()
        cls.content = {line.split()[5]: line.split()[:2] for line in lines}

    def field(self, name):
        return run("dpkg-deb", "-f", self.package, name).strip()

    def test_it_has_the_program_the_unit_the_configuration_and_documents(self):
        for path in (
            "./usr/bin/berth",
            "./usr/lib/systemd/system/berth-schedule.service",
            "./etc/berth/scheduler.yaml",
            DOCUMENTS + "copyright",
            DOCUMENTS + "README.md",
            DOCUMENTS + "cluster.md",
            DOCUMENTS + "metrics.md",
            DOCUMENTS + "examples/kubernetes/rbac.yaml",
            DOCUMENTS + "examples/grafana/berth.json",
        ):
            self.assertIn(path, self.content)
        elsewhere = [path for path in self.content if not re.match(r"\./($|usr/|etc/)", path)]
        self.assertEqual(elsewhere, [])

    def test_all_of_it_is_roots_and_nobody_elses_to_write(self):
        for path, (mode, owner) in self.content.items():
            self.assertEqual(owner, "root/root", path)
            if not mode.startswith("l"):
                self.assertNotIn("w", mode[4:], path)

    def test_the_configuration_is_the_administrators(self):
        with open(os.path.join(self.control, "conffiles"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "/etc/berth/scheduler.yaml\n")

    def test_it_depends_on_the_libraries_of_the_program(self):
        depends = self.field("Depends")
        for package in ("libc6 (>=", "libcurl4", "libssl3", "libtbb12", "libstdc++6", "ca-certificates"):
            self.assertIn(package, depends)
        self.assertEqual(self.field("Package"), "berth")
        architecture = run("dpkg", "--print-architecture").strip()
        self.assertEqual(self.field("Architecture"), architecture)
        self.assertTrue(self.package.endswith(f"_{architecture}.deb"))

    def test_its_scripts_are_scripts(self):
        for name in ("postinst", "prerm", "postrm"):
            path = os.path.join(self.control, name)
            self.assertTrue(os.stat(path).st_mode & stat.S_IXUSR, name)
            run("sh", "-n", path)
            # Where systemd does not run, they have nothing to do.
            if not os.path.isdir("/run/systemd/system"):
                run("sh", path, "configure")

    def test_the_program_runs(self):
        program = os.path.join(self.root, "usr", "bin", "berth")
        self.assertIn(self.field("Version").split("-")[0], run(program, "--version"))
        config = os.path.join(self.root, "etc", "berth", "scheduler.yaml")
        self.assertIn("schedulerName: berth", run(program, "config", "print", "--config", config))
        sections = subprocess.run(["readelf", "-S", program], capture_output=True, text=True, check=False)
        if sections.returncode == 0:
            self.assertNotIn(".debug_info", sections.stdout)

    def test_the_unit_is_the_one_of_the_tree(self):
        installed = os.path.join(self.root, "usr/lib/systemd/system/berth-schedule.service")
        with open(installed, encoding="utf-8") as one:
            with open(os.path.join(ROOT, "deploy/systemd/berth-schedule.service"), encoding="utf-8") as other:
                self.assertEqual(one.read(), other.read())


if __name__ == "__main__":
    unittest.main()
