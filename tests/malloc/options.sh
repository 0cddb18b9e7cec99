#!/bin/bash
# CAIRN_OPTIONS: the table is the documented one; each value does what it says; what is wrong is named; programs with
# more rights than their caller read nothing.
# Usage: options.sh include-dir build-dir source-dir
set -eu

build=$2
source=$3
cc=${CC:-cc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
ulimit -c 0
unset CAIRN_OPTIONS LD_PRELOAD

fail() {
    echo "options: $*" >&2
    exit 1
}

# try OPTIONS COMMAND...: runs a command on Cairn's malloc. What it wrote is in $said and $tmp/stdout, with P in place
# of pointers, how it ended in $status.
try() {
    status=0
    CAIRN_OPTIONS=$1 LD_PRELOAD=$build/libcairn_malloc.so "${@:2}" >"$tmp/stdout" 2>"$tmp/stderr" || status=$?
    said=$(sed 's/\(block\|heap\) 0x[0-9a-f]*/\1 P/g' "$tmp/stderr")
}

# expect_of OPTIONS STATUS STDERR STDOUT COMMAND...
expect_of() {
    try "$1" "${@:5}"
    [ "$said" = "$3" ] || fail "CAIRN_OPTIONS=$1 ${*:5} says '$said', not '$3'"
    [ "$status" -eq "$2" ] || fail "CAIRN_OPTIONS=$1 ${*:5} ends with $status, not $2"
    [ "$(cat "$tmp/stdout")" = "$4" ] || fail "CAIRN_OPTIONS=$1 ${*:5} does not go on as it should"
}

# expect OPTIONS TEXT: a command that does nothing writes just that.
expect() {
    expect_of "$1" 0 "$2" '' /bin/true
}

# The table in the documentation is the program's own.
try help /bin/true
[ -n "$said" ] || fail "help prints nothing"
table=$said
sed -n '/^cairn: CAIRN_OPTIONS=key/,/^```/p' "$source/docs/options.md" | sed '$d' | diff - "$tmp/stderr" ||
    fail "docs/options.md has another table"
expect_of help 0 "$table" 'goes on' /bin/echo goes on
expect help=on "$table"

expect '' ''
expect ',,' ''
expect 'help=off' ''
expect 'help,help=off' ''
expect 'decay=0,decay=3600000' ''
expect 'on_error=continue,stats=off' ''
wrong='cairn: CAIRN_OPTIONS: not a value of this option:'
expect 'decay=3600001' "$wrong decay=3600001"
expect 'decay=99999999999999999999999' "$wrong decay=99999999999999999999999"
expect 'decay=' "$wrong decay="
expect 'decay=-1' "$wrong decay=-1"
expect 'decay' "$wrong decay"
expect 'decay=1s,help=maybe' "$wrong decay=1s
$wrong help=maybe"
expect 'on_error=abor' "$wrong on_error=abor"
expect 'on_error=abort|continue' "$wrong on_error=abort|continue"
expect 'on_error' "$wrong on_error"
expect 'gflags=+htc+hfc,gflags=0x30,gflags=+htc -htc' ''
for value in '' htc +htx +hpa 0x 0x2 0x123456789 +htc,+hfc on; do
    case $value in
        *,*) expect "gflags=$value" 'cairn: CAIRN_OPTIONS: unknown option: +hfc' ;;
        *) expect "gflags=$value" "$wrong gflags=$value" ;;
    esac
done
expect 'hel=on' 'cairn: CAIRN_OPTIONS: unknown option: hel=on'
expect '=' 'cairn: CAIRN_OPTIONS: unknown option: ='
expect 'decay=5,nothing,decay=6' 'cairn: CAIRN_OPTIONS: unknown option: nothing'

# libcairn.so reads them alone, too; so does a program that is linked with it.
cat >"$tmp/twice.c" <<'SOURCE'
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
int main(void)
{
    void *volatile block = malloc(10);
    if (GetProcessHeap() == NULL)
        return 1;
    free(block);
    free(block);
    puts("goes on");
    return 0;
}
SOURCE
"$cc" -w -O0 -I"$1" -o "$tmp/twice" "$tmp/twice.c" -L"$build" -lcairn -Wl,-rpath,"$tmp"
cp "$build"/libcairn.so.? "$build"/libcairn_malloc.so.? "$tmp/"

# on_error
line='cairn: free: block is already free: block P, heap P'
expect_of '' 134 "$line" '' "$tmp/twice"
expect_of on_error=abort 134 "$line" '' "$tmp/twice"
expect_of on_error=continue 0 "$line" 'goes on' "$tmp/twice"

# stats, of a program that closes its standard error before it ends, as sort does; not in a file that took its place.
number='[0-9][0-9]*'
shape="cairn: process $number: resident $number KiB at most, $number KiB now; 1 heap: $number KiB in blocks, $number KiB"
shape="$shape committed, $number KiB reserved"
try stats sort /dev/null
printf '%s\n' "$said" | grep -qx "$shape" || fail "stats of sort: $said"
[ "$(wc -l <"$tmp/stderr")" -eq 1 ] || fail "stats: more than a line"
cat >"$tmp/closes.c" <<'SOURCE'
#include <fcntl.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    for (int i = 0; i < 1000; i++)
        close(i);
    for (int i = 0; i < 1000; i++)
        open(argv[argc - 1], O_WRONLY | O_CREAT, 0600);
    return 0;
}
SOURCE
"$cc" -o "$tmp/closes" "$tmp/closes.c"
try stats "$tmp/closes" "$tmp/file"
[ ! -s "$tmp/file" ] || fail "stats went into a file of the program's"

# A set-uid or set-gid copy, which the system starts in secure mode, with libcairn.so in the folder of its RPATH. As
# root it is made somebody else's; else it is made of another group that this user is in, if there is one.
make_privileged() {
    chmod 755 "$tmp"
    if [ "$(id -u)" -eq 0 ]; then
        chown 65534 "$1" && chmod u+xs "$1"
        return
    fi
    for group in $(id -G); do
        if [ "$group" -ne "$(id -g)" ]; then
            chgrp "$group" "$1" && chmod g+xs "$1"
            return
        fi
    done
    sudo -n chown 0 "$1" && sudo -n chmod u+xs "$1"
}
cat >"$tmp/secure.c" <<'SOURCE'
#include <stdio.h>
#include <sys/auxv.h>
#include <windows.h>
int main(void)
{
    if (GetProcessHeap() == NULL)
        return 1;
    puts(getauxval(AT_SECURE) ? "secure" : "not secure");
    return 0;
}
SOURCE
"$cc" -I"$1" -o "$tmp/secure" "$tmp/secure.c" -L"$build" -lcairn -Wl,-rpath,"$tmp"
[ "$(CAIRN_OPTIONS=help "$tmp/secure" 2>&1 >/dev/null)" = "$table" ] || fail "libcairn.so alone"
make_privileged "$tmp/secure" || fail "no way to make a program set-uid or set-gid here; run as root"
[ "$("$tmp/secure")" = secure ] || fail "the system does not honour set-uid in $tmp; set TMPDIR to where it does"
said=$(CAIRN_OPTIONS=help,stats,nonsense "$tmp/secure" 2>&1)
[ "$said" = secure ] || fail "a set-uid program reads CAIRN_OPTIONS: $said"
echo "options: $(($(printf '%s\n' "$table" | wc -l) - 1)) documented and obeyed, none of them by set-uid programs"
