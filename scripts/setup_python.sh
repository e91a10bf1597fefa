#!/usr/bin/env bash
# Make .venv with every pinned Python package and the product itself in editable form.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
        if [ -n "$candidate" ] && recent "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# A virtual environment holds absolute paths; one that was moved or copied would silently use another checkout.
usable() { [ -x .venv/bin/python ] && recent .venv/bin/python && [ "$(cat .setup/home 2>/dev/null)" = "$PWD" ]; }

if ! usable; then
    python=$(find_python) || fail "Python 3.11 or newer is missing: let an administrator run 'apt-get install python3'."
    # Debian keeps the part that fills a virtual environment in a package of its own.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        need_packages "Python's venv module is missing" "$("$python" -c \
            'import sys; print(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")')"
    say "making .venv with $python"
    rm -rf .venv .setup/home
    "$python" -m venv .venv
    mkdir -p .setup
    printf '%s\n' "$PWD" >.setup/home
fi

pip() { .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input "$@"; }
pip install --require-hashes --requirement requirements-dev.lock
pip install --no-deps --no-build-isolation --editable .
