# Output of the scripts, and running a command so that signals reach it and its end is seen.
# Sourced; bash.

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
warn() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# usage: prints the comment at the head of the script, its help.
usage() { sed -n '3,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# attended COMMAND...: runs it with our stdin, hands SIGTERM, SIGHUP and SIGINT on to it and returns
# its status only when it has ended, so that a trap on EXIT finds nothing of it alive. (A shell that
# waits for a foreground command would notice a signal only after it.)
attended() {
    local child status=0
    env --default-signal=INT,QUIT "$@" <&0 &
    child=$!
    # shellcheck disable=SC2064
    trap "kill -TERM $child 2>/dev/null; stopped=143" TERM HUP
    # shellcheck disable=SC2064
    trap "kill -INT $child 2>/dev/null; stopped=130" INT
    while :; do
        status=0
        wait "$child" || status=$?
        kill -0 "$child" 2>/dev/null || break
    done
    trap - TERM HUP INT
    if [[ -n ${stopped:-} ]]; then
        exit "$stopped"
    fi
    return "$status"
}
