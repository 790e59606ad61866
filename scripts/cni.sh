#!/usr/bin/env bash
# Builds the CNI plugin, one static file for each processor: artifacts/cni/linux-x64/romana-cni, and so on.
#   scripts/cni.sh                  both
#   scripts/cni.sh linux-x64        one
set -euo pipefail
cd "$(dirname "$0")/.."
runtimes=("$@")
[ ${#runtimes[@]} -gt 0 ] || runtimes=(linux-x64 linux-arm64)

packages=(clang lld llvm zlib1g-dev)
tools=(clang ld.lld llvm-objcopy)
if [[ " ${runtimes[*]} " == *" linux-arm64 "* ]]; then
    packages+=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
    tools+=(aarch64-linux-gnu-gcc)
fi
scripts/packages.sh "${tools[*]}" "${packages[*]}"

for runtime in "${runtimes[@]}"; do
    out=artifacts/cni/$runtime
    inputs=$({ echo "$runtime"; sha256sum src/Romana.Cni/*.cs src/Romana.Cni/*.csproj Directory.*.props global.json scripts/cni.sh; } | sha256sum)
    if [ -x "$out/romana-cni" ] && [ "$(cat "$out/inputs" 2>/dev/null)" = "$inputs" ]; then continue; fi
    echo "building the CNI plugin for $runtime" >&2
    cross=()
    [ "$runtime" = linux-arm64 ] && cross=(-p:SysRoot=/ -p:CppCompilerAndLinker=clang -p:StripSymbols=false)
    rm -rf "$out"
    dotnet publish src/Romana.Cni -c Release -r "$runtime" -o "$out" -nologo -v quiet -clp:ErrorsOnly "${cross[@]}"
    [ "$runtime" = linux-arm64 ] && llvm-objcopy --strip-all "$out/romana-cni"
    rm -f "$out"/*.dbg
    printf '%s' "$inputs" > "$out/inputs"
done
