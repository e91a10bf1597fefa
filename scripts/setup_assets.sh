#!/usr/bin/env bash
# Install the pinned front-end packages and copy what pages load into the package's static files.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

find_npm() {
    # npm is of no use without a working node beside it.
    if npm --version >/dev/null 2>&1; then
        command -v npm
    else
        say "installing Node.js into .venv, since this system has no npm" >&2
        .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input \
            install --require-hashes --requirement requirements-node.lock >&2
        printf '%s\n' "$PWD/.venv/bin/npm"
    fi
}

npm=$(find_npm)
PATH="$PWD/.venv/bin:$PATH" "$npm" ci --no-audit --no-fund --ignore-scripts --loglevel=error

vendor=lti_plp/views/static/vendor
mkdir -p "$vendor"
cp node_modules/htmx.org/dist/htmx.min.js node_modules/tus-js-client/dist/tus.min.js "$vendor/"
cp node_modules/htmx.org/LICENSE "$vendor/htmx.LICENSE.txt"
cp node_modules/tus-js-client/LICENSE "$vendor/tus.LICENSE.txt"
