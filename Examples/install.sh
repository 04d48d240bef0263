#!/usr/bin/env bash
# Builds bqpull and installs it: the program, its man pages, and completions for bash, zsh and fish.
#
#   Examples/install.sh [--prefix FOLDER]              installs, in the place of an earlier installation
#   Examples/install.sh [--prefix FOLDER] --uninstall  removes what was installed, and nothing else
#
# The prefix is /usr/local if that can be written to, else ~/.local. What was installed is listed in
# PREFIX/share/bqpull/installed.txt. DESTDIR goes before the prefix, for who makes a package.
# BQPULL_BINARY names a binary to install; else one is built, which contains the Swift runtime.
set -euo pipefail
cd "$(dirname "$0")/.."
. Examples/requirements.sh

usage() { sed -n '2,${/^#/!q;s/^# \{0,1\}//p}' "$0"; }
prefix=
uninstall=
while [ $# -gt 0 ]; do
    case "$1" in
    --prefix) [ $# -gt 1 ] || { usage >&2; exit 64; }; prefix=$2; shift ;;
    --prefix=*) prefix=${1#*=} ;;
    --uninstall) uninstall=yes ;;
    --help | -h) usage; exit 0 ;;
    *) usage >&2; exit 64 ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    prefix=/usr/local
    [ -w "$prefix/bin" ] || prefix=$HOME/.local
fi
# As seen from where this was called.
case "$prefix" in /*) ;; *) prefix=$OLDPWD/$prefix ;; esac
case "${BQPULL_BINARY:-/}" in /*) ;; *) BQPULL_BINARY=$OLDPWD/$BQPULL_BINARY ;; esac
root=${DESTDIR:-}$prefix
manifest=share/bqpull/installed.txt

if [ -n "$uninstall" ]; then
    [ -f "$root/$manifest" ] || { echo "error: nothing is installed below $root" >&2; exit 66; }
    list=$(cat "$root/$manifest")
    grep -v '/$' <<<"$list" | while IFS= read -r path; do rm -f "$root/$path"; done
    # The folders that were made for them, innermost first; one that somebody else uses by now stays.
    { grep '/$' <<<"$list" || true; } | sort -r | while IFS= read -r path; do rmdir "$root/$path" 2>/dev/null || true; done
    echo "removed bqpull from $root"
    exit 0
fi

if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev binutils python3
fi

# Lists the libraries that a program loads and that are none of the system's own.
foreign_libraries() {
    if [ "$(uname)" = Darwin ]; then
        otool -L "$1" | sed -n 's/^[[:space:]]*\([^ ]*\) (.*/\1/p' | grep -vE '^(/usr/lib|/System/Library)/' || true
    else
        # Those of glibc; of libstdc++, which comes with libgcc_s; SQLite's and zlib's.
        ldd "$1" | awk '{ print $1 }' |
            grep -vE '(^|/)(linux-vdso|ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s|sqlite3|z))\.so(\.[0-9]+)*$' || true
    fi
}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage"/{bin,share/man/man1,share/bash-completion/completions,share/zsh/site-functions,share/fish/vendor_completions.d}

program=$stage/bin/bqpull
if [ -n "${BQPULL_BINARY:-}" ]; then
    cp "$BQPULL_BINARY" "$program"
else
    require_swift
    # A source archive has no commit to tell.
    if [ -z "${BQPULL_COMMIT:-}" ] && [ -e .git ] && command -v git >/dev/null; then
        BQPULL_COMMIT=$(git describe --always --dirty --abbrev=7 --exclude='*' || true)
    fi
    export BQPULL_COMMIT
    build=(-c release --scratch-path .build/install)
    # The runtime is a part of macOS.
    [ "$(uname)" = Darwin ] || build+=(--static-swift-stdlib)
    echo "building a release binary (minutes, the first time) …" >&2
    swift build "${build[@]}" --product bqpull >&2
    cp "$(swift build "${build[@]}" --show-bin-path)/bqpull" "$program"
    foreign=$(foreign_libraries "$program" | xargs)
    [ -z "$foreign" ] || { echo "error: the binary needs libraries that not every machine has: $foreign" >&2; exit 1; }
fi
if [ "$(uname)" = Darwin ]; then strip -x "$program"; else strip "$program"; fi

python3 -B Examples/manual.py "$program" man "$stage/share/man/man1"
"$program" --generate-completion-script bash >"$stage/share/bash-completion/completions/bqpull"
"$program" --generate-completion-script zsh >"$stage/share/zsh/site-functions/_bqpull"
"$program" --generate-completion-script fish >"$stage/share/fish/vendor_completions.d/bqpull.fish"

# What is there of an earlier installation. Folders that were made for it belong to this one now.
earlier=$(cat "$root/$manifest" 2>/dev/null || true)
list=$(grep '/$' <<<"$earlier" || true)

# Makes a folder below the root, and lists it if it was not there.
make_folder() {
    [ ! -d "$root/$1" ] || return 0
    case "$1" in */*) make_folder "${1%/*}" ;; *) mkdir -p "$root" ;; esac
    mkdir "$root/$1"
    list+=$'\n'$1/
}
make_folder "${manifest%/*}"
while IFS= read -r path; do
    make_folder "${path%/*}"
    mode=644
    [ "$path" != bin/bqpull ] || mode=755
    # Under another name first, so that there is always a whole one.
    install -m "$mode" "$stage/$path" "$root/$path.new"
    mv -f "$root/$path.new" "$root/$path"
    list+=$'\n'$path
done < <(cd "$stage" && find . -type f | sed 's|^\./||')
list=$(printf '%s\n' "$list" "$manifest" | sed '/^$/d' | sort)
printf '%s\n' "$list" >"$root/$manifest"
# What only the earlier one had.
comm -13 <(echo "$list") <(sort <<<"$earlier") | sed '/^$/d' | while IFS= read -r path; do rm -f "$root/$path"; done

echo "installed $("$program" --version), $(($(wc -c <"$program") / 1000000)) MB, in $root"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "hint: add $prefix/bin to PATH" ;; esac
case "$prefix" in
/usr | /usr/local) ;;
*) echo "hint: for completions in zsh, add to ~/.zshrc before compinit: fpath+=('$prefix/share/zsh/site-functions')" ;;
esac
