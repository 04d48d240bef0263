#!/usr/bin/env bash
# Installs a built binary, tries what was installed, and removes it: Tests/install.sh BINARY
set -euo pipefail
[ $# -eq 1 ] && [ -x "$1" ] || { echo "usage: $0 BINARY" >&2; exit 64; }
BQPULL_BINARY=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh
DESTDIR=$(mktemp -d)
export BQPULL_BINARY DESTDIR
trap 'rm -rf "$DESTDIR"' EXIT
prefix=/opt/tools
root=$DESTDIR$prefix
checks=0

# check NAME EXPECTED ACTUAL
check() {
    expect "$@"
    checks=$((checks + 1))
}
everything() { (cd "$DESTDIR" && find . ! -type d | sort); }

# Another program's file, in a folder that bqpull uses too.
mkdir -p "$root/share/man/man1"
echo other >"$root/share/man/man1/other.1"
Examples/install.sh --prefix "$prefix" >/dev/null
check "the manifest" "$(everything)" \
    "$({ grep -v '/$' "$root/share/bqpull/installed.txt"; echo share/man/man1/other.1; } | sed "s|^|.$prefix/|" | sort)"

version=$("$root/bin/bqpull" --version)
check "the version" "$("$BQPULL_BINARY" --version)" "$version"
commit='([0-9a-f]{7,}(-dirty)?, )?'
[ -z "${BQPULL_COMMIT:-}" ] || commit="$BQPULL_COMMIT, "
details="$commit(debug|release), Swift [0-9]+\.[0-9.]+, (Linux|macOS) (x86_64|arm64)"
check "the form of the version" yes \
    "$([[ "$version" =~ ^bqpull\ [0-9]+\.[0-9]+\.[0-9]+\ \($details\)$ ]] && echo yes || echo "$version")"

# Every command has a page, and every page is well-formed.
pages=$root/share/man/man1
check "the pages" "$(ls "$pages" | grep -c '^bqpull')" \
    "$(grep -cE '^##+ bqpull' Sources/BigQueryPull/BigQueryPull.docc/CommandLine.md)"
if command -v groff >/dev/null; then
    check "groff's warnings" "" "$(groff -man -Tutf8 -Kutf8 -ww -z "$pages"/bqpull*.1 2>&1)"
    check "a page" 1 "$(groff -man -Tascii -P-cbou "$pages/bqpull-query.1" | grep -c -- "^ *--into <file>$")"
elif command -v mandoc >/dev/null; then
    check "mandoc's warnings" "" "$(mandoc -T lint -W error "$pages"/bqpull*.1 2>&1)"
fi

# completions WORD...: completes the last word in bash.
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
check "a command in bash" query "$(completions bqpull que)"
check "a command of a command in bash" login "$(completions bqpull auth lo)"
check "an option in bash" --into "$(completions bqpull query --int)"
check "a value in bash" replace "$(completions bqpull query --if-exists rep)"
# The other shells only check the syntax.
if command -v zsh >/dev/null; then zsh -n "$root/share/zsh/site-functions/_bqpull"; fi
if command -v fish >/dev/null; then fish --no-execute "$root/share/fish/vendor_completions.d/bqpull.fish"; fi

# An installation replaces an earlier one, which had one file more.
echo old >"$pages/bqpull-old.1"
echo share/man/man1/bqpull-old.1 >>"$root/share/bqpull/installed.txt"
files=$(everything | grep -v bqpull-old)
Examples/install.sh --prefix "$prefix" >/dev/null
check "the second installation" "$files" "$(everything)"

Examples/install.sh --prefix "$prefix" --uninstall >/dev/null
check "the remaining files" ".$prefix/share/man/man1/other.1" "$(everything)"
folders=$(cd "$root" && find . -type d | sort | xargs)
check "the remaining folders" ". ./share ./share/man ./share/man/man1" "$folders"
echo "install: $checks checks"
