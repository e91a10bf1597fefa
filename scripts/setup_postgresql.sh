#!/usr/bin/env bash
# Make sure that PostgreSQL's server programs are there; the tests start a private cluster of their own.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

has_server() { compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null; }

if ! has_server; then
    reason="the database tests need PostgreSQL's server programs"
    need_packages "$reason" postgresql-common
    # Debian would create and start a cluster for the whole machine; nothing here uses it.
    sed -ri 's/^#?(create_main_cluster)\b.*$/\1 = false/' /etc/postgresql-common/createcluster.conf
    need_packages "$reason" postgresql
fi
