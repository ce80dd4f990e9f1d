#!/bin/sh
# make bench-sft: training and inference, whole runs, tokenizer, CSV reading and the classical algorithms beside PyTorch, the HF
# Trainer, Rust tokenizers, pandas, polars and scikit-learn, each interleaved with its peer. Tables and targets go to
# build/bench-sft.txt too. FULL=1 also trains three epochs and three seeds on all data sets (hours on two cores).
set -u
cd "$(dirname "$0")/../.."
mkdir -p build
out=build/bench-sft.txt
: > "$out"
status=0
part() {
  echo; echo "## $1"; shift
  "$@" 2>&1 || status=1
}
{
  echo "# $(date -u +%F), $(uname -srm), $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores, load $(uptime | sed 's/.*average[s]*: //')"
  part "A training step and a forward pass" go run ./sftlib/bench/steps
  part "From CSV to accuracy" go run ./sftlib/train/bench ${FULL:+-data sst2,banking77,waimai -epochs 1,3 -seeds 3}
  part "Tokenizer, CSV and the classical algorithms" env GOSFT_BENCH=1 go test -count=1 -v -timeout 60m -run 'Bench|Beside' ./sftlib/token ./sftlib/data ./sftlib/classic
} | grep -v -E '^(=== RUN|--- |PASS|ok  )' | tee "$out"
ok=$(grep -c -E ' ok( \||$)' "$out")
bad=$(grep -c 'FAIL' "$out")
echo "$ok passed, $bad failed"
[ "$bad" = 0 ] && [ "$ok" != 0 ]
