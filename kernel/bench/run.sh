#!/bin/sh
# make bench-kernel: this kernel (fast and plain), GoNB v0.11.4 and ipykernel side by side, interleaved, in one run.
# GoNB with its helpers is built once into build/gonb, with a home of its own, so that nothing of the machine is touched.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
gonb=$root/build/gonb
py=$root/.venv/bin/python
[ -x "$root/.venv/bin/gosft" ] || { echo "bench-kernel: run make setup first" >&2; exit 1; }
"$py" -c 'import psutil' 2>/dev/null || "$py" -m pip install --quiet "$(grep ^psutil "$root/kernel/setup/requirements-test.txt")"
if [ ! -d "$gonb/home/.local/share/jupyter/kernels/gonb" ] && [ ! -d "$gonb/home/Library/Jupyter/kernels/gonb" ]; then
  echo "building GoNB v0.11.4, goimports and gopls (once, about a minute)"
  mkdir -p "$gonb/bin" "$gonb/home"
  tool="$root/kernel/setup/gotool.sh"
  "$tool" "$gonb/bin" github.com/janpfeifer/gonb github.com/janpfeifer/gonb v0.11.4
  "$tool" "$gonb/bin" golang.org/x/tools/cmd/goimports golang.org/x/tools v0.44.0
  "$tool" "$gonb/bin" golang.org/x/tools/gopls golang.org/x/tools/gopls v0.20.0
  GOPATH=$(go env GOPATH) GOCACHE=$(go env GOCACHE) HOME=$gonb/home PATH=$gonb/bin:$PATH "$gonb/bin/gonb" --install
fi
exec "$py" "$root/kernel/bench/bench.py" "$root" "$@"
