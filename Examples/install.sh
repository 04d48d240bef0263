#!/usr/bin/env bash
# Builds bqpull and installs it: the program, its man pages, and completions for bash, zsh and fish.
#
#   Examples/install.sh [--prefix FOLDER]              installs, and replaces an earlier installation
#   Examples/install.sh [--prefix FOLDER] --uninstall  removes the installed files and nothing else
#
# The prefix defaults to /usr/local if it is writable, otherwise to ~/.local. PREFIX/share/bqpull/installed.txt lists
# the installed files. For packaging, DESTDIR is prepended to the prefix. BQPULL_BINARY is the path of a binary to
# install; without it, one is built that contains the Swift runtime.
set -euo pipefail
cd "$(dirname "$0")/.."
. Tests/Support/setup.sh

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
# Relative to the caller's folder.
case "$prefix" in /*) ;; *) prefix=$OLDPWD/$prefix ;; esac
case "${BQPULL_BINARY:-/}" in /*) ;; *) BQPULL_BINARY=$OLDPWD/$BQPULL_BINARY ;; esac
root=${DESTDIR:-}$prefix
manifest=share/bqpull/installed.txt

if [ -n "$uninstall" ]; then
    [ -f "$root/$manifest" ] || { echo "error: nothing is installed below $root" >&2; exit 66; }
    list=$(cat "$root/$manifest")
    grep -v '/$' <<<"$list" | while IFS= read -r path; do rm -f "$root/$path"; done
    # The folders created for them, innermost first, unless other programs use them.
    { grep '/$' <<<"$list" || true; } | sort -r | while IFS= read -r path; do
        rmdir "$root/$path" 2>/dev/null || true
    done
    echo "removed bqpull from $root"
    exit 0
fi

if [ "$(uname)" = Linux ]; then
    require_packages libsqlite3-dev zlib1g-dev binutils python3
fi

# Lists the libraries that a program loads, except those of the system.
foreign_libraries() {
    if [ "$(uname)" = Darwin ]; then
        otool -L "$1" | sed -n 's/^[[:space:]]*\([^ ]*\) (.*/\1/p' | grep -vE '^(/usr/lib|/System/Library)/' || true
    else
        # glibc, libstdc++ with libgcc_s, SQLite, zlib.
        local own='linux-vdso|ld-linux[^/]*|lib(c|m|dl|rt|pthread|resolv|stdc\+\+|gcc_s|sqlite3|z)'
        ldd "$1" | awk '{ print $1 }' | grep -vE "(^|/)($own)\.so(\.[0-9]+)*\$" || true
    fi
}

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage"/bin "$stage"/share/{man/man1,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}

program=$stage/bin/bqpull
if [ -n "${BQPULL_BINARY:-}" ]; then
    cp "$BQPULL_BINARY" "$program"
else
    require_swift
    # A source archive has no commit.
    if [ -z "${BQPULL_COMMIT:-}" ] && [ -e .git ] && command -v git >/dev/null; then
        BQPULL_COMMIT=$(git describe --always --dirty --abbrev=7 --exclude='*' || true)
    fi
    export BQPULL_COMMIT
    build=(-c release --scratch-path .build/install)
    # macOS includes the runtime.
    [ "$(uname)" = Darwin ] || build+=(--static-swift-stdlib)
    echo "building a release binary (minutes, the first time) …" >&2
    swift build "${build[@]}" --product bqpull >&2
    cp "$(swift build "${build[@]}" --show-bin-path)/bqpull" "$program"
    foreign=$(foreign_libraries "$program" | xargs)
    [ -z "$foreign" ] || { echo "error: the binary depends on libraries outside the system: $foreign" >&2; exit 1; }
fi
if [ "$(uname)" = Darwin ]; then strip -x "$program"; else strip "$program"; fi

python3 -B Examples/manual.py "$program" man "$stage/share/man/man1"
"$program" --generate-completion-script bash >"$stage/share/bash-completion/completions/bqpull"
"$program" --generate-completion-script zsh >"$stage/share/zsh/site-functions/_bqpull"
"$program" --generate-completion-script fish >"$stage/share/fish/vendor_completions.d/bqpull.fish"

# This installation takes over the folders of an earlier one.
earlier=$(cat "$root/$manifest" 2>/dev/null || true)
list=$(grep '/$' <<<"$earlier" || true)

# make_folder FOLDER: creates a folder in the root, and lists it unless it exists.
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
    # Renamed, so that the file is never incomplete.
    install -m "$mode" "$stage/$path" "$root/$path.new"
    mv -f "$root/$path.new" "$root/$path"
    list+=$'\n'$path
done < <(cd "$stage" && find . -type f | sed 's|^\./||')
list=$(printf '%s\n' "$list" "$manifest" | sed '/^$/d' | sort)
printf '%s\n' "$list" >"$root/$manifest"
# Files of the earlier installation only.
comm -13 <(echo "$list") <(sort <<<"$earlier") | sed '/^$/d' | while IFS= read -r path; do rm -f "$root/$path"; done

echo "installed $("$program" --version), $(($(wc -c <"$program") / 1000000)) MB, in $root"
case ":$PATH:" in *":$prefix/bin:"*) ;; *) echo "hint: add $prefix/bin to PATH" ;; esac
case "$prefix" in
/usr | /usr/local) ;;
*) echo "hint: for completions in zsh, add to ~/.zshrc before compinit: fpath+=('$prefix/share/zsh/site-functions')" ;;
esac
