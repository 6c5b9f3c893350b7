# Units and processes of the practice host.
# root/etc/units/NAME says what a unit is once it has started, root/run/units/NAME what it is now:
# its state in the first line, then key=value lines over the others. A template is NAME@.

# Sets state and the unit's values; fails for a unit that there is none of.
unit() {
    state='' pid=2000 user=root command=${1%%@*} rss=12000 cpu=0 takes=0 health=healthy \
        starts=active lasts=$pause
    declared=root/etc/units/$1
    [ -f "$declared" ] || case $1 in *@?*) declared=root/etc/units/${1%%@*}@ ;; esac
    [ -f "$declared" ] || [ -f "root/run/units/$1" ] || return 1
    [ ! -f "$declared" ] || values "$declared"
    if [ -f "root/run/units/$1" ]; then
        read -r state <"root/run/units/$1"
        values "root/run/units/$1"
    fi
    [ -n "$state" ] || state=inactive
}

# What a unit becomes when it starts: as declared, and as its present release behaves.
fresh_unit() {
    was=$pid
    rm -f -- "root/run/units/$1.new"
    mv -- "root/run/units/$1" "root/run/units/$1.new" 2>/dev/null
    unit "$1"
    mv -- "root/run/units/$1.new" "root/run/units/$1" 2>/dev/null
    pid=$((was + 7))
    release=$(readlink "root/srv/$1/current") && [ -f "root$release/behaves" ] &&
        values "root$release/behaves"
    return 0
}

write_unit() {
    printf '%s\npid=%s\ncpu=%s\nhealth=%s\n' "$2" "$pid" "$cpu" "$health" >"root/run/units/$1"
}

values() {
    while IFS='=' read -r key value; do
        case $key in
            pid) pid=$value ;;
            user) user=$value ;;
            command) command=$value ;;
            rss) rss=$value ;;
            cpu) cpu=$value ;;
            takes) takes=$value ;;
            health) health=$value ;;
            starts) starts=$value ;;
            lasts) lasts=$value ;;
        esac
    done <"$1"
}

# One line per process: pid, user, percent of the processor, KiB of memory, command.
# An instance NAME@N takes load off NAME; what else runs stands in root/run/strays.
processes() {
    echo '1 root 0 13012 systemd'
    echo '612 root 0 9012 sshd'
    for run in root/run/units/*; do
        name=${run##*/}
        unit "$name" && [ "$state" = active ] || continue
        own="$pid $user $cpu $rss $command" load=$cpu
        for other in root/run/units/"$name"@*; do
            unit "${other##*/}" && [ "$state" = active ] && load=$((load - takes))
        done
        [ "$load" -ge 0 ] || load=0
        # shellcheck disable=SC2086
        set -- $own
        echo "$1 $2 $load $4 $5"
    done
    [ ! -f root/run/strays ] || cat root/run/strays
}

# Puts a line into a unit's journal, as its process says it now.
say() {
    mkdir -p root/var/log/units
    printf '%s\t%s practice-1 %s\n' "$(date +%s)" "$(date '+%b %d %H:%M:%S')" "$2" \
        >>"root/var/log/units/$1.log"
}
