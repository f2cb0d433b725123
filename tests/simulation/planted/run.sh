#!/bin/sh
# Plants one bug after another in a copy of the tree and says which check of the simulator catches it, and after how
# many chats. Nothing is changed in the tree itself.
#
#   sh tests/simulation/planted/run.sh            all of them
#   sh tests/simulation/planted/run.sh NAME...    these, by the names of the patches
#
# It exits with 1 if a bug gets through 2,000 chats, and takes some minutes, as each bug needs a build of the core.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
target=${CARGO_TARGET_DIR:-$root/target}/planted

if [ $# -eq 0 ]; then
    set -- $(cd "$here" && ls *.patch | sed 's/\.patch$//')
fi
cp "$root/Cargo.toml" "$root/Cargo.lock" "$root/.clippy.toml" "$root/.rustfmt.toml" "$copy"
(cd "$root" && tar -cf - --exclude=target protocol runtime-* tests fuzz) | tar -xf - -C "$copy"

missed=0
for name; do
    patch -s -p1 -d "$copy" < "$here/$name.patch"
    (cd "$copy" && CARGO_TARGET_DIR="$target" cargo build -q -p helpline-simulation)
    if "$target/debug/helpline-simulation" --seeds 0..2000 --threads 1 --stop-at 1 --out "$copy/out" \
        > "$copy/summary" 2> "$copy/found"; then
        echo "$name: NOT CAUGHT in 2000 chats"
        missed=1
    else
        chats=$(sed -n 's/^ *\([0-9]*\)  chats in.*/\1/p' "$copy/summary")
        echo "$name: caught in chat $chats by $(sed -n 's/^seed [0-9]*, step [0-9]*, [0-9]* ms: //p' "$copy/found" | head -n 1 | cut -c 1-140)"
    fi
    patch -s -R -p1 -d "$copy" < "$here/$name.patch"
done
exit $missed
