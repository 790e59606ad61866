#!/usr/bin/env bash
# Installs Debian packages when one of the tools is missing: packages.sh "TOOL TOOL" "PACKAGE PACKAGE".
# Without root, or elsewhere than on Debian, it says what is missing.
set -euo pipefail
missing=()
for tool in $1; do command -v "$tool" > /dev/null || [ -e "$tool" ] || missing+=("$tool"); done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get > /dev/null; then
    echo "missing: ${missing[*]}; on Debian: apt-get install $2" >&2
    exit 1
fi
echo "installing $2 (for ${missing[*]})" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
install() { apt-get -o DPkg::Lock::Timeout=400 -qq -y --no-install-recommends install $2 > "$log" 2>&1; }
install "$@" || { apt-get -o DPkg::Lock::Timeout=400 -qq update > "$log" 2>&1 && install "$@"; } || { tail -n 20 "$log" >&2; exit 1; }
