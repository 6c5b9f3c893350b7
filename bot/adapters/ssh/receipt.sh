#!/bin/sh
# firewarden-receipt: runs a command once per attempt and keeps what became of it.
#
#   run KEY DIGEST BOOT SECONDS leave|kill WORD...   run once, wait at most SECONDS, report
#   inquire KEY DIGEST                               report, change nothing
#   stop KEY                                         end the attempt's process group, report
#   check [WORD...]                                  report whether a run could begin here, and
#                                                    whether sudo would run the words; run nothing
#   gate                                             forced command: one of the above, taken from
#                                                    SSH_ORIGINAL_COMMAND without evaluating it
#
# KEY and DIGEST are 64 hex digits, BOOT is a boot id or "-". WORDs carry bytes outside
# [A-Za-z0-9_./:=@%,^-] as +ooo (octal); a lone + is the empty word.
#
# The report is one line of words, then the kept ends of both streams:
#   firewarden-receipt 1 STATE DETAIL BOOT OUT-SIZE HEAD TAIL ERR-SIZE HEAD TAIL
#
# One directory per attempt: mkdir decides who runs it. In it: begun ("digest boot-id"), keeper and
# group ("pid start-time"), the streams' ends with their sizes, and status, which says "unwritten"
# until the end. Each process and each file of a run costs: there are as few as can be. Receipts of
# older wrappers are read as well: digest and boot in place of begun; out.first, out.rest and their
# like, what dd said, in place of sizes; and at first one word for the status, in place at the end.
set -uf
umask 077

command_path=${PATH-}
PATH=/usr/bin:/bin
receipts=${FIREWARDEN_RECEIPTS:-/var/lib/firewarden/receipts}
head_bytes=81920
tail_bytes=212992
read -r this_boot </proc/sys/kernel/random/boot_id

main() {
    verb=${1-}
    [ "$#" -gt 0 ] && shift
    case $verb in
        run) [ "$#" -ge 6 ] || usage; run "$@" ;;
        inquire) [ "$#" -eq 2 ] || usage; at "$1"; inquire "$2" ;;
        stop) [ "$#" -eq 1 ] || usage; at "$1"; stop ;;
        check) check "$@" ;;
        gate) gate ;;
        *) usage ;;
    esac
}

# The line is only split at blanks: nothing in it is expanded.
gate() {
    # shellcheck disable=SC2086
    set -- ${SSH_ORIGINAL_COMMAND-}
    [ "${1-}" = firewarden-receipt ] || usage
    shift
    case ${1-} in
        run | inquire | stop | check) main "$@" ;;
        *) usage ;;
    esac
}

usage() {
    echo 'usage: firewarden-receipt run|inquire|stop|gate ...' >&2
    exit 64
}

at() {
    case $1 in
        *[!0-9a-f]* | '') usage ;;
    esac
    [ "${#1}" -eq 64 ] || usage
    place=$receipts/$1
}

run() {
    at "$1"
    digest=$2 boot=$3 seconds=$4 at_deadline=$5
    shift 5
    case $at_deadline in leave | kill) ;; *) usage ;; esac
    case $seconds in *[!0-9.]* | '') usage ;; esac
    [ "$boot" = - ] || [ "$boot" = "$this_boot" ] || report other-boot
    [ -d "$receipts" ] || report no-receipts
    if [ -f "$place/unstarted" ]; then
        mv "$place" "$place.unstarted.$$" 2>/dev/null && rm -r "$place.unstarted.$$"
    fi
    if ! mkdir "$place" 2>/dev/null; then
        [ -d "$place" ] || report refused no-new-receipt
        adopt
    fi
    prepare || { rm -r "$place"; report refused receipt-not-written; }
    left=$#
    while [ "$left" -gt 0 ]; do
        decode "$1"
        shift
        set -- "$@" "$decoded"
        left=$((left - 1))
    done
    late=
    trap 'late=yes' USR1
    alarm &
    bell=$!
    # Not in the background: there the command could never be interrupted (POSIX 2.11).
    (exec </dev/null >/dev/null 2>/dev/null; keep "$@")
    kill -s TERM "$bell" 2>/dev/null
    [ -n "$late" ] && settled && report_with_output killed "$status"
    result
}

# The status has its block before the command can fill the disk; it is written over in place.
prepare() {
    printf '%-16s\n' unwritten >"$place/status" &&
        printf '%s\n' "$digest $this_boot" >"$place/begun"
} 2>/dev/null

# Keeps the deadline beside who waits for the keeper: process $$, whose own traps run only after
# that. Where the command is left running it reports in the other's place.
alarm() {
    nap "$seconds" "$$"
    settled && return
    why=
    if [ "$at_deadline" = kill ]; then
        kill -s USR1 "$$"
        end_group
        settled && return
        why=could-not-be-killed
    fi
    kill -s TERM "$$" && report left "$why"
}

