#!/usr/bin/env bash
# What the tests need beside Rust, made present where that may be done:
#
#   tests/tools.sh ensure [GROUP…]   install what is missing; fail and say what, if it can't
#
# Groups: ssh plink asyncssh asciinema pty systemd tmpfs stock browser (all of these by
# default), cargo-deny, cargo-fuzz. Distribution packages go in by apt, as root or by
# sudo without a password; all else goes into target/tools and the node_modules of the pages,
# and nowhere else.
#
# DRAWBRIDGE_TESTS_WITHOUT="plink tmpfs" leaves groups out. The tests then say
# what was not run; nothing is ever left out by itself.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/target/tools
without=" ${DRAWBRIDGE_TESTS_WITHOUT:-} "
missing=()

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
miss() { missing+=("$1"); }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif has sudo && sudo -n true 2>/dev/null; then sudo -n "$@"
  else return 1
  fi
}

apt_updated=no
# apt_install PACKAGE…: without starting the services in them.
apt_install() {
  has apt-get || return 1
  as_root true || return 1
  local policy=/usr/sbin/policy-rc.d ours=no
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
    ours=yes
  fi
  local status=0
  {
    [ $apt_updated = yes ] || as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
  } >&2 || status=$?
  apt_updated=yes
  [ $ours = no ] || as_root rm -f $policy
  return $status
}

# need COMMAND PACKAGE
need() {
  has "$1" && return
  echo "tools: installing $2 for $1" >&2
  apt_install "$2" && has "$1" && return
  miss "$1: install the package $2"
}

# crate NAME VERSION BINARY: built once. Unoptimised, which is quick to build and
# fast enough for what they do here.
crate() {
  local name=$1 version=$2 binary=$3 stamp=$tools/$1-$2
  [ -e "$stamp" ] && [ -x "$tools/bin/$binary" ] && return
  echo "tools: building $name $version (about a minute)" >&2
  if CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug "$name" --version "$version" \
    --root "$tools" --target-dir "$tools/build"; then
    rm -rf "$tools/build"
    touch "$stamp"
  else
    miss "$binary: cargo install --locked $name --version $version --root target/tools"
  fi
}

ensure_ssh() {
  need ssh openssh-client
  need sshd openssh-server
  need xauth xauth
}

ensure_pty() { need script bsdutils; }
ensure_systemd() { need systemd-analyze systemd; }

# What the README of a bundle asks for.
ensure_stock() {
  need openssl openssl
  need zstd zstd
  need age age
}

# A real browser, driven by playwright-core.
ensure_browser() {
  need node nodejs
  need npm npm
  need chromium chromium
  has npm || return 0
  local pages
  for pages in web/replay admin-api/web; do
    [ -e $pages/node_modules/playwright-core ] && continue
    npm --prefix $pages ci --ignore-scripts --no-audit --no-fund >&2 ||
      miss "playwright-core: npm --prefix $pages ci --ignore-scripts"
  done
}

ensure_plink() { need plink putty-tools; }

ensure_asyncssh() {
  local python=$tools/python/bin/python requirements=tests/python/requirements.txt
  local stamp=$tools/python/$(sha256sum <$requirements | cut -c1-16)
  [ -e "$stamp" ] && [ -x "$python" ] && return
  need python3 python3
  has python3 || return 0
  rm -rf "$tools/python"
  mkdir -p "$tools"
  if ! python3 -m venv "$tools/python" >/dev/null 2>&1; then
    apt_install python3-venv || true
    rm -rf "$tools/python"
    python3 -m venv "$tools/python" || { miss "python venv: install the package python3-venv"; return 0; }
  fi
  if "$tools/python/bin/pip" install --quiet --require-hashes --only-binary=:all: -r $requirements; then
    touch "$stamp"
  else
    miss "asyncssh: python3 -m venv target/tools/python && target/tools/python/bin/pip install --require-hashes -r $requirements"
  fi
}

ensure_asciinema() { crate asciinema 3.2.0 asciinema; }
ensure_cargo-deny() { crate cargo-deny 0.20.2 cargo-deny; }
ensure_cargo-fuzz() { crate cargo-fuzz 0.13.2 cargo-fuzz; }

# A small file system that can be filled: as root, or in a namespace of one's own.
ensure_tmpfs() {
  need unshare util-linux
  need nsenter util-linux
  unshare --mount --map-root-user sh -c 'mount -t tmpfs -o size=1m tmpfs /mnt' 2>/dev/null && return
  unshare --mount sh -c 'mount -t tmpfs -o size=1m tmpfs /mnt' 2>/dev/null && return
  miss "tmpfs: mounting one needs root or user namespaces (sysctl kernel.unprivileged_userns_clone=1)"
}

[ "${1:-}" = ensure ] || { sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2; }
shift
[ $# -gt 0 ] || set -- ssh plink asyncssh asciinema pty systemd tmpfs stock browser

for group in "$@"; do
  case $without in
    *" $group "*) echo "tools: WITHOUT $group, as asked: its tests will not be run" >&2; continue ;;
  esac
  declare -F "ensure_$group" >/dev/null || { echo "tools: no group $group" >&2; exit 2; }
  "ensure_$group"
done

if [ ${#missing[@]} -gt 0 ]; then
  echo "tools: missing, and could not be installed here:" >&2
  printf '  %s\n' "${missing[@]}" >&2
  echo "Install them, or leave groups out by name: DRAWBRIDGE_TESTS_WITHOUT=\"…\" make test" >&2
  exit 1
fi
