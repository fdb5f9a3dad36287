#!/bin/sh
# Runs fuzz targets one after the other, each from its first inputs; stops at the first finding.
# tests/fuzz/libfuzzer/run.sh [-s SECONDS] [TARGET ...]
set -eu
cd "$(dirname "$0")"
seconds=600
if [ "${1:-}" = -s ]; then
    seconds=$2
    shift 2
fi
if [ $# -eq 0 ]; then
    for file in fuzz_targets/*.rs; do
        set -- "$@" "$(basename "$file" .rs)"
    done
fi
for target in "$@"; do
    mkdir -p "corpus/$target"
    seeds=../seeds/$target
    stories=../../transcripts/$(echo "$target" | sed 's/^dialect_//; s/^backend_//')
    [ -d "$seeds" ] || seeds=
    [ -d "$stories" ] || stories=
    # Unquoted: what is empty is left out.
    cargo +nightly fuzz run --fuzz-dir . -s none "$target" "corpus/$target" $seeds $stories -- \
        -max_total_time="$seconds" -max_len=16384 -timeout=20
done