# For a process beside another: sleeps, and goes on only if that one still is its parent. Ended
# before, it ends its sleep as well.
nap() {
    ended=
    trap 'ended=yes' TERM
    sleep "$1" >/dev/null 2>/dev/null &
    trap 'kill "$!" 2>/dev/null; exit' TERM
    [ -z "$ended" ] || { kill "$!"; exit; }
    wait "$!"
    trap - TERM
    started_at self
    [ "$parent" = "$2" ] || exit
}

# Somebody began this attempt before: wait for its end as if it were ours.
adopt() {
    same_command
    tenths=${seconds%%.*}0 quiet=0
    while [ "$tenths" -ge 0 ]; do
        settled && result
        quiet=$((quiet + 1))
        { lives keeper || lives group; } && quiet=0
        [ "$quiet" -ge 20 ] && result
        sleep 0.1
        tenths=$((tenths - 1))
    done
    deadline
    result
}

deadline() {
    settled && return
    [ "$at_deadline" = leave ] && report left
    end_group
    settled || report left could-not-be-killed
    report_with_output killed "$status"
}

inquire() {
    digest=$1
    [ -d "$receipts" ] || report no-receipts
    [ -d "$place" ] || report absent
    same_command
    result
}

stop() {
    [ -d "$place" ] || report absent
    settled || end_group
    settled || report stuck
    result
}

check() {
    [ -d "$receipts" ] || report no-receipts
    [ -w "$receipts" ] || report refused receipts-not-writable
    [ "$#" -gt 0 ] || report ready
    left=$#
    while [ "$left" -gt 0 ]; do
        decode "$1"
        shift
        set -- "$@" "$decoded"
        left=$((left - 1))
    done
    PATH=$command_path
    sudo -n -l -- "$@" >/dev/null 2>&1 || report refused not-in-sudoers
    report ready
}

# Reports what the receipt says now, and ends.
result() {
    tries=0
    while :; do
        if settled; then
            [ "$status" = unstarted ] && unstarted
            report_with_output finished "$status"
        fi
        read_begun
        [ "${line#* }" = "$this_boot" ] || report lost restarted
        { lives keeper || lives group; } && report running
        # Between the end of the keeper and this look the status may have appeared.
        [ "$tries" -ge 10 ] && { settled || report lost; }
        tries=$((tries + 1))
        sleep 0.1
    done
}

unstarted() {
    : >"$place/unstarted"
    report refused not-started
}

same_command() {
    tries=0
    while read_begun; [ -z "$line" ]; do
        [ "$tries" -ge 20 ] && report lost
        tries=$((tries + 1))
        sleep 0.1
    done
    [ "${line% *}" = "$digest" ] || report mismatch
}

# The status stands there twice: a look while it is being written finds two different words.
settled() {
    read_file "$place/status"
    # shellcheck disable=SC2086
    set -- $line
    case $# in
        1) older_status "$1" || return ;;
        2) [ "$1" = "$2" ] || return ;;
        *) return 1 ;;
    esac
    status=$1
}

# The first wrapper moved its one word there whole; half of what is written today has letters in it.
older_status() {
    [ -f "$place/begun" ] && return 1
    case $1 in
        unstarted) ;;
        *[!0-9]*) return 1 ;;
    esac
}

# Makes of it "digest boot-id"; what names the digest was written last in every layout.
read_begun() {
    read_file "$place/begun"
    [ -n "$line" ] && return
    read_file "$place/digest"
    [ -n "$line" ] || return 0
    begun=$line
    read_file "$place/boot"
    line="$begun $line"
}

lives() {
    read_file "$place/$1"
    [ -n "$line" ] || return 1
    started_at "${line% *}"
    [ "$started" = "${line#* }" ]
}

