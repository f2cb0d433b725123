#!/bin/sh
# Fuzzes every target, or those named, for so many seconds each: `sh fuzz/run.sh SECONDS [TARGET…]`.
#
# Needs cargo-fuzz (`cargo install cargo-fuzz --locked`); stable Rust will do. What is found new goes to the targets'
# corpora under target/fuzz, and with FUZZ_SEED=1 a short run is much the same each time. An input that breaks a promise
# stays in fuzz/artifacts/TARGET: mend the code, and keep the input in fuzz/corpus/TARGET, where `cargo test` replays it.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:?how many seconds for each target}
shift
work=${CARGO_TARGET_DIR:-target}/fuzz
broken=""
targets=${*:-$(ls fuzz/targets | sed 's/\.rs$//')}

for target in $targets; do
    mkdir -p "$work/$target" "$work/seeds-$target"
    cargo run --quiet -p helpline-fuzz --example seeds -- "$target" "$work/seeds-$target"
    kept=""
    [ -d "fuzz/corpus/$target" ] && kept="fuzz/corpus/$target"
    words=$(sed -n "s/^ *$target(\"\([a-z_]*\)\").*/\1/p" fuzz/src/lib.rs)
    log="$work/$target.log"
    # Without a sanitizer: the workspace forbids unsafe code, and stable Rust has none. What costs more than 512 MiB or
    # 10 s for one input counts as broken too.
    # shellcheck disable=SC2086
    if ! cargo fuzz run --features libfuzzer -s none "$target" "$work/$target" "$work/seeds-$target" $kept -- \
        "-dict=fuzz/dictionaries/$words.dict" "-max_total_time=$seconds" -rss_limit_mb=512 -timeout=10 \
        -max_len=16384 "-seed=${FUZZ_SEED:-0}" -print_final_stats=1 >"$log" 2>&1; then
        grep -m 1 -A 3 -E "panicked at|ERROR: libFuzzer" "$log" || tail -n 20 "$log"
        grep -m 1 "Test unit written to" "$log" || true
        echo "$target: BROKEN, see $log" >&2
        broken="$broken $target"
        continue
    fi
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
    echo "$target: $runs inputs in $seconds s, $memory MiB at the most, nothing broken"
done
[ -z "$broken" ] || { echo "broken:$broken" >&2; exit 1; }
