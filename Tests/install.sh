#!/usr/bin/env bash
# Installs a binary that is built already, uses what is installed, and removes it again: Tests/install.sh BINARY
set -euo pipefail
[ $# -eq 1 ] && [ -x "$1" ] || { echo "usage: $0 BINARY" >&2; exit 64; }
BQPULL_BINARY=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/.."
DESTDIR=$(mktemp -d)
export BQPULL_BINARY DESTDIR
trap 'rm -rf "$DESTDIR"' EXIT
prefix=/opt/tools
root=$DESTDIR$prefix
checks=0

# expect WHAT WANTED FOUND
expect() {
    [ "$2" = "$3" ] || { printf 'error: %s: expected\n%s\nbut found\n%s\n' "$1" "$2" "$3" >&2; exit 1; }
    checks=$((checks + 1))
}
everything() { (cd "$DESTDIR" && find . ! -type d | sort); }

# Somebody else's file, in a folder that is used too.
mkdir -p "$root/share/man/man1"
echo other >"$root/share/man/man1/other.1"
Examples/install.sh --prefix "$prefix" >/dev/null
expect "the manifest" "$(everything)" \
    "$({ grep -v '/$' "$root/share/bqpull/installed.txt"; echo share/man/man1/other.1; } | sed "s|^|.$prefix/|" | sort)"

version=$("$root/bin/bqpull" --version)
expect "the version" "$("$BQPULL_BINARY" --version)" "$version"
commit='([0-9a-f]{7,}(-dirty)?, )?'
[ -z "${BQPULL_COMMIT:-}" ] || commit="$BQPULL_COMMIT, "
details="$commit(debug|release), Swift [0-9]+\.[0-9.]+, (Linux|macOS) (x86_64|arm64)"
expect "the form of the version" yes \
    "$([[ "$version" =~ ^bqpull\ [0-9]+\.[0-9]+\.[0-9]+\ \($details\)$ ]] && echo yes || echo "$version")"

# Every command has its page, and no page has a fault.
pages=$root/share/man/man1
expect "the pages" "$(ls "$pages" | grep -c '^bqpull')" \
    "$(grep -cE '^##+ bqpull' Sources/BigQueryPull/BigQueryPull.docc/CommandLine.md)"
if command -v groff >/dev/null; then
    expect "groff's opinion" "" "$(groff -man -Tutf8 -Kutf8 -ww -z "$pages"/bqpull*.1 2>&1)"
    expect "a page" 1 "$(groff -man -Tascii -P-cbou "$pages/bqpull-query.1" | grep -c -- "^ *--into <file>$")"
elif command -v mandoc >/dev/null; then
    expect "mandoc's opinion" "" "$(mandoc -T lint -W error "$pages"/bqpull*.1 2>&1)"
fi

# completions WORD...: what bash offers for the last of the words.
completions() {
    bash -c '
        . "$1"
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_TYPE=9
        COMP_POINT=${#COMP_LINE}
        function=$(complete -p bqpull | sed "s/.* -F \([^ ]*\) .*/\1/")
        "$function" bqpull "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf "%s\n" "${COMPREPLY[@]}"
    ' bash "$root/share/bash-completion/completions/bqpull" "$@" | xargs
}
expect "a command in bash" query "$(completions bqpull que)"
expect "a command of a command in bash" login "$(completions bqpull auth lo)"
expect "an option in bash" --into "$(completions bqpull query --int)"
expect "a value in bash" replace "$(completions bqpull query --if-exists rep)"
# Of other shells only what they think of the text.
if command -v zsh >/dev/null; then zsh -n "$root/share/zsh/site-functions/_bqpull"; fi
if command -v fish >/dev/null; then fish --no-execute "$root/share/fish/vendor_completions.d/bqpull.fish"; fi

# An installation takes the place of an earlier one, which had something more.
echo old >"$pages/bqpull-old.1"
echo share/man/man1/bqpull-old.1 >>"$root/share/bqpull/installed.txt"
files=$(everything | grep -v bqpull-old)
Examples/install.sh --prefix "$prefix" >/dev/null
expect "the second installation" "$files" "$(everything)"

Examples/install.sh --prefix "$prefix" --uninstall >/dev/null
expect "what is left" ".$prefix/share/man/man1/other.1" "$(everything)"
folders=$(cd "$DESTDIR" && find . -type d | sort | xargs)
expect "the folders that are left" ". ./opt ./opt/tools ./opt/tools/share ./opt/tools/share/man ./opt/tools/share/man/man1" "$folders"
echo "install: $checks checks"
