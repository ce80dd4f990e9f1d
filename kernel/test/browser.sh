#!/bin/sh
# Drives JupyterLab in Chromium: browser.mjs goes through the course's quick start as a user would (pictures go to
# build/screenshots), gonb.mjs through GoNB's own notebooks for widgets. usage: browser.sh
set -eu
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)
command -v node >/dev/null && command -v npm >/dev/null || { echo "browser test: skipped, node and npm are not on the PATH (Debian: apt install nodejs npm)"; exit 0; }
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || { echo "browser test: skipped, no Chromium on the PATH (Debian: apt install chromium; or set CHROMIUM)"; exit 0; }
build=$root/build/browser
mkdir -p "$build"
cp package.json ./*.mjs "$build/"
[ -d "$build/node_modules/playwright-core" ] || npm install --silent --no-audit --no-fund --prefix "$build"
node "$build/browser.mjs" "$root" "$root/build/screenshots"
node "$build/gonb.mjs" "$root" "$(cd "$root" && go list -m -f '{{.Dir}}' github.com/janpfeifer/gonb)"