# A group whose leader is gone keeps its number from being given away; a leader with another
# start time is somebody else.
end_group() {
    tries=0
    while read_file "$place/group"; [ -z "$line" ] && [ "$tries" -lt 20 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    group=${line% *}
    [ -n "$group" ] || return
    started_at "$group"
    [ -z "$started" ] || [ "$started" = "${line#* }" ] || return
    for signal in TERM KILL; do
        kill -s "$signal" -- "-$group" 2>/dev/null
        tries=0
        while [ "$tries" -lt 50 ]; do
            settled && return
            sleep 0.1
            tries=$((tries + 1))
        done
    done
}

# Outlives the link and who asked for it; the command is in a session of its own.
keep() {
    trap '' HUP
    started_at self
    printf '%s\n' "$number $started" >"$place/keeper"
    status=unstarted
    pipes && attend "$@"
    printf '%-16s\n' "$status $status" 1<>"$place/status"
}

attend() {
    # Closed by exec: a redirection of a function leaves a copy open for its return.
    { exec <&5 3>&- 4>&- 5<&- 6<&-; capture out; } &
    out=$!
    { exec <&6 3>&- 4>&- 5<&- 6<&-; capture err; } &
    err=$!
    exec 5<&- 6<&-
    # In a subshell, whose process becomes the command's and whose number is known before that.
    (begin "$@")
    status=$?
    exec 3>&- 4>&-
    [ -s "$place/group" ] || status=unstarted
    looks=0
    until captured; do
        looks=$((looks + 1))
        [ "$looks" -lt 50 ] && continue
        # Long, or held open by a process that the command left behind, perhaps for ever.
        trap : USR1
        { nap 2 "$number"; kill -s USR1 "$parent"; } &
        bell=$!
        wait "$out" "$err"
        kill -s TERM "$bell" 2>/dev/null
        return
    done
}

captured() {
    { read -r line && read -r line; } <"$place/sizes"
} 2>/dev/null

# Opens 3 to write and 5 to read for one stream, 4 and 6 for the other. A short here-document is a
# pipe in dash, ash, and bash since 5.1 unless it is empty; elsewhere it costs a process more.
pipes() {
    exec 5<<OUT 6<<ERR

OUT

ERR
    read -r _ <&5
    read -r _ <&6
    if [ -p /proc/self/fd/5 ]; then
        exec 3>/proc/self/fd/5 4>/proc/self/fd/6
        return
    fi
    mkfifo "$place/out" "$place/err" || return
    # For both sides first: an open for one waits until somebody opens the other.
    exec 3<>"$place/out" 4<>"$place/err" 5<"$place/out" 6<"$place/err"
}

begin() {
    started_at self
    printf '%s\n' "$number $started" >"$place/group" || exit 125
    trap - HUP
    PATH=$command_path
    FIREWARDEN_ATTEMPT=${place##*/}
    export PATH FIREWARDEN_ATTEMPT
    exec /usr/bin/setsid "$@" >&3 2>&4 3>&- 4>&-
}

# Always drains its stream: a full disk here must not end the command.
capture() {
    first=0 rest=0
    # Small blocks: of a stream that is never closed all but the last 15 bytes are there.
    said=$(LC_ALL=C dd bs=16 count=$((head_bytes / 16)) iflag=fullblock 2>&1 >"$place/$1.head") ||
        cat >/dev/null
    bytes_in "$said"
    first=$bytes
    if [ "$first" -ge "$head_bytes" ]; then
        said=$({ LC_ALL=C dd bs=65536 2>&3 | tail -c "$tail_bytes" >"$place/$1.tail"; } 3>&1)
        cat >/dev/null
        bytes_in "$said"
        rest=$bytes
    fi
    printf '%s\n' "$1 $first $rest" >>"$place/sizes"
}

# What dd said: "N bytes (...) copied, ...".
bytes_in() {
    bytes=${1%% byte*}
    bytes=${bytes##*[!0-9]}
    : "${bytes:=0}"
}

report() {
    printf 'firewarden-receipt 1 %s %s %s 0 0 0 0 0 0\n' "$1" "${2:--}" "$this_boot"
    exit 0
}

report_with_output() {
    ends out
    out="$size $head $tail"
    ends err
    printf 'firewarden-receipt 1 %s %s %s %s %s %s %s\n' \
        "$1" "$2" "$this_boot" "$out" "$size" "$head" "$tail"
    for stream in out err; do
        for end in head tail; do
            [ -s "$place/$stream.$end" ] && cat "$place/$stream.$end"
        done
    done
    exit 0
}

ends() {
    first= rest=0
    [ -f "$place/sizes" ] && while read -r stream head tail; do
        [ "$stream" = "$1" ] && first=$head rest=$tail
    done <"$place/sizes"
    [ -z "$first" ] && [ -s "$place/$1.first" ] && older_ends "$1"
    # Its stream is still held open: what has come so far.
    [ -z "$first" ] && first=0 && [ -s "$place/$1.head" ] && first=$(wc -c <"$place/$1.head")
    size=$((first + rest)) head=$first tail=$rest
    [ "$head" -gt "$head_bytes" ] && head=$head_bytes
    [ "$tail" -gt "$tail_bytes" ] && tail=$tail_bytes
}

older_ends() {
    bytes_in "$(cat "$place/$1.first")"
    [ "$bytes" -gt 0 ] && first=$bytes
    [ -f "$place/$1.rest" ] || return 0
    bytes_in "$(cat "$place/$1.rest")"
    rest=$bytes
}

read_file() {
    line=
    { read -r line <"$1"; } 2>/dev/null || :
}

started_at() {
    started=
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return
    number=${stat%% *}
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    parent=$2
    [ "$1" = Z ] || started=${20}
}

decode() {
    case $1 in
        +) decoded= ; return ;;
        *+*) ;;
        *) decoded=$1 ; return ;;
    esac
    IFS=+
    # shellcheck disable=SC2086
    set -- $1
    unset IFS
    literal=$1
    shift
    for octal; do
        literal="$literal\\0$octal"
    done
    decoded=$(printf '%b.' "$literal")
    decoded=${decoded%.}
}

main "$@"
