#!/usr/bin/env bash
# Prints our figures beside the baselines', measured in one run.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/restore.sh
# What the node's figures are compared with, and the plugin itself; without them that section says so.
scripts/packages.sh "/usr/lib/cni/ptp" "containernetworking-plugins" || true
scripts/cni.sh "$([ "$(uname -m)" = aarch64 ] && echo linux-arm64 || echo linux-x64)" || true
dotnet build bench/Romana.Bench -c Release --no-restore -nologo -v quiet -clp:ErrorsOnly
exec bench/Romana.Bench/bin/Release/net10.0/Romana.Bench "$@"
