#!/bin/bash
# The C++ operators: in a program that is linked with the library, in an unmodified one, and in a C++ plugin of a C
# program. Then what operator delete says to a wrong block, and operator new where nothing can throw.
# Usage: operators.sh include-dir build-dir source-dir
set -eu

build=$2
source=$3
library=$build/libcairn_malloc.so
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

fail() {
    echo "operators: $*" >&2
    exit 1
}

compile() {
    g++ -std=c++17 -O1 -Wall -Wextra -Wno-alloc-size-larger-than -fPIC -c "$source/tests/malloc/operators.cc" "$@"
}

compile -o "$tmp/operators.o"
compile -o "$tmp/plugin.o" -DPLUGIN
g++ -o "$tmp/linked" "$tmp/operators.o" -L"$build" -lcairn_malloc -Wl,-rpath,"$build"
g++ -o "$tmp/plain" "$tmp/operators.o"
g++ -o "$tmp/archive" "$tmp/operators.o" "$build/libcairn_malloc.a"
g++ -static -o "$tmp/static" "$tmp/operators.o" "$build/libcairn_malloc.a"
g++ -shared -o "$tmp/plugin.so" "$tmp/plugin.o"
cat >"$tmp/host.c" <<'SOURCE'
#include <dlfcn.h>
int main(int argc, char **argv)
{
    void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : 0;
    int (*test)(void) = plugin ? (int (*)(void))dlsym(plugin, "test_operators") : 0;
    return test && test() == 0 ? 0 : 1;
}
SOURCE
gcc -o "$tmp/host" "$tmp/host.c"

"$tmp/linked" || fail "linked"
"$tmp/archive" || fail "with the archive"
"$tmp/static" || fail "linked statically"
LD_PRELOAD=$library "$tmp/plain" || fail "preloaded"
LD_PRELOAD=$library "$tmp/host" "$tmp/plugin.so" || fail "a plugin of a C program"
! "$tmp/plain" >"$tmp/out" || fail "the test does not notice the C library's malloc"

# expect LINE PROGRAM: the program ends by SIGABRT with that line, in which P stands for a pointer.
expect() {
    status=0
    LD_PRELOAD=$library "$2" 2>"$tmp/error" || status=$?
    [ "$status" -eq 134 ] || fail "$1: ended with $status"
    sed -i 's/0x[0-9a-f]*/P/g' "$tmp/error"
    echo "$1" | diff - "$tmp/error" || fail "another line"
}

ulimit -c 0
cat >"$tmp/twice.cc" <<'SOURCE'
int main()
{
    int *volatile block = new int[10];
    delete[] block;
    delete[] block;
}
SOURCE
g++ -w -o "$tmp/twice" "$tmp/twice.cc"
expect 'cairn: operator delete: block is already free: block P, heap P' "$tmp/twice"
sed 's/delete\[\] block/delete block/; s/new int\[10\]/new int/' "$tmp/twice.cc" >"$tmp/once.cc"
sed -i 's/delete\[\] block/delete block/' "$tmp/once.cc"
g++ -w -o "$tmp/twice" "$tmp/once.cc"
expect 'cairn: operator delete: block is already free: block P, heap P' "$tmp/twice"

# A C program may call the operators by their linker names.
cat >"$tmp/new.c" <<'SOURCE'
#include <stddef.h>
void *_Znwm(size_t size);
int main(void)
{
    return _Znwm((size_t)-1) != NULL;
}
SOURCE
gcc -o "$tmp/new" "$tmp/new.c" -L"$build" -lcairn_malloc -Wl,-rpath,"$build"
expect 'cairn: operator new: no memory, and no C++ library to throw std::bad_alloc' "$tmp/new"
echo "operators: all forms, linked, preloaded and in a plugin"
