#!/usr/bin/env bash
# Builds the demo and the program it runs, and starts it.
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
scripts/restore.sh
for project in Romana.Cloud Romana.Demo; do
    dotnet build "src/$project" -c "$configuration" --no-restore -nologo -v quiet -clp:ErrorsOnly
done
exec "src/Romana.Demo/bin/$configuration/net10.0/romana-demo" \
    --romana "src/Romana.Cloud/bin/$configuration/net10.0/romana" "$@"
