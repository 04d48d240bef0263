# Sourced by the scripts of this repository, in its root folder: installs what they need, and starts servers.

# require_packages PACKAGE...: installs missing Debian packages; without the permission, prints the command and fails.
require_packages() {
    local missing=() sudo=() package
    for package in "$@"; do
        [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *'ok installed' ]] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "error: missing packages; install the equivalents of: ${missing[*]}" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "error: missing packages; run: sudo apt-get install ${missing[*]}" >&2
            return 1
        fi
        sudo=(sudo -n)
    fi
    echo "installing ${missing[*]}" >&2
    "${sudo[@]}" apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# require_swift: fails without a Swift toolchain.
require_swift() {
    command -v swift >/dev/null && return 0
    echo "error: no Swift toolchain; install Swift 6.2 or later from https://www.swift.org/install/linux/" >&2
    return 1
}

# require_bqpull OPTION...: sets BQPULL to the path of a binary; without one in the environment, builds it with the
# options of `swift build`.
require_bqpull() {
    [ -n "${BQPULL:-}" ] || {
        require_swift
        echo "building bqpull (minutes, the first time) …" >&2
        swift build "$@" --product bqpull >&2
        BQPULL=$(swift build "$@" --show-bin-path)/bqpull
    }
}

# require_python: sets python to an interpreter with the packages of requirements.txt, in .build/python.
require_python() {
    local folder=$PWD/.build/python requirements=Tests/Support/requirements.txt base= candidate wanted
    python=$folder/bin/python
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            base=$candidate
            break
        fi
    done
    if [ -z "$base" ]; then
        require_packages python3 python3-venv
        base=python3
    fi
    wanted=$("$base" --version; cat "$requirements")
    [ "$wanted" != "$(cat "$folder/installed" 2>/dev/null)" ] || return 0
    echo "installing Python packages in .build/python …" >&2
    rm -rf "$folder"
    "$base" -m venv "$folder"
    "$python" -m pip install --disable-pip-version-check --quiet -r "$requirements"
    # Makes servers.py importable.
    echo "$PWD/Tests/Support" >"$("$python" -c 'import site; print(site.getsitepackages()[0])')/bqpull.pth"
    # Written last: an interrupted installation starts from scratch.
    printf '%s\n' "$wanted" >"$folder/installed"
}

servers=()
# start_server LOG COMMAND...: starts a server, and sets address to the URL that it prints.
start_server() {
    local log=$1
    shift
    # Before the server, which creates it only once it is scheduled.
    : >"$log"
    "$@" >"$log" 2>&1 &
    servers+=($!)
    for _ in $(seq 600); do
        address=$(sed -n 's/^listening on //p' "$log")
        [ -z "$address" ] || return 0
        kill -0 $! 2>/dev/null || break
        sleep 0.1
    done
    cat "$log" >&2
    return 1
}

stop_servers() {
    local server
    for server in ${servers[@]+"${servers[@]}"}; do
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    done
}

# expect NAME EXPECTED ACTUAL
expect() {
    [ "$2" = "$3" ] || { printf 'error: %s: expected\n%s\nbut found\n%s\n' "$1" "$2" "$3" >&2; exit 1; }
}

# usage: prints the comment at the top of the script.
usage() { (cd "${OLDPWD:-.}" && sed -n '2,${/^#/!q;s/^# \{0,1\}//p}' "$0"); }
