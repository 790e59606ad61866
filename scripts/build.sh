#!/usr/bin/env bash
# Builds everything and puts the programs at artifacts/bin/romana and artifacts/bin/romana-node.
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
scripts/restore.sh
dotnet build Romana.sln -c "$configuration" --no-restore -nologo -v quiet
mkdir -p artifacts/bin
ln -sfn "../../src/Romana.Cloud/bin/$configuration/net10.0/romana" artifacts/bin/romana
ln -sfn "../../src/Romana.Node/bin/$configuration/net10.0/romana-node" artifacts/bin/romana-node
