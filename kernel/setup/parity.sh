#!/bin/sh
# make parity: every comparison with an independent implementation (tokenizers, transformers, PyTorch, scikit-learn,
# TensorBoard), a line each: what, figure, bound, ok or FAIL. The comparisons are the library's own tests; their whole output
# is kept in build/parity.log. A test that was skipped, as where a plugin or data is missing, is said to be not measured.
set -u
cd "$(dirname "$0")/../.."
mkdir -p build
python=${GOSFT_TEST_PYTHON:-.venv-test/bin/python}
"$python" -c 'import torch, transformers, tokenizers, sklearn, tensorboard' 2>/dev/null ||
  { echo "parity: $python has not all that is compared with (PyTorch, transformers, tokenizers, scikit-learn, TensorBoard); run make setup-test" >&2; exit 1; }
go test -count=1 -v -timeout 60m -run "${1:-.}" ./sftlib/... > build/parity.log 2>&1
status=$?
awk -f sftlib/internal/testenv/skipped.awk build/parity.log | grep -oE '(parity|not measured): .*' | grep -v GOSFT_BENCH
ok=$(grep -c 'parity: .* ok$' build/parity.log)
bad=$(grep -c 'parity: .* FAIL$' build/parity.log)
if [ "$status" != 0 ] && [ "$bad" = 0 ]; then
  bad=1
  grep -E '^(---|\s+---) FAIL|^FAIL|panic:' build/parity.log | head -20
fi
echo "$ok passed, $bad failed"
[ "$bad" = 0 ] && [ "$ok" != 0 ]
