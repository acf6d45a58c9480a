#!/bin/sh
# Installs the programs that tests drive and that no package of Python brings: a browser, Prometheus with its checkers, an
# aligner. Only as root on Debian or Ubuntu; elsewhere it names what is missing, and the tests that need it are skipped.
set -eu

missing=""
for pair in chromium:chromium promtool:prometheus amtool:prometheus-alertmanager diamond:diamond-aligner; do
    command -v "${pair%%:*}" > /dev/null || missing="$missing ${pair#*:}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # words are packages
    if apt-get -qq update && apt-get -qq install --yes --no-install-recommends $missing > /dev/null; then
        exit 0
    fi
fi
echo "Tests that need a program which is not installed are skipped:$missing (Debian's names)"
