"""What every test can ask for; each subject has its own fixture module."""

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
