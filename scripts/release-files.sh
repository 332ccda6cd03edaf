#!/usr/bin/env bash
# Writes what the packages of a release hold beside the binary, to dist-files/: completion scripts and manual pages.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -rf dist-files
mkdir -p dist-files/completions
go build -o dist-files/otelgen ./cmd/otelgen
dist-files/otelgen completion bash >dist-files/completions/otelgen.bash
dist-files/otelgen completion zsh >dist-files/completions/_otelgen
dist-files/otelgen completion fish >dist-files/completions/otelgen.fish
dist-files/otelgen man dist-files/man/man1 >/dev/null
gzip -9n dist-files/man/man1/*.1
rm dist-files/otelgen
