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
# One directory per attempt: mkdir decides who runs it. In it: digest, boot, keeper and group
# ("pid start-time"), the streams' ends, and status, which a rename makes appear as a whole.
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
        keep) keep "$@" ;;
        *) usage ;;
    esac
}

# The line is only split at blanks: nothing in it is expanded, and internal verbs stay internal.
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
    # The keeper holds descriptor 9 until it is done, so that its end needs no polling.
    setsid -f /bin/sh "$0" keep "$place" "$command_path" "$@" \
        9>&1 </dev/null >/dev/null 2>/dev/null | timeout "$seconds" cat >/dev/null
    [ "$?" -eq 124 ] && deadline
    result
}

# The status has its block before the command can fill the disk.
prepare() {
    printf '%s\n' "$this_boot" >"$place/boot" &&
        printf '%-16s\n' unwritten >"$place/status.new" &&
        mkfifo "$place/out" "$place/err" "$place/captured" &&
        printf '%s\n' "$digest" >"$place/digest"
} 2>/dev/null

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
        read_file "$place/boot"
        [ "$line" = "$this_boot" ] || report lost restarted
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
    while read_file "$place/digest"; [ -z "$line" ]; do
        [ "$tries" -ge 20 ] && report lost
        tries=$((tries + 1))
        sleep 0.1
    done
    [ "$line" = "$digest" ] || report mismatch
}

settled() {
    read_file "$place/status"
    status=${line%% *}
    [ -n "$status" ]
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

# Outlives the link: a session of its own, the command in another.
keep() {
    place=$1 command_path=$2
    shift 2
    started_at "$$"
    printf '%s %s\n' "$$" "$started" >"$place/keeper"
    exec 7<>"$place/captured"
    # Closed by exec: a redirection of a function leaves a copy open for its return.
    { exec 9>&-; capture "$place/out"; } &
    { exec 9>&-; capture "$place/err"; } &
    # In a subshell, whose process becomes the command's and whose number is known before that.
    (begin "$@")
    status=$?
    [ -s "$place/group" ] || status=unstarted
    looks=0
    until drained out && drained err; do
        looks=$((looks + 1))
        if [ "$looks" -ge 100 ]; then
            # A process that the command left behind may hold its streams open for ever.
            timeout 2 head -n 2 <&7 >/dev/null
            break
        fi
    done
    printf '%-16s\n' "$status" 1<>"$place/status.new"
    mv "$place/status.new" "$place/status"
}

begin() {
    read -r me _ </proc/self/stat
    started_at "$me"
    printf '%s %s\n' "$me" "$started" >"$place/group" || exit 125
    PATH=$command_path
    FIREWARDEN_ATTEMPT=${place##*/}
    export PATH FIREWARDEN_ATTEMPT
    exec /usr/bin/setsid "$@" </dev/null >"$place/out" 2>"$place/err" 7>&- 9>&-
}

# Whether all of a short stream is in its file; a long one takes longer than a look.
drained() {
    bytes_in "$place/$1.first"
    [ -n "$known" ] && [ "$bytes" -lt "$head_bytes" ]
}

# Always drains its stream: a full disk here must not end the command.
capture() {
    {
        # Small blocks: of a stream that is never closed all but the last 15 bytes are there.
        LC_ALL=C dd bs=16 count=$((head_bytes / 16)) iflag=fullblock \
            of="$1.head" 2>"$1.first" || cat >/dev/null
        bytes_in "$1.first"
        if [ "$bytes" -ge "$head_bytes" ]; then
            LC_ALL=C dd bs=65536 2>"$1.rest" | tail -c "$tail_bytes" >"$1.tail"
            cat >/dev/null
        fi
    } <"$1"
    echo >&7
}

report() {
    printf 'firewarden-receipt 1 %s %s %s 0 0 0 0 0 0\n' "$1" "${2:--}" "$this_boot"
    exit 0
}

report_with_output() {
    ends "$place/out"
    out="$size $head $tail"
    ends "$place/err"
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
    bytes_in "$1.first"
    size=$bytes head=$bytes tail=0
    if [ "$bytes" -eq 0 ] && [ -s "$1.head" ]; then
        # Its stream is still held open: what has come so far.
        head=$(wc -c <"$1.head")
        size=$head
    fi
    [ "$head" -gt "$head_bytes" ] && head=$head_bytes
    [ -f "$1.rest" ] || return
    bytes_in "$1.rest"
    size=$((size + bytes)) tail=$bytes
    [ "$tail" -gt "$tail_bytes" ] && tail=$tail_bytes
}

# What dd said: "N bytes (...) copied, ...".
bytes_in() {
    bytes=0 known=
    [ -f "$1" ] || return
    while read -r number word _; do
        case $word in byte | bytes) bytes=$number known=yes ;; esac
    done <"$1"
}

read_file() {
    line=
    { read -r line <"$1"; } 2>/dev/null || :
}

started_at() {
    started=
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return
    # shellcheck disable=SC2086
    set -- ${stat##*) }
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
    decoded=$(printf '%s' "$literal"; printf '%b' "$(printf '\\0%s' "$@")"; printf .)
    decoded=${decoded%.}
}

main "$@"
