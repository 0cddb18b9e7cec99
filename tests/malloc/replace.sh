#!/bin/bash
# Programs that replace some of the C++ operators: linked with the library, with its archive, or with nothing and the
# library preloaded, they have one definition of each, and all other forms go where the standard has them go.
# Usage: replace.sh include-dir build-dir source-dir
set -eu

build=$2
source=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ulimit -c 0

# try NAME REPLACED COMMAND...
try() {
    "${@:3}" >"$tmp/out" 2>&1 || { echo "replace: $1, with $2:" >&2 && cat "$tmp/out" >&2 && exit 1; }
}

for replaced in -DPLAIN '-DPLAIN -DALIGNED' -DALIGNED -DARRAYS -DONLY_NEW; do
    # shellcheck disable=SC2086 # words on purpose
    g++ -std=c++17 -O1 -Wall -Wextra -Wno-sized-deallocation $replaced -c -o "$tmp/replace.o" \
        "$source/tests/malloc/replace.cc"
    try 'not linked' "$replaced" g++ -o "$tmp/linked" "$tmp/replace.o" -L"$build" -lcairn_malloc -Wl,-rpath,"$build"
    try 'not linked' "$replaced" g++ -o "$tmp/plain" "$tmp/replace.o"
    try 'not linked with the archive' "$replaced" g++ -o "$tmp/archive" "$tmp/replace.o" "$build/libcairn_malloc.a"
    try 'not linked statically' "$replaced" g++ -static -o "$tmp/static" "$tmp/replace.o" "$build/libcairn_malloc.a"
    try linked "$replaced" "$tmp/linked"
    try preloaded "$replaced" env LD_PRELOAD="$build/libcairn_malloc.so" "$tmp/plain"
    try 'with the archive' "$replaced" "$tmp/archive"
    try 'linked statically' "$replaced" "$tmp/static"
done
echo "replace: programs with some operators of their own, linked, static and preloaded"
