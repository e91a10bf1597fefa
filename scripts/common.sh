# Sourced by the set-up scripts: messages, and system packages from Debian.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "setup: $*"; }

fail() {
    printf '%s\n' "setup: $*" >&2
    exit 1
}

# need_packages REASON PACKAGE...: install Debian packages, or say in one sentence what the administrator has to do.
need_packages() {
    local reason=$1
    shift
    if ! command -v apt-get >/dev/null; then
        fail "$reason, and this is not a Debian system: install what Debian calls '$*' and try again."
    fi
    if [ "$(id -u)" != 0 ]; then
        fail "$reason: let an administrator run 'apt-get install $*', then try again."
    fi
    say "installing Debian packages: $*"
    # The package lists of a fresh system are empty or old, hence the second try after an update.
    apt_install "$@" >/dev/null 2>&1 || { apt_get update >/dev/null && apt_install "$@" >/dev/null; } ||
        fail "$reason, but 'apt-get install $*' failed; its messages are above."
}

apt_get() {
    # Set-ups of several checkouts may run at once; each waits for its turn at Debian's lock.
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

apt_install() { apt_get install --no-install-recommends "$@"; }
