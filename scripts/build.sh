#!/usr/bin/env bash
# Builds everything and puts the program at artifacts/bin/romana.
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
scripts/restore.sh
dotnet build Romana.sln -c "$configuration" --no-restore -nologo -v quiet
mkdir -p artifacts/bin
ln -sfn "../../src/Romana.Cloud/bin/$configuration/net10.0/romana" artifacts/bin/romana
