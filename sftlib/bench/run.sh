#!/bin/sh
# make bench-sft: training and inference, whole runs, tokenizer, CSV reading and the classical algorithms beside PyTorch, the HF
# Trainer, Rust tokenizers, pandas, polars and scikit-learn, each interleaved with its peer. Tables and targets go to
# build/bench-sft.txt too. FULL=1 also trains three epochs, with several seeds, and with one luck for both sides (hours
# on two cores). What could not be measured is said; a part that breaks off counts as failed.
set -u
cd "$(dirname "$0")/../.."
mkdir -p build
out=build/bench-sft.txt
part() {
  name=$1; shift
  echo; echo "## $name"
  { "$@" 2>&1; echo $? > build/part.status; } | tee build/part.txt
  if [ "$(cat build/part.status)" != 0 ] && ! grep -vE '^ *(--- )?FAIL' build/part.txt | grep -q FAIL; then
    echo "target: $name: broke off FAIL"
  fi
}
{
  echo "# $(date -u +%F), $(uname -srm), $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores, load $(uptime | sed 's/.*average[s]*: //')"
  part "A training step and a forward pass" go run ./sftlib/bench/steps
  if [ -n "${FULL:-}" ]; then
    part "From CSV to accuracy, three seeds" go run ./sftlib/train/bench -seeds 3
    part "From CSV to accuracy in Chinese, six seeds" go run ./sftlib/train/bench -data waimai -seeds 6 -sides "sftlib,HF Trainer"
    part "From CSV to accuracy, three epochs" go run ./sftlib/train/bench -epochs 3
    part "An epoch of the same batches and dropout masks" env GOSFT_BENCH=1 go test -count=1 -v -timeout 60m -run EpochBeside ./sftlib/train
  else
    part "From CSV to accuracy" go run ./sftlib/train/bench
    echo "not measured: three epochs, and accuracy over three seeds (FULL=1)"
  fi
  part "Tokenizer, CSV and the classical algorithms" env GOSFT_BENCH=1 go test -count=1 -v -timeout 60m -run 'Bench|Beside' ./sftlib/token ./sftlib/data ./sftlib/classic
} | awk -f sftlib/internal/testenv/skipped.awk | tee "$out"
ok=$(grep -c -E ' ok( \||$)' "$out")
bad=$(grep -c 'FAIL' "$out")
echo "$ok passed, $bad failed" | tee -a "$out"
[ "$bad" = 0 ] && [ "$ok" != 0 ]
