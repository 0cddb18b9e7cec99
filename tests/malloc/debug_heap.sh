#!/bin/bash
# The debug heap under unmodified programs, with aligned blocks too, and the file that keeps global flags per program.
# Usage: debug_heap.sh include-dir build-dir source-dir
set -eu

build=$(cd "$2" && pwd)
source=$(cd "$3" && pwd)
cc=${CC:-cc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ulimit -c 0
unset CAIRN_OPTIONS LD_PRELOAD XDG_CONFIG_HOME
export HOME=$tmp/home
mkdir -p "$HOME/.config/cairn"
file=$HOME/.config/cairn/gflags

fail() {
    echo "debug_heap: $*" >&2
    exit 1
}

# expect STATUS TEXT COMMAND...: how a command ends and what it writes to standard error, with P in place of pointers.
expect() {
    status=0
    "${@:3}" >"$tmp/stdout" 2>"$tmp/stderr" || status=$?
    said=$(sed 's/0x[0-9a-f]\{6,\}/P/g' "$tmp/stderr")
    [ "$said" = "$2" ] || fail "${*:3} says '$said', not '$2'"
    [ "$status" -eq "$1" ] || fail "${*:3} ends with $status, not $1"
}

cat >"$tmp/mistakes.c" <<'SOURCE'
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
static char *(*volatile allocate)(size_t) = (char *(*)(size_t))malloc;
int main(int argc, char **argv)
{
    char *block = allocate(100), *stop = allocate(100);
    switch (argc > 1 ? argv[1][0] : ' ') {
    case 'e': block[100] = 1; free(block); break;
    case 'a': block = memalign(256, 100); block[100] = 2; free(block); break;
    case 'r': block[103] = 3; block = realloc(block, 200); break;
    case 'd': free(block); free(block); break;
    case 'w': free(block); block[50] = 4; block = allocate(100); break;
    case 's': return malloc_usable_size(block) != 100;
    }
    free(stop);
    return 0;
}
SOURCE
"$cc" -w -g -O0 -fno-builtin -o "$tmp/mistakes" "$tmp/mistakes.c"
run="$build/cairn-run"

expect 134 'cairn: free: block was written to past its end: block P, heap P, size 100, byte 100 is 0x1' \
    "$run" -o gflags=+htc "$tmp/mistakes" end
expect 134 'cairn: free: block was written to past its end: block P, heap P, size 100, byte 100 is 0x2' \
    "$run" -o gflags=+htc "$tmp/mistakes" aligned
expect 134 'cairn: realloc: block was written to past its end: block P, heap P, size 100, byte 103 is 0x3' \
    "$run" -o gflags=+hpc "$tmp/mistakes" realloc
expect 134 'cairn: free: block is already free: block P, heap P, size 100' "$run" -o gflags=+hfc "$tmp/mistakes" double
expect 134 'cairn: malloc: block was written to after it was freed: block P, heap P, size 100, byte 50 is 0x4' \
    "$run" -o gflags=+hfc "$tmp/mistakes" write
expect 0 'cairn: free: block was written to past its end: block P, heap P, size 100, byte 100 is 0x1' \
    "$run" -o gflags=+htc -o on_error=continue "$tmp/mistakes" end
for flags in +htc+hfc +hpc +hvc +dhc +ust+htg+htd; do
    expect 0 '' "$run" -o "gflags=$flags" "$tmp/mistakes"
    expect 0 '' "$run" -o "gflags=$flags" "$tmp/mistakes" size
    for program in "ls -lR /etc/ssl" "sort $tmp/mistakes.c" "bash -c 'for i in 1 2 3; do echo \$(date); done'"; do
        eval "expect 0 '' '$run' -o 'gflags=$flags' $program"
    done
done

# Aligned blocks, in a program that prints what must be told.
"$cc" -D_GNU_SOURCE -I"$source/tests/lib" -O2 -fno-builtin -o "$tmp/aligned" "$source/tests/malloc/aligned.c"
for flags in +htc +hfc +hpc +htc+hfc +ust; do
    expect 0 '' "$run" -o "gflags=$flags" "$tmp/aligned"
done
told() {
    "$run" -o "gflags=$1" -o on_error=continue "$tmp/aligned" "$2" >"$tmp/stdout" 2>"$tmp/stderr" ||
        fail "aligned $2 fails with $1: $(grep -m 3 'check failed' "$tmp/stdout")"
    sed -i 's/heap 0x[0-9a-f]*/heap P/' "$tmp/stderr"
    diff "$tmp/stdout" "$tmp/stderr" >"$tmp/diff" || fail "aligned $2 with $1: $(head -n 5 "$tmp/diff")"
}
for flags in +htc +hpc +htc+hfc; do
    told "$flags" past
done
for flags in +hfc +hpc +htc+hfc; do
    told "$flags" freed
done

# Stacks: both the allocation and the free are in main.
"$run" -o gflags=+hfc+ust "$tmp/mistakes" write 2>"$tmp/stderr" >/dev/null || true
[ "$(grep -c 'cairn:     mistakes+0x' "$tmp/stderr")" -ge 2 ] || fail "no stacks: $(cat "$tmp/stderr")"
for from in 'allocated from:' 'freed from:'; do
    grep -qx "cairn:   $from" "$tmp/stderr" || fail "not told where it was $from"
done

# The file.
end='cairn: free: block was written to past its end: block P, heap P, size 100, byte 100 is 0x1'
printf '# nothing\n\nother = +htc\n  mistakes\t=  0x10  # tail checking\r\n' >"$file"
expect 134 "$end" "$run" "$tmp/mistakes" end
expect 0 '' "$run" -o gflags=+hfc "$tmp/mistakes" end
printf 'mistakes = +htc\nmistakes = +hfc +htc -htc' >"$file"
expect 0 '' "$run" "$tmp/mistakes" end
printf 'mistakes = +htc\nmistakes +htc\nmistakes = htc\nother = htc\n' >"$file"
expect 134 "cairn: $file: line 2: not of the form program = flags
cairn: $file: line 3: not flags that have an effect here
$end" "$run" "$tmp/mistakes" end
mkdir -p "$tmp/xdg/cairn"
echo 'other = +htc' >"$tmp/xdg/cairn/gflags"
XDG_CONFIG_HOME=$tmp/xdg expect 0 '' "$run" "$tmp/mistakes" end
echo 'mistakes = +htc' >"$tmp/xdg/cairn/gflags"
rm "$file"
XDG_CONFIG_HOME=$tmp/xdg expect 134 "$end" "$run" "$tmp/mistakes" end
expect 0 '' "$run" "$tmp/mistakes" end
echo "debug_heap: found in unmodified programs; the file decides for its programs"
