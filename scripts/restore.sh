#!/usr/bin/env bash
# Restores packages exactly as the lock files name them. Does nothing when that has been done already.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v dotnet >/dev/null || { echo "dotnet is not on PATH: install the .NET SDK named in global.json" >&2; exit 1; }
stamp=artifacts/restored
inputs=$(git ls-files -co --exclude-standard '*.csproj' '*.props' '*.lock.json' global.json | sort | xargs sha256sum | sha256sum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$inputs" ] && [ -f src/Romana.Ipam/obj/project.assets.json ]; then exit 0; fi
dotnet restore Romana.sln --locked-mode -v quiet
mkdir -p artifacts
printf '%s' "$inputs" > "$stamp"
