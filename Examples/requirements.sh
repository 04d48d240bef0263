# Sourced by the scripts of this repository: makes sure that the system packages they need are there.

# require_packages PACKAGE...: installs missing Debian packages, or says which and stops where that is not allowed.
require_packages() {
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    if ! command -v apt-get >/dev/null; then
        echo "error: install the equivalents of these Debian packages first: ${missing[*]}" >&2
        return 1
    fi
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "error: these packages are missing; run: sudo apt-get install ${missing[*]}" >&2
            return 1
        fi
        sudo=(sudo -n)
    fi
    echo "installing ${missing[*]}" >&2
    "${sudo[@]}" apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# require_swift: stops with the way out where there is no Swift toolchain.
require_swift() {
    command -v swift >/dev/null && return 0
    echo "error: no Swift toolchain was found; install Swift 6.2 or later from https://www.swift.org/install/linux/" >&2
    return 1
}
