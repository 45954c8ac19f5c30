#!/bin/sh
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
# Proves that the README's two commands work on a fresh machine: makes a minimal Debian root with debootstrap,
# clones the last commit into it, and runs `./mpq demo` and `./mpq test` there. Fails on a failed test, on a
# test skipped for want of anything, and on a compiler warning.
#
# usage: test-in.sh SUITE [FOLDER]   (as root) SUITE: bookworm, trixie; FOLDER: the root, made anew each time
# MPQ_MIRROR names another Debian mirror. CXX=clang++ (and CC=clang) compile by clang.
set -eu

suite=$1
source=$(cd "$(dirname "$0")/.." && pwd)
roots=$source/build/roots
root=${2:-$roots/$suite}
cache=$roots/cache-$suite
mirror=${MPQ_MIRROR:-http://deb.debian.org/debian}
shared=$source/../shared

say() { echo "test-in $suite: $*"; }
fail() { say "$*" >&2; exit 1; }
inside() { chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  ${http_proxy:+http_proxy="$http_proxy"} ${CC:+CC="$CC"} ${CXX:+CXX="$CXX"} sh -c "cd /root/mpq && $*"; }

make_root() {
  [ ! -e "$root" ] || [ -e "$root/.mpq-root" ] || fail "$root is no root that this script made: remove it first"
  # The mark goes last: what is stopped half-way can be removed by the next run.
  [ ! -e "$root" ] || find "$root" -mindepth 1 -maxdepth 1 ! -name .mpq-root -exec rm -rf --one-file-system {} +
  rm -rf --one-file-system "$root"
  mkdir -p "$root" "$cache"
  touch "$root/.mpq-root"
  say "debootstrap into $root"
  debootstrap --variant=minbase --cache-dir="$cache" "$suite" "$root" "$mirror" >"$roots/debootstrap-$suite.log" 2>&1 ||
    { tail -n 20 "$roots/debootstrap-$suite.log" >&2; fail "debootstrap failed"; }
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  git -c safe.directory='*' clone --quiet --no-hardlinks "$source" "$root/root/mpq"
}

# Mounts are seen by this process and its children alone, and end with them, whatever ends them.
mount_all() {
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  mount --bind /dev/pts "$root/dev/pts"
  mount --bind "$cache" "$root/var/cache/apt/archives"
  [ -d "$shared" ] || return 0
  mkdir -p "$root/root/shared"
  mount --bind "$(readlink -f "$shared")" "$root/root/shared"
  mount -o remount,bind,ro "$root/root/shared"
}

# step COMMAND...: runs it inside, shows what it says and keeps that in a log.
step() {
  say "$*"
  start=$(date +%s)
  { inside "$*" </dev/null 2>&1 && touch "$root/.passed"; } | tee "$root/root/step.log"
  [ -e "$root/.passed" ] || fail "failed: $*"
  rm "$root/.passed"
  say "$* took $(($(date +%s) - start)) s"
  if grep -H 'warning:' "$root"/root/mpq/build/compile-*.log; then fail "the compiler warns"; fi
}

no_unexpected_skips() {
  skips=$(grep '^skipped: ' "$root/root/step.log" || true)
  [ -d "$shared" ] || skips=$(echo "$skips" | grep -v 'needs the development data' || true)
  # Compilers for other processors are no part of a fresh machine; ./mpq does not bring them.
  skips=$(echo "$skips" | grep -v '_cross: the whole program' || true)
  # Code for another kind of processor than this machine's.
  skips=$(echo "$skips" | grep -v ': for processors with' || true)
  [ -z "$skips" ] || fail "tests were skipped"
}

if [ "${MPQ_IN_NAMESPACE:-}" != 1 ]; then
  [ "$(id -u)" = 0 ] || exec sudo MPQ_MIRROR="$mirror" CC="${CC:-}" CXX="${CXX:-}" "$0" "$@"
  MPQ_IN_NAMESPACE=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi
[ -z "$(git -c safe.directory='*' -C "$source" status --porcelain)" ] || say "what is not committed is not tested"
make_root
mount_all
case ${CXX:-} in *clang*) inside 'apt-get update && apt-get install --yes clang' >/dev/null ;; esac
step ./mpq demo
step ./mpq test
no_unexpected_skips
say "passed"
