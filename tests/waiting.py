"""Waiting for what another process, or another thread, does."""

import time
from collections.abc import Callable

PATIENCE = 40
"""Seconds after which something that should happen is taken for not happening, on a busy machine."""


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is done to the database or to the platform meanwhile."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
