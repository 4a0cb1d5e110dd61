#!/usr/bin/env bash
# The steps of action.yml: `install` puts harden into an environment of its own, `check` runs it. Everything that a
# workflow says comes in as a variable.
set -euo pipefail

venv="${RUNNER_TEMP:?}/harden-venv"

install() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "::error title=harden::Python 3.11 or newer is needed: actions/setup-python brings it"
        exit 2
    }
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${GITHUB_ACTION_PATH:?}"
}

check() {
    local options=() paths=() path since code=0
    while IFS= read -r path; do
        [ -z "$path" ] || paths+=("$path")
    done <<<"${INPUT_PATHS:-.}"
    [ -z "${INPUT_PROFILE:-}" ] || options+=("--profile=$INPUT_PROFILE")
    [ -z "${INPUT_RISK:-}" ] || options+=("--risk=$INPUT_RISK")
    [ -z "${INPUT_BASELINE:-}" ] || options+=("--baseline=$INPUT_BASELINE")
    since="${INPUT_SINCE:-${BASE_SHA:-}}"
    if [ "${INPUT_GATE:-}" = true ]; then
        options+=(--gate)
    elif [ -n "$since" ] && [ "$since" != all ]; then
        options+=("--since=$since")
        [ "${INPUT_LINES:-}" != true ] || options+=(--lines)
    fi
    # The other forms first: what a step shows last is what people read.
    report sarif "${INPUT_SARIF:-}"
    report markdown "${INPUT_COMMENT:-}"
    report rdjsonl "${INPUT_REVIEWDOG:-}"
    "$venv/bin/harden" check --format github ${options[@]+"${options[@]}"} -- "${paths[@]}" || code=$?
    echo "exit-code=$code" >>"${GITHUB_OUTPUT:-/dev/null}"
    return "$code"
}

# Writes one further form; what is wrong is said, and decided, by the run that everybody sees.
report() {
    [ -z "$2" ] || "$venv/bin/harden" check --format "$1" --output "$2" ${options[@]+"${options[@]}"} -- "${paths[@]}" || true
}

"$1"
