#!/bin/sh
# cairn-run: what it passes on and what it refuses.
# Usage: cairn_run.sh include-dir build-dir source-dir
set -eu

build=$(cd "$2" && pwd)
cc=${CC:-cc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset CAIRN_OPTIONS LD_PRELOAD

fail() {
    echo "cairn_run: $*" >&2
    exit 1
}

# expect STATUS TEXT ARGUMENT...: cairn-run ends so and writes this, to either stream.
expect() {
    wanted_status=$1
    wanted=$2
    shift 2
    status=0
    said=$("${cairn_run:-$build/cairn-run}" "$@" 2>&1) || status=$?
    [ "$status" -eq "$wanted_status" ] || fail "$*: ends with $status, not $wanted_status"
    [ "$said" = "$wanted" ] || fail "$*: says '$said', not '$wanted'"
}

cat >"$tmp/probe.c" <<'SOURCE'
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{
    const char *options = getenv("CAIRN_OPTIONS");
    printf("%zu %s", malloc_usable_size(malloc(10)), options ? options : "none");
    for (int i = 1; i < argc; i++)
        printf(" [%s]", argv[i]);
    return 7;
}
SOURCE
"$cc" -o "$tmp/probe" "$tmp/probe.c"
"$tmp/probe" >"$tmp/plain" || true
[ "$(cat "$tmp/plain")" = '24 none' ] || fail "the probe does not see the C library's malloc"

expect 7 '10 none' "$tmp/probe"
expect 7 '10 none [a b] [-o] [--]' "$tmp/probe" 'a b' -o --
expect 7 '10 decay=5 [x]' -o decay=5 "$tmp/probe" x
expect 7 '10 decay=5,on_error=continue' -o decay=5 -o on_error=continue -- "$tmp/probe"
CAIRN_OPTIONS=decay=1
export CAIRN_OPTIONS
expect 7 '10 decay=1,decay=5' -o decay=5 "$tmp/probe"
unset CAIRN_OPTIONS
PATH=$tmp:$PATH
expect 7 '10 none' probe
ln -s "$build/cairn-run" "$tmp/link"
cairn_run=$tmp/link
expect 7 '10 none' probe
cairn_run=

# What was to be preloaded before still is, and first.
echo 'char *getenv(const char *name) { return name[0] == 67 ? "other" : 0; }' >"$tmp/other.c"
"$cc" -shared -fPIC -fno-builtin -o "$tmp/other.so" "$tmp/other.c"
[ "$(LD_PRELOAD=$tmp/other.so "$build/cairn-run" "$tmp/probe" || true)" = '10 other' ] || fail "LD_PRELOAD is not kept"

usage=$("$build/cairn-run" --help)
case $usage in
    usage:*) ;;
    *) fail "--help says '$usage'" ;;
esac
expect 2 "$usage"
expect 2 "$usage" -x "$tmp/probe"
expect 2 'cairn-run: -o wants KEY=VALUE' -o
expect 127 'cairn-run: no-such-program: not found' no-such-program
expect 127 "cairn-run: $tmp/nothing: not found" "$tmp/nothing"
expect 126 "cairn-run: $tmp/probe.c: not a program" "$tmp/probe.c"
cp "$tmp/probe" "$tmp/privileged"
chmod u+s "$tmp/privileged"
expect 126 "cairn-run: $tmp/privileged is set-uid or set-gid: the loader would ignore the library" "$tmp/privileged"

mkdir "$tmp/bin" "$tmp/a b"
cp "$build/cairn-run" "$tmp/bin"
cp "$build/cairn-run" "$build/libcairn_malloc.so" "$tmp/a b"
cairn_run=$tmp/bin/cairn-run
expect 1 "cairn-run: libcairn_malloc.so is neither in $tmp/bin nor in the lib folder beside it" "$tmp/probe"
cairn_run="$tmp/a b/cairn-run"
expect 1 "cairn-run: the loader cannot preload a file with a space or colon in its name: $tmp/a b/libcairn_malloc.so" \
    "$tmp/probe"
echo "cairn_run: passes on what it should, refuses the rest"
