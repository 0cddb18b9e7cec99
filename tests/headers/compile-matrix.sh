#!/bin/sh
# Compiles every public header: alone, twice, in pairs, and all together in several orders with the C and C++ libraries'
# headers before or after, as C11, C17, C23 and C++17, narrow and UNICODE, with GCC and, where installed, Clang.
# Nothing is linked or run: what is tested is that there is no diagnostic. The static asserts on layouts are in the
# headers; one more round compiles them for 32 bits.
# Usage: compile-matrix.sh include-dir [build-dir source-dir]
set -eu

include=$1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
headers=$(cd "$include" && find . -name '*.h' | sed 's|^\./||' | LC_ALL=C sort)
[ -n "$headers" ] || { echo "compile-matrix: no headers in $include" >&2; exit 1; }
warnings='-Wall -Wextra -Wundef -Wconversion -Wsign-conversion -Wshadow -pedantic -Werror'
common_headers='assert.h ctype.h errno.h limits.h locale.h math.h pthread.h signal.h stdarg.h stddef.h stdint.h stdio.h
stdlib.h string.h sys/mman.h sys/types.h time.h unistd.h wchar.h wctype.h'
c_headers="stdatomic.h threads.h $common_headers"
cxx_headers="algorithm atomic cstdint cstdio cstdlib cstring iostream map memory mutex string thread vector
$common_headers"
units=0

# unit FILE HEADER...: a source that includes these; not empty even if they hold only macros.
unit() {
    file=$1
    shift
    { printf '#include <%s>\n' "$@"; echo 'typedef int not_empty;'; } >"$file"
}

# write_units FOLDER SUFFIX LIBRARY-HEADER...
write_units() {
    folder=$1
    suffix=$2
    shift 2
    mkdir -p "$folder"
    forward=
    backward=
    for header in $headers; do
        unit "$folder/alone-$header.$suffix" "$header" "$header"
        forward="$forward $header"
        backward="$header $backward"
    done
    # Of any two headers, each comes before the other in one of these; and so do the library's.
    # shellcheck disable=SC2086 # header names are words
    unit "$folder/forward.$suffix" $forward "$@"
    # shellcheck disable=SC2086
    unit "$folder/backward.$suffix" $backward "$@"
    # shellcheck disable=SC2086
    unit "$folder/library-forward.$suffix" "$@" $forward
    # shellcheck disable=SC2086
    unit "$folder/library-backward.$suffix" "$@" $backward
}

# compile COMPILER FLAG... -- FOLDER: all units of a folder in one run.
compile() {
    flags=
    while [ "$1" != -- ]; do
        flags="$flags $1"
        shift
    done
    set -- "$2"/*
    # shellcheck disable=SC2086 # flags are words
    $flags $warnings -I"$include" -fsyntax-only "$@" || { echo "compile-matrix: failed:$flags" >&2; exit 1; }
    units=$((units + $#))
}

# Two at a time, next to each other, in the default compiler: what the long orders could hide.
write_pairs() {
    mkdir -p "$tmp/pairs"
    for first in $headers; do
        for second in $headers; do
            case $first$second in
                *cairn_* | *sal.h* | *objbase.h* | *ole2.h* | *wtypes.h* | *intsafe.h*intsafe.h*) ;; # reached through the others
                *) unit "$tmp/pairs/$first-$second.c" "$first" "$second" ;;
            esac
        done
    done
}

# shellcheck disable=SC2086
write_units "$tmp/c" c $c_headers
# shellcheck disable=SC2086
write_units "$tmp/cxx" cpp $cxx_headers
write_pairs

# For 32 bits there may be no C library, so only headers that do without it, which are all those with layouts.
mkdir "$tmp/bare"
cp "$tmp"/c/alone-* "$tmp/bare"
rm "$tmp/bare/alone-tchar.h.c" "$tmp"/bare/alone-*intsafe.h.c "$tmp/bare/alone-malloc.h.c"

for family in 'gcc g++' 'clang clang++'; do
    cc=${family% *}
    cxx=${family#* }
    if command -v "$cc" >/dev/null 2>&1; then
        for standard in c11 c17 c2x; do
            compile "$cc" -std=$standard -- "$tmp/c"
            compile "$cc" -std=$standard -DUNICODE -D_UNICODE -- "$tmp/c"
        done
        compile "$cc" -std=c11 -DUNICODE -D_UNICODE -DSTRICT -DWIN32_NO_STATUS -fshort-wchar -- "$tmp/c"
        compile "$cc" -std=c11 -m32 -ffreestanding -- "$tmp/bare"
    fi
    if command -v "$cxx" >/dev/null 2>&1; then
        compile "$cxx" -std=c++17 -- "$tmp/cxx"
        compile "$cxx" -std=c++17 -DUNICODE -D_UNICODE -- "$tmp/cxx"
    fi
done
compile "${CC:-cc}" -std=c11 -- "$tmp/pairs"
echo "compile-matrix: $units units, no diagnostic"
