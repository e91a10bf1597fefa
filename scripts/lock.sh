#!/usr/bin/env bash
# Re-make every lock file; arguments go to `uv pip compile`, for example --upgrade.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# Settings of this machine (--no-config) and the addresses of registries stay out of the files.
compile() {
    local file=$1
    shift
    .venv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-header --no-annotate --output-file "$file" "$@"
}

compile requirements.lock "$@" pyproject.toml
compile requirements-dev.lock "$@" --extra dev --constraint requirements.lock pyproject.toml
compile requirements-node.lock "$@" requirements-node.in
npm=$(command -v npm || printf '%s\n' "$PWD/.venv/bin/npm")
PATH="$PWD/.venv/bin:$PATH" "$npm" install --package-lock-only --no-audit --no-fund --loglevel=error
# Addresses where somebody may be paid say nothing about what is installed.
.venv/bin/python - <<'PYTHON'
import json
from pathlib import Path

file = Path("package-lock.json")
lock = json.loads(file.read_text())
for package in lock["packages"].values():
    package.pop("funding", None)
file.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n")
PYTHON
