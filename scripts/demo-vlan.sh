#!/usr/bin/env bash
# Two VLANs, two hosts with a romana-node agent each, a gateway, and four pods that the CNI plugin adds, in namespaces, as
# root; prints the paths that packets really took.
set -euo pipefail
cd "$(dirname "$0")/.."
configuration=${CONFIGURATION:-Release}
if [ "$(id -u)" != 0 ]; then echo "demo-vlan makes network namespaces: run it as root" >&2; exit 1; fi
scripts/restore.sh
case "$(uname -m)" in aarch64) scripts/cni.sh linux-arm64 >&2 ;; *) scripts/cni.sh linux-x64 >&2 ;; esac
dotnet build tests/Romana.Node.Kernel.Tests -c "$configuration" --no-restore -nologo -v quiet >&2
# The namespaces have no names: nothing of them is left when the program ends. It ends the agents before.
"tests/Romana.Node.Kernel.Tests/bin/$configuration/net10.0/Romana.Node.Kernel.Tests" \
    -class Romana.Node.Kernel.Tests.Vlans.VlanDemoTests -diagnostics -noColor -noLogo |
    sed -n -e 's/^ *\[D::[^]]*\] | \{0,1\}//p' -e '/FAIL\|Failure/p'
