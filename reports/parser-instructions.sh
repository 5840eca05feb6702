#!/usr/bin/env bash
# Instructions that the parser takes for a token of corpora/demo.jsonl, with AVX2, by callgrind:
# the same number on every run and machine, so that a regression shows. Loading the model and the
# first sight of each word are left out: the count of one round more, divided by its tokens.
#
#   reports/parser-instructions.sh
#
# Needs valgrind (which knows no AVX-512) and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --release --quiet -p caption-parser --example throughput
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 - corpora/demo.jsonl > "$work/captions.txt" <<'PYTHON'
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    print(" ".join(json.loads(line)["caption"].split()))
PYTHON
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$target/release/examples/throughput" \
        "$work/captions.txt" "$1" avx2 2>&1 | tee "$work/output" | awk '/Collected/ { print $4 }'
}
one=$(count 1); two=$(count 2)
tokens=$(grep -o '[0-9]* tokens,' "$work/output" | cut -d' ' -f1)
awk -v one="$one" -v two="$two" -v tokens="$tokens" \
    'BEGIN { printf "%.0f instructions a token (%d instructions, %d tokens)\n", (two - one) / tokens, two - one, tokens }'
