#!/bin/sh
# make bench-sft: training and inference, whole runs, tokenizer, CSV reading and the classical algorithms beside PyTorch, the HF
# Trainer, Rust tokenizers, pandas, polars and scikit-learn, each interleaved with its peer. Tables and targets go to
# build/bench-sft.txt too. FULL=1 also trains three epochs, with several seeds, and with one luck for both sides (hours
# on two cores). What could not be measured is said; a part that breaks off counts as failed.
set -u
cd "$(dirname "$0")/../.."
mkdir -p build
out=build/bench-sft.txt
tests() { awk -f sftlib/internal/testenv/skipped.awk; } # not for the programs: mawk keeps lines back
part() { # NAME FILTER COMMAND...
  name=$1 filter=$2; shift 2
  echo; echo "## $name"
  { "$@" 2>&1; echo $? > build/part.status; } | $filter | tee build/part.txt
  if [ "$(cat build/part.status)" != 0 ] && ! grep -vE '^ *(--- )?FAIL' build/part.txt | grep -q FAIL; then
    echo "target: $name: broke off FAIL"
  fi
}
{
  echo "# $(date -u +%F), $(uname -srm), $(nproc 2>/dev/null || sysctl -n hw.ncpu) cores, load $(uptime | sed 's/.*average[s]*: //')"
  part "A training step and a forward pass" cat go run ./sftlib/bench/steps
  if [ -n "${FULL:-}" ]; then
    part "From CSV to accuracy, three seeds" cat go run ./sftlib/train/bench -seeds 3
    part "From CSV to accuracy in Chinese, six seeds" cat go run ./sftlib/train/bench -data waimai -seeds 6 -sides "sftlib,HF Trainer"
    part "From CSV to accuracy, three epochs" cat go run ./sftlib/train/bench -epochs 3
    part "An epoch of the same batches and dropout masks" tests env GOSFT_BENCH=1 go test -count=1 -v -timeout 60m -run EpochBeside ./sftlib/train
  else
    part "From CSV to accuracy" cat go run ./sftlib/train/bench
    echo "not measured: three epochs, and accuracy over three seeds (FULL=1)"
  fi
  part "Tokenizer, CSV and the classical algorithms" tests env GOSFT_BENCH=1 go test -count=1 -v -timeout 60m -run 'Bench|Beside' ./sftlib/token ./sftlib/data ./sftlib/classic
} | tee "$out"
ok=$(grep -c -E ' ok( \||$)' "$out")
bad=$(grep -c 'FAIL' "$out")
echo "$ok passed, $bad failed" | tee -a "$out"
[ "$bad" = 0 ] && [ "$ok" != 0 ]
