# shellcheck shell=bash
# The set-up that ./foof and ./test share: sourced by both, so that each works alone on a bare machine. libtorch comes
# with the build, from NuGet. Expects root (this checkout's folder); defines what follows.
#   require_packages   installs the missing Debian packages, or says how
#   offer_browser      installs what the tests of pages need; if that fails, they are skipped
#   backend            the package that libtorch comes from, where a user chose it
#   check_artifacts    makes the folder of build outputs, or says why not
#   build PROJECT      builds in Release; shows the log only when that fails
# Variables that a user may set:
#   TorchBackend       another package with libtorch, as TorchSharp-cuda-linux (read by the build)
#   FOOF_SETUP=skip    installs nothing and continues with what is there
#   FOOF_SETUP_DRY_RUN=1   prints the apt-get line and stops

: "${root:?must be set by the script that sources this file}"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
# Neither the SDK nor the program needs ICU here, and a bare machine has none.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# MSBuild takes it from the environment; here it only tells one build from another.
backend=${TorchBackend:-default}

# Only tests for files: this runs before every command.
lacking() {
    [[ -e /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz ]] || echo dataset-fashion-mnist
}

lacking_browser() {
    command -v chromium >/dev/null || echo chromium
    command -v chromedriver >/dev/null || echo chromium-driver
}

require_packages() {
    local packages
    mapfile -t packages < <(lacking)
    if [[ -n ${FOOF_SETUP_DRY_RUN:-} ]]; then
        ((${#packages[@]})) && echo "apt-get install -y --no-install-recommends ${packages[*]}" ||
            echo "Nothing is lacking."
        exit 0
    fi
    command -v dotnet >/dev/null ||
        die "the .NET 10 SDK is needed and dotnet is not on the PATH: see https://dotnet.microsoft.com/download."
    [[ ${FOOF_SETUP:-} != skip ]] && ((${#packages[@]})) || return 0
    install_packages "${packages[@]}"
}

# In a subshell, since a missing browser must not end the caller's work.
offer_browser() {
    local packages
    mapfile -t packages < <(lacking_browser)
    ((${#packages[@]})) || return 0
    [[ ${FOOF_SETUP:-} != skip ]] && (install_packages "${packages[@]}") && return 0
    echo "The tests of pages in a browser are skipped, since ${packages[*]} cannot be installed here." >&2
}

# Installs packages, or says why not and ends.
install_packages() {
    local packages=("$@") as_root=() log
    local install=(apt-get install -y --no-install-recommends "${packages[@]}")
    if ((EUID)); then
        # sudo may ask for a password, but only somebody who can answer.
        if command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [[ -t 0 && -t 2 ]]; }; then
            as_root=(sudo)
        else
            die "${packages[*]} must be installed, which this user may not do; as root, run: ${install[*]}"
        fi
    fi
    command -v apt-get >/dev/null ||
        die "${packages[*]} must be installed and there is no apt-get here; on Debian 12: ${install[*]}"

    echo "Installing ${packages[*]} ..." >&2
    log=$(mktemp)
    local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
    # One unreachable source makes update fail although the packages may be there, so the install decides.
    "${apt[@]}" update >"$log" 2>&1 </dev/null || true
    if ! "${apt[@]}" "${install[@]:1}" >>"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        die "apt-get failed (its log is above); when that is fixed, or by hand, run: ${install[*]}"
    fi
    rm -f "$log"
}

# Builds a project in Release, from the root, where global.json chooses the SDK. The caller holds the lock.
# The compiler's server outlives this script: it must inherit neither lock (8, 9).
build() {
    local project=$1 log=$root/artifacts/build.log
    if ! (cd "$root" && dotnet build "$project" -c Release -v quiet) >"$log" 2>&1 </dev/null 8>&- 9>&-; then
        cat "$log" >&2
        return 1
    fi
}

check_artifacts() {
    if ! mkdir -p "$root/artifacts" 2>/dev/null || [[ ! -w $root/artifacts ]]; then
        die "$root/artifacts must be writable, since the build goes there: change its owner or its rights."
    fi
}
