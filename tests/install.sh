#!/bin/sh
# Installs into a folder of its own, with a space in its name, moves it, and builds and runs a small program against it
# the ways a user would: pkg-config and find_package, shared and static, main and wmain.
# Usage: install.sh include-dir build-dir [source-dir]
set -eu

build=$2
cc=${CC:-cc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fail() {
    echo "install: $*" >&2
    exit 1
}

cmake --install "$build" --prefix "$tmp/first place" >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
mv "$tmp/first place" "$tmp/prefix"
prefix=$tmp/prefix
pc=$(find "$prefix" -name cairn.pc)
[ -n "$pc" ] || fail "no cairn.pc"
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
libdir=$(dirname "$PKG_CONFIG_PATH")

cat >"$tmp/user.c" <<'SOURCE'
#include <windows.h>

int main(void)
{
    HANDLE heap = HeapCreate(0, 0, 0);
    void *block = heap != NULL ? HeapAlloc(heap, HEAP_ZERO_MEMORY, 100) : NULL;
    return block != NULL && HeapSize(heap, 0, block) == 100 && HeapDestroy(heap) ? 0 : 1;
}
SOURCE
cat >"$tmp/drop_in.c" <<'SOURCE'
#include <windows.h>
#include <stdlib.h>

int main(void)
{
    void *block = malloc(10);
    return HeapSize(GetProcessHeap(), 0, block) == 10 && HeapFree(GetProcessHeap(), 0, block) ? 0 : 1;
}
SOURCE
cat >"$tmp/unmodified.c" <<'SOURCE'
#include <malloc.h>

int main(void)
{
    return malloc_usable_size(malloc(10)) == 10 ? 0 : 1;
}
SOURCE
cat >"$tmp/wide.c" <<'SOURCE'
#define UNICODE
#define _UNICODE
#include <windows.h>
#include <tchar.h>

int _tmain(int argc, TCHAR **argv)
{
    return argc == 2 && argv[1][0] == TEXT('x') && argv[1][1] == 0 && GetProcessHeap() != NULL ? 0 : 1;
}
SOURCE

# What pkg-config says is to be split into words; the folder has no space in its name here.
# shellcheck disable=SC2046
for program in user wide; do
    "$cc" "$tmp/$program.c" -o "$tmp/$program.shared" $(pkg-config --cflags --libs cairn)
    "$cc" "$tmp/$program.c" -o "$tmp/$program.archive" $(pkg-config --cflags cairn) "$libdir/libcairn.a" -pthread
    "$cc" -static "$tmp/$program.c" -o "$tmp/$program.static" $(pkg-config --cflags --static --libs cairn)
    LD_LIBRARY_PATH=$libdir "$tmp/$program.shared" x || fail "$program, shared, failed"
    "$tmp/$program.archive" x || fail "$program, with the archive, failed"
    "$tmp/$program.static" x || fail "$program, fully static, failed"
done
if LD_LIBRARY_PATH='' "$tmp/user.shared" 2>/dev/null; then
    fail "the shared program does not need libcairn.so"
fi

# The drop-in malloc. A program that is linked statically, or with the archive, has it for good.
# shellcheck disable=SC2046
{
    "$cc" "$tmp/drop_in.c" -o "$tmp/drop_in.shared" $(pkg-config --cflags --libs cairn-malloc)
    "$cc" "$tmp/drop_in.c" -o "$tmp/drop_in.archive" $(pkg-config --cflags cairn-malloc) "$libdir/libcairn_malloc.a" -pthread
    "$cc" -static "$tmp/drop_in.c" -o "$tmp/drop_in.static" $(pkg-config --cflags --static --libs cairn-malloc)
}
"$cc" "$tmp/unmodified.c" -o "$tmp/unmodified"
LD_LIBRARY_PATH=$libdir "$tmp/drop_in.shared" || fail "drop-in malloc, shared, failed"
"$tmp/drop_in.archive" || fail "drop-in malloc, with the archive, failed"
"$tmp/drop_in.static" || fail "drop-in malloc, fully static, failed"
if "$tmp/unmodified"; then
    fail "the unmodified program does not need cairn-run"
fi
"$prefix/bin/cairn-run" "$tmp/unmodified" || fail "the installed cairn-run failed"

mkdir "$tmp/consumer"
cat >"$tmp/consumer/CMakeLists.txt" <<'SOURCE'
cmake_minimum_required(VERSION 3.25)
project(consumer LANGUAGES C)
find_package(Cairn 0.1 REQUIRED)
foreach(program user wide)
    add_executable(${program}.cairn ../${program}.c)
    target_link_libraries(${program}.cairn PRIVATE Cairn::cairn)
    add_executable(${program}.cairn_static ../${program}.c)
    target_link_libraries(${program}.cairn_static PRIVATE Cairn::cairn_static)
endforeach()
foreach(library cairn_malloc cairn_malloc_static)
    add_executable(drop_in.${library} ../drop_in.c)
    target_link_libraries(drop_in.${library} PRIVATE Cairn::${library})
endforeach()
SOURCE
{
    cmake -S "$tmp/consumer" -B "$tmp/consumer/build" -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_PREFIX_PATH="$prefix" &&
        cmake --build "$tmp/consumer/build"
} >"$tmp/log" 2>&1 || { cat "$tmp/log" >&2; exit 1; }
for program in user wide; do
    for library in cairn cairn_static; do
        "$tmp/consumer/build/$program.$library" x || fail "$program with Cairn::$library failed"
    done
done
for library in cairn_malloc cairn_malloc_static; do
    "$tmp/consumer/build/drop_in.$library" || fail "drop_in with Cairn::$library failed"
done

echo "install: pkg-config and find_package, shared and static, work from a moved tree"
