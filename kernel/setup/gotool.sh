#!/bin/sh
# Builds one program of a Go module at an exact version into a folder, through a module of its own: `go install PKG@VERSION`
# also asks a proxy for all versions, which not every proxy answers.
# usage: gotool.sh FOLDER PACKAGE MODULE VERSION
set -eu
mkdir -p "$1"
to=$(cd "$1" && pwd)
mod=$(mktemp -d)
trap 'rm -rf "$mod"' EXIT
cd "$mod"
export GOFLAGS=-mod=mod GOEXPERIMENT= GOWORK=off
go mod init tool >/dev/null 2>&1
go get "$3@$4" >/dev/null 2>get.log || { cat get.log >&2; exit 1; }
go build -o "$to/" "$2"
