"""The image has the program and what the program loads, and that is enough."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

from tools import ROOT, berth, read, run

MAKE_ROOT = os.path.join(ROOT, "deploy", "docker", "make-root")


def libraries(program):
    return set(re.findall(r"(/\S+) \(0x", run("ldd", program)))


@unittest.skipUnless(shutil.which("dpkg-query"), "the image is made of Debian's packages")
class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.mkdtemp(prefix="berth-image.")
        cls.addClassCleanup(shutil.rmtree, folder)
        os.chmod(folder, 0o755)
        cls.root = os.path.join(folder, "root")
        run(MAKE_ROOT, berth(), cls.root)
        cls.files = {
            "/" + os.path.relpath(os.path.join(path, name), cls.root)
            for path, _, names in os.walk(cls.root)
            for name in names
        }

    def test_it_has_the_libraries_that_the_program_loads_and_no_others(self):
        of_the_image = {path for path in self.files if ".so" in os.path.basename(path)}
        self.assertEqual(of_the_image, libraries(berth()))

    def test_there_is_one_program_and_nothing_may_be_written(self):
        programs = {
            path
            for path in self.files
            if os.access(self.root + path, os.X_OK) and ".so" not in os.path.basename(path)
        }
        self.assertEqual(programs, {"/usr/bin/berth"})
        for path in self.files:
            self.assertEqual(os.stat(self.root + path).st_mode & 0o022, 0, path)

    def test_every_package_is_recorded_with_its_licence(self):
        recorded = {os.path.basename(path) for path in self.files if "status.d" in path}
        self.assertLessEqual({"libc6", "libcurl4", "ca-certificates"}, recorded)
        for package in recorded:
            self.assertIn(f"/usr/share/doc/{package}/copyright", self.files)
        self.assertIn("/usr/share/doc/berth/copyright", self.files)

    @unittest.skipUnless(os.geteuid() == 0, "chroot wants root")
    def test_the_program_runs_there_as_nobody_in_particular(self):
        inside = ["chroot", "--userspec=65532:65532", self.root, "/usr/bin/berth"]
        self.assertIn("Kubernetes", run(*inside, "--version"))
        self.assertIn("schedulerName: default-scheduler", run(*inside, "config", "print"))
        # It gets as far as looking for its cluster, of which the environment would tell.
        path = {"PATH": os.environ["PATH"]}
        alone = subprocess.run([*inside, "schedule"], capture_output=True, text=True, env=path, check=False)
        self.assertNotEqual(alone.returncode, 0)
        self.assertIn("KUBERNETES_SERVICE_HOST", alone.stderr)

    def test_the_last_stage_takes_what_was_made_and_its_user(self):
        stages = read("deploy", "docker", "Dockerfile").split("\nFROM ")
        self.assertEqual(len(stages), 3)
        self.assertIn("deploy/docker/make-root build/release/berth /image", stages[1])
        last = stages[2].splitlines()
        self.assertEqual(last[0], "scratch")
        self.assertIn("COPY --from=build /image /", last)
        self.assertIn("USER 65532:65532", last)
        self.assertIn('ENTRYPOINT ["/usr/bin/berth"]', last)


if __name__ == "__main__":
    unittest.main()
