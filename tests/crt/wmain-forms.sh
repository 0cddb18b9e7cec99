#!/bin/sh
# Links a C++ program for each form that wmain may have, against the shared and the static library; then a program with
# a main of its own, and one with neither.
# Usage: wmain-forms.sh include-dir build-dir [source-dir]
set -eu

include=$1
build=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export LD_LIBRARY_PATH="$build${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"

cxx=${CXX:-}
for candidate in c++ g++ clang++; do
    [ -n "$cxx" ] || ! command -v "$candidate" >/dev/null 2>&1 || cxx=$candidate
done
[ -n "$cxx" ] || { echo "wmain-forms: no C++ compiler; nothing tested"; exit 0; }

# expect STATUS OUTPUT WHAT: runs the program with two arguments.
expect() {
    status=0
    output=$("$tmp/program" one two 2>/dev/null) || status=$?
    if [ "$status" != "$1" ] || [ "$output" != "$2" ]; then
        echo "wmain-forms: $3: status $status, output '$output'; expected $1, '$2'" >&2
        exit 1
    fi
}

# link_shared FLAG...
link_shared() {
    "$cxx" -o "$tmp/program" "$tmp/program.o" -L"$build" -lcairn "$@"
}

link_static() {
    "$cxx" -o "$tmp/program" "$tmp/program.o" "$build/libcairn.a" -pthread
}

# try_source STATUS OUTPUT WHAT FLAG...: compiles program.cpp, links it both ways and runs it.
try_source() {
    expected_status=$1
    expected_output=$2
    what=$3
    shift 3
    "$cxx" -std=c++17 -DUNICODE -D_UNICODE "$@" -I"$include" -c -o "$tmp/program.o" "$tmp/program.cpp"
    link_shared
    expect "$expected_status" "$expected_output" "$what, shared"
    link_static
    expect "$expected_status" "$expected_output" "$what, static"
}

# try_form PARAMETERS BODY FLAG...
try_form() {
    parameters=$1
    body=$2
    shift 2
    printf '#include <windows.h>\n#include <tchar.h>\nint _tmain(%s) { %s }\n' "$parameters" "$body" >"$tmp/program.cpp"
    try_source 7 hello "wmain($parameters) $*" "$@"
}

hello='_putts(_T("hello"));'
with_arguments="$hello return argc == 3 && _tcscmp(argv[2], _T(\"two\")) == 0 ? 7 : 1;"
with_environment="$hello return argc == 3 && _tcscmp(argv[2], _T(\"two\")) == 0 && envp[0] != NULL ? 7 : 1;"
for flags in -fno-short-wchar -fshort-wchar; do
    try_form '' "$hello return 7;" $flags
    try_form 'int argc' "$hello return argc == 3 ? 7 : 1;" $flags
    for type in 'TCHAR *' 'const TCHAR *' 'TCHAR *const ' 'const TCHAR *const '; do
        try_form "int argc, ${type}argv[]" "$with_arguments" $flags
        try_form "int argc, ${type}argv[], ${type}envp[]" "$with_environment" $flags
    done
done

echo 'int main(int argc, char **) { return argc; }' >"$tmp/program.cpp"
try_source 3 '' 'a main of its own'
echo 'int nothing;' >"$tmp/program.cpp"
"$cxx" -c -o "$tmp/program.o" "$tmp/program.cpp"
link_shared -Wl,--no-as-needed
expect 127 '' 'neither, shared'
link_static
expect 127 '' 'neither, static'
echo "wmain-forms: all forms start"
