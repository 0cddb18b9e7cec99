#!/bin/bash
# Unmodified programs on Cairn's malloc: each must give what it gives on the C library's, really call Cairn's malloc, as
# the dynamic loader tells, and never be found to have freed wrongly. Programs that are not installed are named and left
# out.
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

# reaches_cairn PROGRAM: whether the loader led its calls to Cairn's malloc.
reaches_cairn() {
    local name=${1##*/} library
    name=${name//+/\\+}
    library=$(readlink -f "$build/libcairn_malloc.so")
    cat "$tmp"/bindings.* >"$tmp/bindings"
    grep -qE "binding file ([^ ]*/)?$name \[0\] to $library \[0\]: normal symbol .(malloc|calloc|realloc|_Znwm)'" \
        "$tmp/bindings"
}

# same PROGRAM SCRIPT: a shell script that prints something about what the program did. `words` is made by its script.
same() {
    if ! command -v "$1" >/dev/null && [ "$1" != words ]; then
        echo "not there: $1"
        return
    fi
    run "$tmp/plain" env source="$source" words="$tmp/words.cc" python="$python" bash -euc "$2"
    run "$tmp/cairn" env source="$source" words="$tmp/words.cc" python="$python" LD_DEBUG=bindings \
        LD_DEBUG_OUTPUT="$tmp/bindings" "$build/cairn-run" bash -euc "$2"
    reaches_cairn "$1" || fail "$1 does not call Cairn's malloc"
    if grep -q '^cairn:' "$tmp/cairn.err"; then
        fail "$1: $(grep -m 1 '^cairn:' "$tmp/cairn.err")"
    fi
    if ! diff "$tmp/plain.out" "$tmp/cairn.out" >"$tmp/difference" || [ "$(tail -n 1 "$tmp/cairn.out")" != 0 ]; then
        head -n 20 "$tmp/difference" "$tmp/cairn.err" >&2
        fail "$1 fails, or answers otherwise than on the C library's malloc"
    fi
    rm -rf "$tmp"/plain* "$tmp"/cairn* "$tmp"/bindings*
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

cat >"$tmp/words.cc" <<'SOURCE'
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>
int main()
{
    std::vector<std::thread> threads;
    std::vector<std::size_t> sums(4);
    for (unsigned t = 0; t < 4; t++)
        threads.emplace_back([t, &sums] {
            std::map<std::string, std::vector<std::string>> map;
            std::unordered_map<std::size_t, std::unique_ptr<std::string>> owned;
            for (unsigned i = 0; i < 20000; i++) {
                map[std::to_string(i * 7919 % 1009)].push_back(std::string(i % 90, char(97 + t)));
                owned[i % 777] = std::make_unique<std::string>(std::to_string(i));
            }
            for (const auto &pair : map)
                for (const auto &text : pair.second)
                    sums[t] += text.size() + std::regex_match(pair.first, std::regex("1.*")) * 0;
        });
    for (auto &thread : threads)
        thread.join();
    for (auto sum : sums)
        std::cout << sum << std::endl;
}
SOURCE

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

# More of them, which take longer.
# shellcheck disable=SC2016
if [ -n "$heavy" ]; then
    same g++ 'g++ -std=c++17 -O2 -pthread -o words "$words" && cksum <words && ./words'
    same clang++ 'clang++ -std=c++17 -O1 -pthread -o words "$words" && cksum <words && ./words'
    same words 'g++ -std=c++17 -pthread -o words "$words" && ./words'
    same node 'node -e "
        const {Worker} = require(\"worker_threads\"), zlib = require(\"zlib\"), crypto = require(\"crypto\");
        const pieces = [];
        for (let i = 0; i < 50000; i++) pieces.push(Buffer.alloc(i % 999, i));
        const all = Buffer.concat(pieces), packed = zlib.gzipSync(all);
        console.log(all.length, zlib.gunzipSync(packed).equals(all), crypto.createHash(\"sha256\").update(all).digest(\"hex\"));
        const work = \"require(\\\"worker_threads\\\").parentPort.postMessage(Array.from(Array(50000).keys(), String).join().length)\";
        for (let i = 0; i < 3; i++) new Worker(work, {eval: true}).on(\"message\", length => console.log(length));
        zlib.deflate(all, (error, data) => zlib.inflate(data, (error, back) => pieces.push(back)));
        console.log(require(\"child_process\").execSync(\"echo child\").toString())"'
    same redis-server '
        redis-server --port 0 --unixsocket "$PWD/s" --dir "$PWD" --save "" --appendonly yes --activedefrag no >log &
        server=$!
        for i in {1..200}; do redis-cli -s s ping >pong 2>&1 && grep -q PONG pong && break; sleep 0.1; done
        redis-benchmark -s s -q -n 20000 -r 5000 -d 200 -P 8 -t set,get,lpush,lpop,sadd,hset,zadd,spop,lrange_100 >rates
        grep -c "requests per second" <(tr "\r" "\n" <rates | grep "p50=")
        redis-cli -s s flushall
        seq 20000 | sed "s/.*/set key:& value&&&/" | redis-cli -s s | sort | uniq -c
        redis-cli -s s bgrewriteaof
        redis-cli -s s eval "local n = 0; for i = 1, 20000 do n = n + #redis.call(\"get\", \"key:\" .. i) end; return n" 0
        redis-cli -s s shutdown nosave; wait "$server"; redis-check-aof appendonlydir/*.manifest | tail -n 1'
fi

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
# family PID: that process and all that it started.
family() {
    local child
    echo "$1"
    cat /proc/"$1"/task/*/children 2>/dev/null | tr ' ' '\n' | while read -r child; do family "$child"; done
}

# A browser without a display: its first process, the zygote and what that forks. It brings a malloc of its own, which
# its program file defines and so has precedence; what the library must not do is disturb it.
browser() {
    if ! command -v chromium >/dev/null; then
        echo "not there: chromium"
        return
    fi
    local page=$tmp/page.html options process kinds=''
    options=(--headless --no-sandbox --disable-gpu --disable-dev-shm-usage "--user-data-dir=$tmp/profile")
    # shellcheck disable=SC2016
    echo '<p id=p></p><script>p.textContent = [...Array(1000).keys()].map(String).join("").length</script>' >"$page"
    run "$tmp/cairn" timeout 120 "$build/cairn-run" chromium "${options[@]}" --dump-dom "file://$page"
    if grep -q '^cairn:' "$tmp/cairn.err" || ! grep -q '<p id="p">2890</p>' "$tmp/cairn.out"; then
        tail -n 20 "$tmp/cairn.out" "$tmp/cairn.err" >&2
        fail "chromium does not show a page"
    fi
    "$build/cairn-run" chromium "${options[@]}" --remote-debugging-port=0 "file://$page" >"$tmp/cairn.out" 2>&1 &
    local first=$!
    for _ in {1..300}; do
        kinds=''
        for process in $(family "$first"); do
            kinds+=" $(grep -aos -m 1 -e '--type=[a-z]*' "/proc/$process/cmdline" | head -n 1)"
        done
        [[ $kinds != *zygote*renderer* ]] || break
        sleep 0.1
    done
    if [[ $kinds != *zygote*renderer* ]]; then
        kill "$first"
        fail "chromium does not start its processes, only: $kinds"
    fi
    for process in $(family "$first"); do
        ! grep -q 'chromium/chromium$' "/proc/$process/maps" 2>/dev/null ||
            grep -q 'libcairn_malloc' "/proc/$process/maps" || fail "a process of chromium is without the library"
    done
    kill "$first"
    wait "$first" || true
    ! grep '^cairn:' "$tmp/cairn.out" || fail "chromium is found to have freed wrongly"
    rm -rf "$tmp"/cairn* "$tmp/profile"
    count=$((count + 1))
}

[ -z "$heavy" ] || browser

[ "$count" -ge 6 ] || fail "only $count programs"
echo "programs: $count, unmodified"
