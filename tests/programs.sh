#!/bin/bash
# Unmodified programs on Cairn's malloc: each must give what it gives on the C library's, and never be found to have
# freed wrongly. Programs that are not installed are named and left out.
# Usage: programs.sh include-dir build-dir source-dir [heavy]
set -eu

build=$(cd "$2" && pwd)
source=$(cd "$3" && pwd)
heavy=${4:-}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
unset CAIRN_OPTIONS LD_PRELOAD
count=0

python=/usr/bin/python3 # not a wrapper of the user's, which may choose another

fail() {
    echo "programs: $*" >&2
    exit 1
}

# run FOLDER COMMAND...: in a fresh folder; its output and how it ended in files beside that.
run() {
    mkdir "$1"
    status=0
    (cd "$1" && "${@:2}") >"$1.out" 2>"$1.err" </dev/null || status=$?
    echo "$status" >>"$1.out"
}

# same PROGRAM SCRIPT: a shell script that prints something about what the program did.
same() {
    if ! command -v "$1" >/dev/null; then
        echo "not there: $1"
        return
    fi
    run "$tmp/plain" env source="$source" python="$python" bash -euc "$2"
    run "$tmp/cairn" env source="$source" python="$python" "$build/cairn-run" bash -euc "$2"
    if grep -q '^cairn:' "$tmp/cairn.err"; then
        fail "$1: $(grep -m 1 '^cairn:' "$tmp/cairn.err")"
    fi
    if ! diff "$tmp/plain.out" "$tmp/cairn.out" >"$tmp/difference" || [ "$(tail -n 1 "$tmp/cairn.out")" != 0 ]; then
        head -n 20 "$tmp/difference" "$tmp/cairn.err" >&2
        fail "$1 fails, or answers otherwise than on the C library's malloc"
    fi
    rm -rf "$tmp"/plain* "$tmp"/cairn*
    count=$((count + 1))
}

# passes PROGRAM COMMAND...: ends well on Cairn's malloc.
passes() {
    if ! command -v "$1" >/dev/null; then
        echo "not there: $1"
        return
    fi
    echo "$*"
    run "$tmp/cairn" "$build/cairn-run" "$@"
    if [ "$(tail -n 1 "$tmp/cairn.out")" != 0 ] || grep -q '^cairn:' "$tmp/cairn.err"; then
        tail -n 40 "$tmp/cairn.out" "$tmp/cairn.err" >&2
        fail "$1 fails on Cairn's malloc"
    fi
    rm -rf "$tmp"/cairn*
    count=$((count + 1))
}

# The scripts' variables are theirs.
# shellcheck disable=SC2016
{
    same bash '
        declare -A words
        for i in {1..3000}; do words[key$((i % 700))]+=$i; done
        for key in "${!words[@]}"; do echo "$key ${words[$key]}"; done | sort | cksum
        text=$(printf "%s," {1..5000}); echo "${#text} ${text//1/one}" | cksum
        f() { local a=("$@"); [ ${#a[@]} -lt 2 ] || f "${a[@]:1}"; }; f {1..100}'
    same sort 'seq 50000 | shuf --random-source="$(command -v sort)" | sort --parallel=2 -S 1M -k1.3 | cksum'
    same find 'find "$source/src" -name "*.c" | LC_ALL=C sort | xargs cat | tr -s " \t" "\n\n" | sort | uniq -c | cksum'
    same tar 'tar -C "$source" -cf - src --sort=name | tar -xOf - | sha256sum; ls -laR "$source/src" | cksum
        grep -rc "static" "$source/src" | sort | cksum; sed -E "s/(.)(.)/\2\1/g" "$source/dev" | cksum'
    same awk 'awk "BEGIN { for (i = 0; i < 20000; i++) a[i % 999] = a[i % 999] \"x\" i; for (i in a) n += length(a[i]); print n }"'
    same perl 'perl -e "
        for my \$i (1 .. 40000) { \$h{\$i % 5000} .= \"x\" x (\$i % 70); push @{\$l[\$i % 300]}, {n => \$i, s => \"entry \$i\"} }
        print join(\",\", map { length } @h{sort keys %h}) =~ tr/,//, scalar(map { @\$_ } @l), \"\n\";
        fork() or exit; wait; print \$?, \"\n\""'
    same /usr/bin/python3 '"$python" -c "
import json, re, subprocess, threading, zlib
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
data = [{str(i * j): [i, j, None, \"t\" * (i % 50)] for j in range(30)} for i in range(300)]
text = json.dumps(data)
assert json.loads(text) == data
print(zlib.crc32(text.encode()), len(re.findall(r\"\\d+\", text)))
def work(n): return sum(len(str(k) * (k % 9)) for k in range(n))
with ThreadPoolExecutor(4) as pool: print(list(pool.map(work, range(1000, 3000, 200))))
with ProcessPoolExecutor(2) as pool: print(list(pool.map(work, range(1000, 2000, 200))))
print(subprocess.run([\"echo\", \"child\"], capture_output=True).stdout)
"
        PYTHONMALLOC=malloc "$python" -c "print(sum(len([x] * (x % 30)) for x in range(50000)))"'
    same sqlite3 'sqlite3 test.db "
        create table t (id integer primary key, name text, value real);
        with recursive n (i) as (select 1 union all select i + 1 from n where i < 20000)
            insert into t select i, hex(i * 7919 % 10007), i / 3.0 from n;
        create index names on t (name);
        select count(*), sum(value), max(name) from t where name like \"3%\";
        select name, count(*) from t group by name order by 2 desc, 1 limit 5;
        delete from t where id % 3 = 0; vacuum; pragma integrity_check;"'
    same git '
        export GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_DATE="@0 +0000" GIT_COMMITTER_DATE="@0 +0000"
        export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
        git init -q . && cp -r "$source/src" "$source/docs" . && git add . && git commit -qm one
        sed -i "s/the/a/" src/heap/*.c && git commit -qam two && git gc -q && git fsck --strict
        git log -p --stat | cksum; git blame src/heap/heap.c | cksum; git grep -c static | cksum; git rev-parse HEAD'
    same gcc 'gcc -O2 -I"$source/include/cairn" -I"$source/src" -D_GNU_SOURCE -c "$source/src/heap/bins.c" -o o && cksum <o'
    same clang 'clang -O1 -I"$source/include/cairn" -I"$source/src" -D_GNU_SOURCE -c "$source/src/heap/back.c" -o o && cksum <o'
}

if [ -n "$heavy" ]; then
    passes "$python" -m test -j 2 --timeout 900 test_threading test_multiprocessing_fork test_multiprocessing_spawn \
        test_concurrent_futures test_asyncio test_thread test_fork1 test_gc test_re test_json test_pickle \
        test_dict test_list test_ctypes
    passes sort --parallel=2 -R "$build/libcairn.a" "$build/libcairn_malloc.a" -o sorted
    passes git clone -q --no-local "$source" clone
    # shellcheck disable=SC2016
    passes bash -euc 'cmake -S "$1" -B build -G Ninja && cmake --build build --target demo cairn_malloc && build/demo' \
        - "$source"
    # shellcheck disable=SC2016
    passes perl -e 'for my $i (1 .. 2000000) { $t{$i % 90000} .= "x" x ($i % 90); @{$l[$i % 3000]} = ($i) x ($i % 50) }'
fi
[ "$count" -ge 6 ] || fail "only $count programs"
echo "programs: $count, unmodified"
