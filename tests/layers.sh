#!/bin/sh
# Checks the include lines of src/ against the drawing in docs/design.md: a folder includes only itself and folders
# below it, crt only base and the public headers; system calls' headers are for os/ alone.
# Usage: layers.sh [include-dir build-dir source-dir]
set -eu

root=${3:-$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)}
src=$root/src
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

# folders_allowed FOLDER: what its files may include, itself first; empty when the drawing does not know it.
folders_allowed() {
    case $1 in
        base) echo base ;;
        os) echo os base ;;
        heap) echo heap os base ;;
        debug) echo debug heap os base ;;
        malloc) echo malloc heap os base ;;
        seh) echo seh os base ;;
        nt) echo nt seh heap os base ;;
        win32) echo win32 nt seh heap os base ;;
        crt) echo crt base ;;
    esac
}

# complain FILE:LINE TEXT
complain() {
    printf '%s: %s\n' "$1" "$2" >>"$bad"
}

# check_quoted FOLDER WHERE NAME: an include of one of our own headers.
check_quoted() {
    case $3 in
        ../* | */../*) complain "$2" "\"$3\": name the folder, no way up by .."; return ;;
        */*) target=${3%%/*} ;;
        *) target=$1 ;;
    esac
    for allowed in $(folders_allowed "$1"); do
        if [ "$target" = "$allowed" ]; then
            [ -f "$src/$target/${3##*/}" ] || complain "$2" "\"$3\" is not in src/$target"
            return
        fi
    done
    complain "$2" "$1/ must not include \"$3\""
}

# check_angled FOLDER WHERE NAME: an include of a public or a system header.
check_angled() {
    case $3 in
        sys/* | linux/* | asm/* | unistd.h | fcntl.h | signal.h | sched.h | pthread.h)
            [ "$1" = os ] || complain "$2" "<$3> is for os/ alone" ;;
    esac
    [ -z "$(folders_allowed "${3%%/*}")" ] || complain "$2" "write \"$3\", not <$3>"
}

count=0
for file in "$src"/*/*.[ch]; do
    [ -e "$file" ] || continue
    count=$((count + 1))
    folder=$(basename "$(dirname "$file")")
    if [ -z "$(folders_allowed "$folder")" ]; then
        complain "$file" "src/$folder is not in the drawing"
        continue
    fi
    while IFS=: read -r line text; do
        name=$(printf '%s\n' "$text" | sed 's/^[^<"]*[<"]\([^>"]*\)[>"].*$/\1/')
        case $text in
            *\"*) check_quoted "$folder" "$file:$line" "$name" ;;
            *\<*) check_angled "$folder" "$file:$line" "$name" ;;
            *) complain "$file:$line" "an include through a macro cannot be checked" ;;
        esac
    done <<LINES
$(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" || printf '0:<none>\n')
LINES
done

if [ -s "$bad" ]; then
    cat "$bad" >&2
    exit 1
fi
[ "$count" -gt 0 ] || { echo "layers: no sources under $src" >&2; exit 1; }
echo "layers: $count files keep the direction"
