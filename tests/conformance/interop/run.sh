#!/bin/sh
# Runs the vendors' own clients, unmodified, against the emulator; and where a vendor has none that runs here, a small
# one of ours that does as theirs do.
#
#   HELPLINE_EMULATOR   the emulator's program; built with cargo if not given
#   CARGO_TARGET_DIR    where cargo builds, and where the clients are kept; `target` if not given
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)

for program in node npm python3; do
    if ! command -v "$program" >/dev/null 2>&1; then
        echo "interop: skipped, $program is missing"
        exit 0
    fi
done

if [ -z "${HELPLINE_EMULATOR:-}" ]; then
    (cd "$root" && cargo build --quiet -p helpline-emulator)
    HELPLINE_EMULATOR=${CARGO_TARGET_DIR:-$root/target}/debug/helpline-emulator
fi

# Nothing here leaves the machine once the clients are installed.
NO_PROXY=127.0.0.1
no_proxy=127.0.0.1
export NO_PROXY no_proxy
# Which versions of the runtime a client will want next year is no concern here.
NODE_NO_WARNINGS=1
export NODE_NO_WARNINGS

cache=$root/target/interop
mkdir -p "$cache"

# Installs again only when the pinned versions have changed.
if ! cmp -s "$here/requirements.txt" "$cache/requirements.txt"; then
    rm -rf "$cache/venv"
    python3 -m venv "$cache/venv"
    "$cache/venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    cp "$here/requirements.txt" "$cache/requirements.txt"
fi
if ! cmp -s "$here/package-lock.json" "$cache/npm/installed-lock.json"; then
    rm -rf "$cache/npm"
    mkdir -p "$cache/npm"
    cp "$here/package.json" "$here/package-lock.json" "$cache/npm/"
    (cd "$cache/npm" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null)
    cp "$here/package-lock.json" "$cache/npm/installed-lock.json"
fi

emulator=
work=$(mktemp -d)
stop() {
    if [ -n "$emulator" ]; then
        kill "$emulator" 2>/dev/null || true
        wait "$emulator" 2>/dev/null || true
        emulator=
    fi
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run NAME OPTIONS COMMAND...: a fresh emulator of $provider with these options; its first line and the folder of the node modules
# are added to the command. Prints a line a step; the steps are counted at the end.
failed=0
: >"$work/steps"
run() {
    name=$1
    options=$2
    shift 2
    : >"$work/line"
    # shellcheck disable=SC2086 # options are words
    "$HELPLINE_EMULATOR" "$provider" --verbose $options >"$work/line" 2>"$work/log" &
    emulator=$!
    waited=0
    while [ ! -s "$work/line" ]; do
        if [ "$waited" -ge 100 ] || ! kill -0 "$emulator" 2>/dev/null; then
            echo "interop: the emulator did not start" >&2
            cat "$work/log" >&2
            exit 1
        fi
        waited=$((waited + 1))
        sleep 0.1
    done
    details=$(head -n 1 "$work/line")
    rm -f "$work/good"
    { "$@" "$details" "$cache/npm" && : >"$work/good"; } | tee -a "$work/steps" | grep -v ' passed, ' || true
    if [ ! -e "$work/good" ]; then
        failed=$((failed + 1))
        echo "interop: $name failed; the end of the emulator's log:" >&2
        tail -n 40 "$work/log" >&2
    fi
    stop
}

provider=amazon-connect
run boto3 "" "$cache/venv/bin/python" "$here/boto3_chat.py"
run boto3-faults \
    "--agent silent --fault status=429,op=event,times=2,retry-after=1 --fault status=500,op=transcript,times=2
     --fault lost-answer=next:1,op=message" \
    "$cache/venv/bin/python" "$here/boto3_faults.py"
run chatjs "" node "$here/chatjs_chat.mjs"
run chatjs-faults "--fault no-ack --fault ping-500" node "$here/chatjs_faults.mjs"
run boto3-operations "" "$cache/venv/bin/python" "$here/boto3_operations.py"
run chatjs-more "" node "$here/chatjs_more.mjs"
run aws-sdk "" node "$here/aws_sdk_chat.mjs"
provider=bright-pattern
run bright-pattern "--encrypted-ice --hold 500..1500" node "$here/bright_pattern_poll.mjs"
echo "$(grep -c '^ok ' "$work/steps" || true) passed, $failed failed"
[ "$failed" -eq 0 ]
