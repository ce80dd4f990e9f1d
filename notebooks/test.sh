#!/bin/sh
# Runs every notebook of the course headless on a small budget; the saved files stay as they are. Models beside the checkout
# are used where they are (the Chinese one); without them the Chinese notebooks go on with the English model.
# usage: notebooks/test.sh [NOTEBOOK...]
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -d "$root/../shared/models" ]; then GOSFT_MODELS=${GOSFT_MODELS:-$root/../shared/models}; export GOSFT_MODELS; fi
[ -x "$root/.venv-test/bin/python" ] && { GOSFT_TEST_PYTHON=${GOSFT_TEST_PYTHON:-$root/.venv-test/bin/python}; export GOSFT_TEST_PYTHON; }
GOSFT_HOME=${GOSFT_HOME:-$root/.venv/share/gosft}
export GOSFT_HOME HF_HUB_OFFLINE=1
passed=0 failed=0
cd "$root/notebooks" || exit 1
[ $# -gt 0 ] || set -- en/*.ipynb zh/*.ipynb
for nb in "$@"; do
  start=$(date +%s)
  mkdir -p "$work/$(dirname "$nb")"
  sets=""
  for set in rows=200 epochs=0.5 steps=6 folds=2; do
    if grep -q "\"${set%%=*} := " "$nb"; then sets="$sets --set $set"; fi
  done
  # shellcheck disable=SC2086  the settings are words of their own
  cp "$nb" "$work/$nb"
  if (cd "$work/$(dirname "$nb")" && "$root/.venv/bin/gosft" run $sets "$(basename "$nb")") > "$work/log" 2>&1; then
    passed=$((passed + 1)); echo "ok   $nb ($(($(date +%s) - start)) s)"
  else
    failed=$((failed + 1)); echo "FAIL $nb"; tail -40 "$work/log"
  fi
done
echo "notebooks: $passed passed, $failed failed"
[ $failed = 0 ]
