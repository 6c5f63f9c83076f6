"""Waiting for what happens elsewhere. Tests say what must come about, never how fast."""

import time

PATIENCE = 30.0  # seconds, on a busy machine


def wait_for(what, look, patience=PATIENCE):
    """Calls look() until it returns something true, which is handed on; fails after `patience`.

    A look() that raises has not seen it yet; what it raised last is part of the failure.
    """
    deadline = time.monotonic() + patience
    pause = 0.01
    trouble = None
    while True:
        try:
            seen = look()
            if seen:
                return seen
            trouble = None
        except Exception as error:  # pylint: disable=broad-except
            trouble = error
        if time.monotonic() > deadline:
            raise AssertionError(f"gave up waiting for {what}" + (f": {trouble}" if trouble else ""))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)
