# shellcheck shell=bash
# The set-up that ./foof and ./test share: sourced by both, so that each works alone on a bare machine and
# both build from the same libtorch. Expects root (this checkout's folder); defines what follows.
#   require_packages   installs the Debian packages that are lacking, or says how
#   offer_browser      the same for what the tests of pages need; where it fails they are skipped
#   identify_engine    one line that tells this libtorch and flavour from any other, in $engine
#   check_artifacts    makes the folder of build outputs, or says why not
#   build PROJECT      builds in Release; shows the log only when that fails
# Variables that a user may set:
#   FOOF_LIBTORCH      folder (include/ and lib/) of another libtorch than Debian's
#   FOOF_BLAS          folder of another BLAS, or "system" (read by the program)
#   FOOF_SETUP=skip    installs nothing and goes on with what is there
#   FOOF_SETUP_DRY_RUN=1   prints the apt-get line and stops

: "${root:?must be set by the script that sources this file}"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
# Neither the SDK nor the program needs ICU here, and a bare machine has none.
export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1

die() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    exit 1
}

# The first of the given files that exists; a pattern without a match stays itself and so does not exist.
first_of() {
    local file
    for file in "$@"; do
        [[ -e $file ]] && { printf '%s' "$file"; return; }
    done
    return 1
}

# A relative folder is the caller's, and the build runs elsewhere.
if [[ -n ${FOOF_LIBTORCH:-} ]]; then
    FOOF_LIBTORCH=$(realpath -m -- "$FOOF_LIBTORCH")
    export FOOF_LIBTORCH
    [[ -e $FOOF_LIBTORCH/include/torch/csrc/autograd/autograd.h ]] ||
        die "FOOF_LIBTORCH must name a libtorch with include/ and lib/; $FOOF_LIBTORCH has no include/torch."
fi

# Only tests for files: this runs before every command. libtorch and the compiler serve the system flavour.
lacking() {
    if [[ ${TorchFlavour:-system} == system ]]; then
        [[ -n ${FOOF_LIBTORCH:-} || -e /usr/include/torch/csrc/autograd/autograd.h ]] || echo libtorch-dev
        [[ -n ${FOOF_BLAS:-} ]] || first_of /usr/lib/*/openblas-openmp/libblas.so.3 >/dev/null ||
            echo libopenblas0-openmp
        # cmake drives make, which it merely recommends.
        command -v cmake >/dev/null || echo cmake
        command -v make >/dev/null || echo make
        command -v g++ >/dev/null || echo g++
    fi
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

# In a subshell: nobody's work may end for want of a browser.
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
    # One unreachable source makes update fail although the packages may be there: the install decides.
    "${apt[@]}" update >"$log" 2>&1 </dev/null || true
    if ! "${apt[@]}" "${install[@]:1}" >>"$log" 2>&1 </dev/null; then
        cat "$log" >&2
        rm -f "$log"
        die "apt-get failed (its log is above); when that is mended, or by hand: ${install[*]}"
    fi
    rm -f "$log"
}

identify_engine() {
    local library=none folder=${FOOF_LIBTORCH:-}
    if [[ ${TorchFlavour:-system} == system ]]; then
        if [[ -n $folder ]]; then
            library=$(first_of "$folder/lib/libtorch_cpu.so" "$folder/libtorch_cpu.so") ||
                die "FOOF_LIBTORCH must name a libtorch with include/ and lib/; $folder has no libtorch_cpu.so."
        else
            library=$(first_of /usr/lib/*/libtorch_cpu.so) ||
                die "no libtorch was found: set FOOF_LIBTORCH, or run: apt-get install libtorch-dev"
        fi
        library=$(stat -c '%n %s %Y' -- "$(realpath -- "$library")")
    fi
    engine="${TorchFlavour:-system} ${TorchPackage:-} $library"
}

# Builds a project in Release, from the root, where global.json chooses the SDK. The caller holds the lock.
# The compiler's server outlives this script: it must inherit neither lock (8, 9).
build() {
    local project=$1 log=$root/artifacts/build.log last=$root/artifacts/engine
    # CMake remembers the libtorch it found first: another one starts from nothing.
    if [[ ! -e $last || $(<"$last") != "$engine" ]]; then
        rm -rf "$root/artifacts/native"
        printf '%s\n' "$engine" >"$last"
    fi
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
