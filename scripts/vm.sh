#!/usr/bin/env bash
# Runs a command as root inside a throw-away kernel that has 802.1Q: Debian's cloud kernel, emulated, with copies of this
# machine's files in its memory. It reaches no network and no disk; when the command ends, all of it is gone.
#   scripts/vm.sh [-m MB] [-t SECONDS] [-i FILE_OR_FOLDER]... COMMAND [ARGUMENT]...
# Exit code: the command's. 125: the guest did not get there; 126: it cannot be had here. Why stands on stderr.
set -euo pipefail
memory=1536 seconds=240 include=()
while getopts m:t:i: option; do
    case $option in
        m) memory=$OPTARG ;;
        t) seconds=$OPTARG ;;
        i) include+=("$OPTARG") ;;
        *) exit 126 ;;
    esac
done
shift $((OPTIND - 1))

cannot() { echo "vm: $1" >&2; exit 126; }
[ "$(uname -m)" = x86_64 ] || cannot "the guest is made of this machine's files, and only x86-64 is known here"
for tool in qemu-system-x86_64 cpio busybox modprobe; do command -v $tool > /dev/null || cannot "there is no $tool; on Debian: apt-get install qemu-system-x86 cpio busybox-static kmod"; done
kernel=$(find /boot -maxdepth 1 -name 'vmlinuz-*-cloud-amd64' | sort -V | tail -n 1)
[ -n "$kernel" ] || cannot "there is no kernel for a guest in /boot; on Debian: apt-get install linux-image-cloud-amd64"
version=$(basename "$kernel" | sed 's/^vmlinuz-//')

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,proc,sys,dev,run,tmp,etc/iproute2,modules,usr/bin,usr/sbin,usr/lib64,"usr/lib/$(uname -m)-linux-gnu",var/lib}
ln -s usr/lib "$root/lib"; ln -s usr/lib64 "$root/lib64"; ln -s usr/sbin "$root/sbin"

# A copy at the same place, with the libraries that it names.
needs=()
copy() {
    local file=$1
    mkdir -p "$root$(dirname "$file")"
    cp -aL "$file" "$root$(dirname "$file")/"
    while read -r found; do needs+=("$found"); done < <(find "$file" -type f \( -name '*.so*' -o -perm -1 \) ! -name '*.dll')
}
cp "$(command -v busybox)" "$root/bin/busybox"
for name in sh mount insmod poweroff mkdir cat; do ln -s busybox "$root/bin/$name"; done
# A link keeps its name: iptables is one of many names of one program.
for tool in ip bridge nft iptables ip6tables; do
    path=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v $tool) || cannot "there is no $tool"
    copy "$(readlink -f "$path")"
    [ -e "$root/usr/sbin/$tool" ] || ln -s "$(readlink -f "$path")" "$root/usr/sbin/$tool"
done
libraries=/usr/lib/$(uname -m)-linux-gnu
for folder in "$libraries"/xtables /usr/share/dotnet/host "${include[@]}"; do [ ! -e "$folder" ] || copy "$folder"; done
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
for shared in "$dotnet"/host "$dotnet"/shared/Microsoft.NETCore.App "$dotnet"/shared/Microsoft.AspNetCore.App; do copy "$shared"; done
# .NET looks for these by name when it runs.
for library in libnftables.so.1 libssl.so.3 libcrypto.so.3; do [ ! -e "$libraries/$library" ] || copy "$libraries/$library"; done
{ ldd "${needs[@]}" 2> /dev/null || true; } | awk '/=> \//{print $3} /^\t\/lib/{print $1}' | sort -u | while read -r library; do
    target=$root$(realpath -m -s "$library" | sed 's|^/lib|/usr/lib|; s|^/usr/usr|/usr|')
    [ -e "$target" ] || { mkdir -p "$(dirname "$target")"; cp -L "$library" "$target"; }
done
cp -r /etc/iproute2/. "$root/etc/iproute2/"
cp /etc/protocols /etc/services "$root/etc/" 2> /dev/null || true

# In the order in which each needs the other.
modules=(8021q bridge veth nf_tables nf_conntrack nft_ct nft_chain_nat nft_nat nft_masq nft_redir nft_fib_inet nft_reject_inet nft_compat
    nft_limit nft_log xt_conntrack xt_comment xt_MASQUERADE xt_tcpudp xt_addrtype)
for module in "${modules[@]}"; do modprobe -S "$version" --show-depends "$module" 2> /dev/null | awk '/^insmod/ { print $2 }' || true; done |
    awk '!seen[$0]++' | while read -r file; do
        cp "$file" "$root/modules/"
        basename "$file" >> "$root/modules/order"
    done

printf '%q ' "$@" > "$root/command"
# What is copied may lie below /tmp, so nothing is mounted over it.
cat > "$root/init" <<'INIT'
#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
mkdir -p /dev/shm; mount -t tmpfs shm /dev/shm
while read -r module; do insmod "/modules/$module"; done < /modules/order
export PATH=/usr/sbin:/usr/bin:/bin HOME=/run TMPDIR=/tmp LANG=C DOTNET_ROOT=/dotnet DOTNET_TieredPGO=0 DOTNET_NOLOGO=1 ROMANA_IN_VM=1
echo "::vm up"
sh /command 2>&1
echo "::vm exit $?"
poweroff -f
INIT
ln -s "$dotnet" "$root/dotnet"
chmod 755 "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) > "$work/initrd"
rm -rf "$root"

timeout -k 2 "$seconds" qemu-system-x86_64 -machine q35 -accel tcg,thread=multi,tb-size=512 -cpu max,la57=off -smp 2 -m "$memory" \
    -display none -no-reboot -nodefaults -nic none -serial stdio -kernel "$kernel" -initrd "$work/initrd" \
    -append "console=ttyS0 panic=-1 quiet loglevel=1 mitigations=off tsc=reliable random.trust_cpu=on" < /dev/null 2> "$work/errors" |
    tr -d '\r' | awk -v code="$work/code" '/^::vm up/ { up = 1; next } /^::vm exit / { print $3 > code; close(code); up = 0 } up { print; fflush() }' || true
if [ ! -s "$work/code" ]; then
    echo "vm: the guest did not end its command in $seconds s" >&2
    tail -n 5 "$work/errors" >&2
    exit 125
fi
exit "$(cat "$work/code")"
