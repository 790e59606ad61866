#!/usr/bin/env bash
# Prints our figures beside the baselines', measured in one run.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/restore.sh
dotnet build bench/Romana.Bench -c Release --no-restore -nologo -v quiet -clp:ErrorsOnly
exec bench/Romana.Bench/bin/Release/net10.0/Romana.Bench "$@"
