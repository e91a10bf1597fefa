#!/usr/bin/env bash
# Make sure that the browser of the tests, a font, and what drives them are there.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

has_font() {
    local found
    found=$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.local/share/fonts" \
        -name '*.[ot]tf' -print -quit 2>/dev/null || true)
    [ -n "$found" ]
}

if ! command -v chromium >/dev/null; then
    need_packages "the browser tests need Chromium" chromium chromium-sandbox fonts-dejavu-core
elif ! has_font; then
    need_packages "the browser tests need a font" fonts-dejavu-core
fi

# Playwright brings its own Node.js, which needs a library that a small Debian lacks.
driver=$(echo .venv/lib/python3*/site-packages/playwright/driver/node)
if ! "$driver" --version >/dev/null 2>&1; then
    need_packages "Playwright's driver needs a system library" libatomic1
    "$driver" --version >/dev/null || fail "Playwright's driver does not run; its message is above."
fi
