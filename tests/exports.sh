#!/bin/sh
# Checks that libcairn.so exports exactly what the public headers declare as exported, that nothing in libcairn.a is
# visible beside that, that libcairn_malloc.so exports malloc's family, and that the libraries have their SONAMEs.
# Usage: exports.sh include-dir build-dir [source-dir]
set -eu

include=$1
build=$2
cc=${CC:-cc}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# What libcairn_malloc.so uses of the library: names that no program's can be.
private='^cairn_private_'

# Defined by src/crt/wmain_start.c for programs that have wmain and no main; no header can declare it.
echo main >"$tmp/start"

# declared_names FLAG...: the linker names of all declarations with default visibility, after preprocessing every
# public header. A name given by an asm label counts instead of the C name.
declared_names() {
    (cd "$include" && find . -name '*.h' | LC_ALL=C sort | sed 's/.*/#include "&"/') >"$tmp/all.c"
    # windows.h first, as Windows wants it; the other headers are found through it or after it.
    printf '#include <windows.h>\n' | cat - "$tmp/all.c" >"$tmp/unit.c"
    "$cc" -std=gnu11 -E -P "$@" -I"$include" "$tmp/unit.c" | tr '\n' ' ' | tr ';' '\n' |
        awk '
            /visibility *\( *"default" *\)/ {
                text = $0
                sub(/^.*[{}]/, "", text)
                if (match(text, /(__asm__|__asm|asm) *\( *"[^"]*"( *"[^"]*")*/)) {
                    label = substr(text, RSTART, RLENGTH)
                    sub(/^[^"]*/, "", label)
                    gsub(/[" ]/, "", label)
                    print label
                    next
                }
                # Attributes nest parentheses two deep at most beyond their own pair.
                gsub(/__attribute__ *\(\(([^()]|\(([^()]|\([^()]*\))*\))*\)\)/, " ", text)
                if (match(text, /[A-Za-z_][A-Za-z0-9_]* *\(/)) {
                    name = substr(text, RSTART, RLENGTH)
                    gsub(/[ (]/, "", name)
                } else {
                    sub(/ *(\[[^]]*\])* *(=.*)?$/, "", text)
                    name = text
                    sub(/^.*[^A-Za-z0-9_]/, "", name)
                }
                print name
            }'
}

# compare WHAT EXPECTED ACTUAL: both sorted; complains about each difference.
compare() {
    comm -23 "$2" "$3" | sed "s|^|$1: declared as exported, but not defined: |" >"$tmp/differences"
    comm -13 "$2" "$3" | sed "s|^|$1: visible, but not declared as exported: |" >>"$tmp/differences"
    if [ -s "$tmp/differences" ]; then
        cat "$tmp/differences" >&2
        return 1
    fi
}

declared_names >"$tmp/names"
declared_names -DUNICODE -D_UNICODE >>"$tmp/names"
cat "$tmp/start" >>"$tmp/names"
LC_ALL=C sort -u "$tmp/names" >"$tmp/expected"

nm -D --defined-only --format=posix "$build/libcairn.so" | cut -d ' ' -f 1 | grep -v "$private" | LC_ALL=C sort -u >"$tmp/shared"
nm -g --defined-only --format=posix "$build/libcairn.a" | grep -v ':$' | cut -d ' ' -f 1 | grep . | grep -v "$private" |
    LC_ALL=C sort -u >"$tmp/static"
export LC_ALL=C

status=0
compare libcairn.so "$tmp/expected" "$tmp/shared" || status=1
compare libcairn.a "$tmp/expected" "$tmp/static" || status=1

# The drop-in malloc has the C library's names and C++'s, and no others; its archive has libcairn.a's besides.
tr -s ' \n' '\n' >"$tmp/malloc" <<'NAMES'
malloc free calloc realloc reallocarray memalign aligned_alloc posix_memalign valloc pvalloc
malloc_usable_size free_sized free_aligned_sized malloc_trim mallinfo mallinfo2 malloc_info malloc_stats mallopt
cfree __libc_malloc __libc_free __libc_calloc __libc_realloc __libc_reallocarray
__libc_memalign __libc_valloc __libc_pvalloc __posix_memalign
_Znwm _ZnwmSt11align_val_t _ZdlPv _ZdlPvSt11align_val_t
NAMES
sort -u -o "$tmp/malloc" "$tmp/malloc"
nm -D --defined-only --format=posix "$build/libcairn_malloc.so" | cut -d ' ' -f 1 | sort -u >"$tmp/malloc_shared"
compare libcairn_malloc.so "$tmp/malloc" "$tmp/malloc_shared" || status=1
if nm -D --defined-only --with-symbol-versions "$build/libcairn_malloc.so" | grep '@'; then
    echo "libcairn_malloc.so: a version on a symbol keeps it from standing in for the C library's" >&2
    status=1
fi
sort -u "$tmp/malloc" "$tmp/expected" >"$tmp/malloc_expected"
nm -g --defined-only --format=posix "$build/libcairn_malloc.a" | grep -v ':$' | cut -d ' ' -f 1 | grep . |
    grep -v "$private" | sort -u >"$tmp/malloc_static"
compare libcairn_malloc.a "$tmp/malloc_expected" "$tmp/malloc_static" || status=1

# main must not come along with the library's own member, or a program's main would clash with it.
members_with_main=$(nm -A -g --defined-only "$build/libcairn.a" | grep ' T main$' | cut -d : -f 2)
case $members_with_main in
    *wmain_start*) ;;
    *) echo "libcairn.a: main is in the member '$members_with_main'" >&2; status=1 ;;
esac

for library in libcairn libcairn_malloc; do
    if ! readelf -d "$build/$library.so" | grep -q "SONAME.*\[$library\.so\.[0-9]*\]"; then
        echo "$library.so: no SONAME" >&2
        status=1
    fi
done

[ "$status" -ne 0 ] || echo "exports: $(wc -l <"$tmp/expected") names, shared and static alike"
exit "$status"
