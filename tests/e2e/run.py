#!/usr/bin/env python3
"""Runs one class of end-to-end tests, as ctest does.

usage: run.py MODULE CLASS        e.g. run.py basic_test Basic

BERTH_PROGRAM is the berth to test, BERTH_CONTROLPLANE_BIN the folder of the control plane's
programs. Ends with 77, for "skipped", where these are not there and cannot be built.
"""

import os
import subprocess
import sys
import unittest

SKIPPED = 77
HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "..", "..", "tools", "controlplane", "build")


def main(module, test_class):
    built = subprocess.run([BUILD], stdout=subprocess.PIPE, text=True, check=False)
    if built.returncode != 0:
        return built.returncode
    os.environ["BERTH_CONTROLPLANE_BIN"] = built.stdout.strip()
    suite = unittest.defaultTestLoader.loadTestsFromName(f"{module}.{test_class}")
    outcome = unittest.TextTestRunner(verbosity=2, warnings="ignore").run(suite)
    if outcome.testsRun == len(outcome.skipped) and outcome.skipped:
        return SKIPPED
    return 0 if outcome.wasSuccessful() else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
