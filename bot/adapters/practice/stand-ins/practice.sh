# What the stand-ins share. Each runs in the scratch folder; `root` there is the host's file system.
# They compute from files under `root`, change nothing else, and refuse what they do not know.
set -u
PATH=/usr/bin:/bin
me=${0##*/}
pause=0.15 # seconds per removed file: long enough to be seen, and to be interrupted

die() {
    status=$1
    shift
    printf '%s\n' "$*" >&2
    exit "$status"
}

# The file of the host that a path names, as a path of the scratch folder: never one outside it,
# wherever a link points.
inside() {
    inside_itself "$1"
    case $(realpath -m -- "$found") in
        "$(pwd -P)"/root | "$(pwd -P)"/root/*) ;;
        *) found=root/nowhere ;;
    esac
}

# The same for a link that is looked at or made, not followed.
inside_itself() {
    case $1 in
        */../* | */.. | ../* | ..) found=root/nowhere ;;
        /*) found=root${1%/} ;;
        *) found=root/$1 ;;
    esac
}

bytes_of() {
    case $1 in
        *[!0-9KMGT]* | '' | [KMGT]*) return 1 ;;
        *K) bytes=$((${1%K} * 1024)) ;;
        *M) bytes=$((${1%M} * 1048576)) ;;
        *G) bytes=$((${1%G} * 1073741824)) ;;
        *T) bytes=$((${1%T} * 1099511627776)) ;;
        *) bytes=$1 ;;
    esac
}

# As systemd writes sizes: one decimal, powers of 1024.
human() {
    size=$(awk -v n="$1" 'BEGIN {
        split("B K M G", unit); u = 1
        while (n >= 1024 && u < 4) { n /= 1024; u++ }
        printf (u == 1 ? "%d%s" : "%.1f%s"), n, unit[u] }')
}

needs_root() {
    [ "${FIREWARDEN_PRACTICE_ROOT-}" = yes ]
}

# The host's own account of each change that it began, for whoever asks whether anything ran twice.
began() {
    printf '%s %s\n' "${FIREWARDEN_ATTEMPT:--}" "$*" >>ledger
}
