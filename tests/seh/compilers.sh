#!/bin/sh
# Builds and runs the tests of guarded blocks with GCC and Clang, unoptimised and optimised, in C and in C++: how locals,
# registers and stack are used is each compiler's own. Also what must not compile.
# Usage: compilers.sh include-dir build-dir source-dir
set -eu

include=$1
build=$2
source=$3/tests/seh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# GCC takes variables that are not changed in a body for such.
warnings='-pedantic-errors -Wall -Wextra -Wshadow -Wconversion -Wno-clobbered -Wno-unknown-warning-option -Werror'
count=0

# check COMPILER STANDARD SOURCE FLAG...
check() {
    compiler=$1
    standard=$2
    file=$3
    shift 3
    # shellcheck disable=SC2086 # flags are words
    "$compiler" "-std=$standard" -D_GNU_SOURCE "$@" $warnings -I"$include" -I"$source/../lib" "$source/$file" -o "$tmp/test" \
        -L"$build" -lcairn -Wl,-rpath,"$build" -pthread || { echo "compilers: $compiler $* $file" >&2; exit 1; }
    "$tmp/test" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; echo "compilers: $compiler $* $file" >&2; exit 1; }
    count=$((count + 1))
}

# refused SENTENCE: the source on standard input does not compile, for this reason.
refused() {
    if "${CC:-cc}" -std=gnu11 -fsyntax-only -I"$include" -x c - >"$tmp/log" 2>&1; then
        echo "compilers: should not compile: $1" >&2
        exit 1
    fi
    grep -q "$1" "$tmp/log" || { cat "$tmp/log" >&2; exit 1; }
}

# holds LINE...: what of tests/spec/ the checks before were about.
holds() {
    [ -z "${CAIRN_SPEC_LOG:-}" ] || echo "holds: $*" >>"$CAIRN_SPEC_LOG"
}

# has COMPILER FLAG...: whether it is there and links programs with these flags; a sanitizer's library may be missing.
has() {
    command -v "$1" >/dev/null 2>&1 || return 1
    echo 'int main(void) { return 0; }' | "$@" -x c - -o "$tmp/empty" >"$tmp/log" 2>&1
}

# with FLAG...: all tests, with each compiler that can.
with() {
    for test in try_except.c try_finally.c; do
        for compiler in gcc clang; do
            ! has "$compiler" "$@" || check "$compiler" gnu11 "$test" "$@"
        done
    done
    for compiler in g++ clang++; do
        ! has "$compiler" "$@" || check "$compiler" c++17 cxx/guarded.cc "$@"
    done
}

with -O0
with -O2
with -O0 -fsanitize=address
with -O1 -fsanitize=undefined
with -O2 -fsanitize=address,undefined
[ "$count" -gt 0 ] || { echo 'compilers: nothing was built' >&2; exit 1; }

echo '#include <windows.h>
DWORD f(void) { return GetExceptionCode(); }' | refused 'outside a filter or a handler'
echo '#include <windows.h>
DWORD f(void) { __try { return GetExceptionCode(); } __except (1) { } return 0; }' | refused 'outside a filter or a handler'
echo '#include <windows.h>
int f(void) { return AbnormalTermination(); }' | refused 'cairn_seh_finally'
echo '#include <windows.h>
void *f(void) { __try { return 0; } __except (1) { return GetExceptionInformation(); } return 0; }' |
    refused 'cairn_seh_pointers'
holds G9.2.8 G9.2.9 G9.3.8

printf '#include <windows.h>\nvoid main(void) { RaiseException(1, 0, 0, NULL); }\n' |
    "${CC:-cc}" -std=gnu11 -fsyntax-only -w -I"$include" -x c -
holds G12.3.11
echo "compilers: $count programs"
