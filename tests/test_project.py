"""The project's own files keep their promises: pinned, checked, the same for everyone."""

import json
import re
import shutil
import subprocess
import tomllib
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent

PYTHON_LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-node.lock"]

TARGETS = ["help", "demo", "test", "bench", "lint", "format", "lock", "messages", "setup", "clean"]

# In parts, so that this file does not find itself.
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
    "yarn" + "pkg.com",
]


def _entries(name: str) -> list[str]:
    """Each requirement of a lock file with its hashes, as one line."""
    text = (ROOT / name).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _pins(name: str) -> dict[str, str]:
    return dict(
        re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^ ;]+)", "\n".join(_entries(name)), re.MULTILINE)
    )


def _pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_python_package_is_pinned_with_hashes(name: str) -> None:
    entries = _entries(name)
    assert entries
    pinned = re.compile(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+( ; [^-]+?)?(\s+--hash=sha256:[0-9a-f]{64})+")
    assert [entry for entry in entries if not pinned.fullmatch(entry.strip())] == []


@pytest.mark.parametrize("name", [*PYTHON_LOCKS, "package-lock.json"])
def test_lock_files_name_no_address(name: str) -> None:
    assert re.findall(r"\S*://\S*|--(?:extra-)?index-url.*|--find-links.*", (ROOT / name).read_text()) == []


def test_both_python_locks_agree() -> None:
    everything = _pins("requirements-dev.lock")
    assert {name: everything.get(name) for name in _pins("requirements.lock")} == _pins("requirements.lock")


def test_the_locks_cover_what_pyproject_asks_for() -> None:
    def names(requirements: list[str]) -> set[str]:
        found = [re.match(r"[\w.-]+", requirement) for requirement in requirements]
        return {re.sub(r"[-_.]+", "-", match.group().lower()) for match in found if match}

    project = _pyproject()["project"]
    assert names(project["dependencies"]) <= set(_pins("requirements.lock"))
    assert names(project["optional-dependencies"]["dev"]) <= set(_pins("requirements-dev.lock"))
    assert requires("lti-plp"), "the product is not installed"


def test_every_front_end_package_is_pinned_with_a_checksum_and_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    wanted = json.loads((ROOT / "package.json").read_text())
    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    assert lock["packages"][""]["devDependencies"] == wanted["devDependencies"]
    assert packages
    for name, package in packages.items():
        assert package["integrity"].startswith("sha512-"), name
        assert "resolved" not in package, name


def test_the_makefile_has_the_commands_of_the_contract() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make ([a-z-]+) +\S", done.stdout, re.MULTILINE)
    assert set(TARGETS) <= set(listed)


def test_the_arrows_between_the_rooms_are_checked() -> None:
    contracts = {contract["id"]: contract for contract in _pyproject()["tool"]["importlinter"]["contracts"]}
    assert {"arrows", "sandbox-apart", "sandbox-independent", "no-web-below"} <= set(contracts)
    arrows = contracts["arrows"]
    assert arrows["exhaustive"] is True
    order = re.findall(r"[a-z]+", " ".join(arrows["layers"]))
    for upper, lower in [("views", "canvas"), ("canvas", "launch"), ("launch", "lms"), ("lms", "plp")]:
        assert order.index(upper) < order.index(lower)
    assert order.index("plp") < order.index("database")


def test_the_inner_rooms_are_strictly_typed() -> None:
    mypy = _pyproject()["tool"]["mypy"]
    assert mypy["strict"] is True
    relaxed = {module for override in mypy["overrides"] for module in override["module"]}
    assert not {module for module in relaxed if re.match(r"lti_plp\.(plp|lms|launch|\*)", module)}


def test_continuous_integration_runs_the_commands_of_the_readme() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "make test" in script.read_text().splitlines()


def _tracked_files() -> list[Path]:
    """What belongs to the project; in an unpacked archive without a list, everything that was not made."""
    if shutil.which("git") and (ROOT / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found = [ROOT / name for name in done.stdout.split("\0") if name]
    else:
        made = {".venv", ".setup", "node_modules", ".git", ".demo", "vendor", "__pycache__"}
        found = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return [path for path in found if path.is_file()]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    files = _tracked_files()
    assert ROOT / "pyproject.toml" in files
    hosts = [host.encode() for host in REGISTRY_HOSTS]
    naming = [
        str(path.relative_to(ROOT)) for path in files if any(host in path.read_bytes() for host in hosts)
    ]
    assert naming == []
