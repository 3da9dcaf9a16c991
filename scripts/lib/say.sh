# Output of the scripts, and running a command so that signals reach it and its end is seen.
# Sourced; bash.

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }
warn() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }

# usage: prints the comment at the head of the script, its help.
usage() { sed -n '3,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

attended_child=""

# attended COMMAND...: runs it with our stdin, in a process group of its own. SIGINT, SIGTERM and
# SIGHUP go on to all of that group, once, and only when the command has ended does the script exit,
# so that its trap on EXIT finds nothing of it alive. (A shell that waits for a command in the
# foreground notices a signal only afterwards.)
attended() {
    local status=0 signal="" name
    env --default-signal=INT,QUIT setsid "$@" <&0 &
    attended_child=$!
    for name in INT TERM HUP; do
        # shellcheck disable=SC2064
        trap "signal=$name; attended_signal $name || true" "$name"
    done
    while :; do
        status=0
        wait "$attended_child" || status=$?
        kill -0 "$attended_child" 2>/dev/null || break
    done
    trap - INT TERM HUP
    attended_child=""
    case $signal in
        INT) exit 130 ;;
        TERM) exit 143 ;;
        HUP) exit 129 ;;
    esac
    return "$status"
}

attended_signal() {
    kill "-$1" -- "-$attended_child" 2>/dev/null || kill "-$1" "$attended_child" 2>/dev/null
}

# attended_end: for the trap on EXIT. A shell that was started with SIGINT ignored cannot trap it,
# yet leaves its wait: then the command is still there.
attended_end() {
    if [[ -n $attended_child ]]; then
        attended_signal TERM || true
        wait "$attended_child" || true
        attended_child=""
    fi
}

# timed STEP LOG COMMAND...: runs it attended, its output into LOG, and prints STEP, what came of it
# and how long it took on one line.
timed() {
    local step=$1 log=$2 started=$SECONDS status=0 end=ok
    shift 2
    printf '%-28s ' "$step"
    attended "$@" >"$log" 2>&1 || status=$?
    ((status == 0)) || end=FAILED
    printf '%-6s %5d s\n' "$end" $((SECONDS - started))
    return "$status"
}

# show_log LOG: prints its end, indented.
show_log() {
    tail -n 40 "$1" | sed 's/^/    /'
    printf '    all of it: %s\n' "$1"
}
