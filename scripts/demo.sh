#!/usr/bin/env bash
# Builds the demo and the program it runs, and starts it.
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
scripts/restore.sh
for project in Romana.Cloud Romana.Demo; do
    # Its summary would stand before the demo's own first line, on a terminal whatever one asks for.
    if ! said=$(dotnet build "src/$project" -c "$configuration" --no-restore -nologo -v quiet -clp:ErrorsOnly 2>&1); then
        echo "$said" >&2
        exit 1
    fi
done
exec "src/Romana.Demo/bin/$configuration/net10.0/romana-demo" \
    --romana "src/Romana.Cloud/bin/$configuration/net10.0/romana" "$@"
