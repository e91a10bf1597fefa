import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.canvas import Canvas
from tests.sandbox.installed import FakeTool, Lms


@pytest.fixture(scope="module")
def canvas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canvas]:
    folder = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "lti_plp.sandbox", "--port", "0", "--data", str(folder)]
    with (Path(folder) / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout
    yield Canvas(process.stdout.readline().split()[-1])
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    # Nothing may have gone wrong inside without a test seeing it.
    assert "Traceback" not in (Path(folder) / "log").read_text()


@pytest.fixture(scope="module")
def lms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lms]:
    tool, folder = FakeTool(), tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "lti_plp.sandbox", "--port", "0", "--data", str(folder)]
    command += ["--tool-url", tool.url, "--client-id", "client-1", "--deployment-id", "deployment-1"]
    with (Path(folder) / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout
    yield Lms(process.stdout.readline().split()[-1], tool)
    process.terminate()
    assert process.wait(20) == 0
    process.stdout.close()
    assert "Traceback" not in (Path(folder) / "log").read_text()
    tool.server.shutdown()
    tool.server.server_close()
