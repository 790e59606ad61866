#!/usr/bin/env bash
# Builds and runs test projects; the last line is "N passed, N failed, N skipped".
#   scripts/test.sh all     every project (some need root)
#   scripts/test.sh unit    the fast loop: no root, no network
set -uo pipefail
cd "$(dirname "$0")/.."
which=${1:-all}
configuration=${CONFIGURATION:-Release}
unit=(Romana.House.Tests Romana.Ipam.Tests Romana.Cloud.Tests Romana.Node.Tests)

if [ "$which" = unit ]; then
    projects=("${unit[@]}")
    export ROMANA_PROPERTY_OPERATIONS=${ROMANA_PROPERTY_OPERATIONS:-20000}
else
    mapfile -t projects < <(find tests -maxdepth 1 -name '*.Tests' -printf '%f\n' | sort)
    export ROMANA_PROPERTY_OPERATIONS=${ROMANA_PROPERTY_OPERATIONS:-1000000}
fi

scripts/restore.sh || exit 1
if [ "$which" = all ]; then scripts/cni.sh "$([ "$(uname -m)" = aarch64 ] && echo linux-arm64 || echo linux-x64)" || exit 1; fi
# Without them the kernel tests say themselves what they lack.
if [ "$which" = all ]; then
    scripts/packages.sh "ip nft iptables /usr/lib/$(uname -m)-linux-gnu/libnftables.so.1" "iproute2 nftables iptables libnftables1" || true
    # Plugins that are chained after ours, and runtimes that start pods through it.
    scripts/packages.sh "/usr/lib/cni/portmap podman conmon containerd runc busybox" "containernetworking-plugins podman conmon containerd runc busybox-static" || true
    # A neighbour that takes foreign rules away, and a kernel with 802.1Q for the tests that need one.
    scripts/packages.sh "systemd-analyze /lib/systemd/systemd-networkd" "systemd" || true
    if [ "$(uname -m)" = x86_64 ]; then
        scripts/packages.sh "qemu-system-x86_64 cpio modprobe $(compgen -G '/boot/vmlinuz-*-cloud-amd64' || echo /boot/vmlinuz-cloud-amd64)" \
            "qemu-system-x86 cpio kmod linux-image-cloud-amd64" || true
    fi
fi
echo "building (${configuration})" >&2
if [ "$which" = unit ]; then
    for project in "${projects[@]}"; do
        dotnet build "tests/$project" -c "$configuration" --no-restore -nologo -v quiet || exit 1
    done
else
    dotnet build Romana.sln -c "$configuration" --no-restore -nologo -v quiet || exit 1
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
passed=0 failed=0 skipped=0 broken=0

# Adds one project's figures from the runner's closing line; a project that ended without it, or ran nothing, failed.
add() {
    local project=$1 log=$2 code=$3 line f s e n total
    line=$(grep -oE 'Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+, Not Run: [0-9]+' "$log" | tail -n 1)
    read -r total e f s n < <(grep -oE '[0-9]+' <<< "$line" | paste -sd ' ') || true
    if [ "${total:-0}" -eq 0 ]; then
        echo "$project: ran no test or did not finish (exit code $code)" >&2
        broken=$((broken + 1))
        return
    fi
    # Not run: what is run by name alone, by another test.
    passed=$((passed + total - f - s - n)); failed=$((failed + f + e)); skipped=$((skipped + s))
    if [ "$code" -ne 0 ] && [ $((f + e)) -eq 0 ]; then
        echo "$project: exit code $code although no test failed" >&2
        broken=$((broken + 1))
    fi
}

for project in "${projects[@]}"; do
    echo "== $project"
    started=$SECONDS
    # A test that hangs must not take the others' results with it: code 124.
    timeout -k 10 1200 "tests/$project/bin/$configuration/net10.0/$project" -noColor -noLogo -showLiveOutput > "$results/$project.log" 2>&1
    code=$?
    grep -vE '^  (Discovering|Discovered|Starting|Finished): |^=== TEST EXEC|^$' "$results/$project.log"
    echo "   $((SECONDS - started)) s"
    add "$project" "$results/$project.log" "$code"
done

# Said again at the end, since a long log is read from there.
grep -hE -A 8 '\[FAIL\]$' "$results"/*.log | cut -c 1-400 || true
echo "$passed passed, $((failed + broken)) failed, $skipped skipped"
[ $((failed + broken)) -eq 0 ]
