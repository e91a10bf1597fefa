"""What every test can ask for; each subject has its own fixture module."""

import os

import pytest
from hypothesis import settings

pytest_plugins = [
    "tests.fixtures_browser",
    "tests.fixtures_database",
    "tests.fixtures_postgres",
    "tests.fixtures_stack",
    "tests.fixtures_tool",
]

# How long one example takes says nothing on a shared machine, so no test may fail for it.
settings.register_profile("lti_plp", deadline=None, print_blob=True)
settings.load_profile("lti_plp")


SLOW_FILES = (
    "journeys/",
    "lms/test_worker",
    "lms/test_outbox_model",
    "plp/test_plan_properties",
    "plp/test_plan_tampering",
    "test_cli.py",
    "test_project",
    "_in_browser",
)
"""Parts of the paths of files whose tests are few and slow."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process works alone at the end.

    Where nobody watches, try a browser's journey once more; the summary lists what needed it.

    A browser on a busy machine fails for reasons of its own once in some thousand runs. Everything else has one try
    everywhere, and so has a journey on a developer's machine.
    """
    items.sort(key=lambda item: not any(part in item.nodeid for part in SLOW_FILES))
    if os.environ.get("CI"):
        for item in items:
            if item.get_closest_marker("journey"):
                item.add_marker(pytest.mark.flaky(reruns=1))
