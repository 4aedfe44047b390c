#!/bin/sh
# One throw-away PostgreSQL cluster, for the test program that holds this
# script's standard input. When that ends, however the program did, all processes
# of the cluster are ended and its folder is removed.
#
# First it says where it is, "folder PATH": the socket is in there, for port 5432
# (or what `start port=…` says), the data is PATH/data, the log is PATH/log. Then
# it does what it is told, a line each, and answers "ok …" or "failed":
#
#   start [NAME=VALUE…]   with these settings; "ok PID". A setting has no spaces
#   stop [immediate]      orderly: sessions are ended, a checkpoint is written
#   kill                  SIGKILL for all its processes: a power cut
#   stall                 SIGSTOP for all of them: it accepts, and says nothing
#   resume                SIGCONT
#   end                   the program is through, and does not want to see the log
#
# Exits with 77, and says why, where no PostgreSQL server is installed.
# VB_POSTGRES names the folder of another one's programs.
set -u
trap '' PIPE INT HUP TERM

here=$(cd "$(dirname "$0")" && pwd)
folder=
pid=
ended=no

find_programs() {
    for bin in "${VB_POSTGRES:-}" \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) \
        "$(dirname "$(command -v initdb || echo /none/initdb)")"; do
        [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && return 0
    done
    echo 'no PostgreSQL server is installed' >&2
    exit 77
}

# A server refuses to run as root; Debian's package has made a user for it.
choose_owner() {
    owner=
    if [ "$(id -u)" -eq 0 ]; then
        if ! id postgres >/dev/null 2>&1; then
            echo 'a PostgreSQL server needs the user "postgres"' >&2
            exit 77
        fi
        owner='--reuid=postgres --regid=postgres --init-groups'
    fi
}

as_owner() {
    # shellcheck disable=SC2086
    setpriv $owner "$@"
}

# To make one takes a second, to copy one a tenth of that.
make_data() {
    model=$here/../../build/postgresql-$("$bin/postgres" --version |
        tr -c '0-9.\n' ' ' | awk '{ print $1 }')
    if [ ! -d "$model" ]; then
        as_owner "$bin/initdb" -D "$folder/model" --no-sync --auth=trust \
            --username=postgres --encoding=UTF8 --locale=C --wal-segsize=4 \
            --no-instructions >"$folder/log" 2>&1 || return 1
        # Who comes first leaves it for the others; who can't uses it alone.
        mkdir -p "${model%/*}" 2>/dev/null
        if ! cp -a "$folder/model" "$model.$$" 2>/dev/null ||
            ! mv -T "$model.$$" "$model" 2>/dev/null; then
            rm -rf "$model.$$"
            mv "$folder/model" "$folder/data"
            return
        fi
        rm -rf "$folder/model"
    fi
    cp -a "$model" "$folder/data"
}

make_folder() {
    folder=$(mktemp -d "${TMPDIR:-/tmp}/verbatim-pg-XXXXXX") || exit 1
    [ -z "$owner" ] || chown postgres:postgres "$folder"
    make_data || {
        cat "$folder/log" >&2
        return 1
    }
    : >"$folder/log"
    [ -z "$owner" ] || chown postgres:postgres "$folder/log"
}

# Is this process there, and no zombie?
is_alive() {
    [ -e "/proc/$1/exe" ]
}

is_ready() {
    first=
    last=
    while read -r line || [ -n "$line" ]; do
        [ -n "$first" ] || first=$line
        last=$line
    done 2>/dev/null <"$folder/data/postmaster.pid"
    [ "$first" = "$pid" ] && { [ "$last" = ready ] || [ "$last" = standby ]; }
}

do_start() {
    for setting in "$@"; do
        shift
        set -- "$@" -c "$setting"
    done
    # The last word on a setting counts: the caller's.
    # shellcheck disable=SC2086
    setpriv $owner --pdeathsig KILL "$bin/postgres" -D "$folder/data" -p 5432 \
        -k "$folder" -c listen_addresses= -c fsync=off -c full_page_writes=off \
        -c shared_buffers=32MB -c jit=off -c max_wal_senders=0 \
        -c wal_level=minimal -c max_logical_replication_workers=0 \
        -c dynamic_shared_memory_type=mmap -c timezone=UTC \
        -c log_checkpoints=off \
        -c log_line_prefix='%m [%p] %q%a ' "$@" \
        </dev/null >>"$folder/log" 2>&1 &
    pid=$!
    tries=0
    until is_ready 2>/dev/null; do
        tries=$((tries + 1))
        if ! is_alive "$pid" || [ "$tries" -gt 6000 ]; then
            do_kill
            return 1
        fi
        sleep 0.01
    done
}

# A signal for the postmaster and its children. It comes first: while it is
# stopped, it makes no new ones.
signal_all() {
    kill -s "$1" "$pid" 2>/dev/null
    # shellcheck disable=SC2046
    kill -s "$1" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) 2>/dev/null
}

do_resume() {
    signal_all CONT
    return 0
}

do_stop() { # $1: a signal
    [ -n "$pid" ] || return 0
    do_resume
    kill -s "$1" "$pid" 2>/dev/null
    tries=0
    while is_alive "$pid"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 2000 ]; then
            do_kill
            return 1
        fi
        sleep 0.01
    done
    wait "$pid" 2>/dev/null
    pid=
}

do_kill() {
    [ -n "$pid" ] || return 0
    kill -s STOP "$pid" 2>/dev/null
    children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
    # shellcheck disable=SC2086
    kill -s KILL $children "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    for child in $children; do
        while is_alive "$child"; do
            sleep 0.01
        done
    done
    # What is left of it in the kernel; the next start would remove it as well.
    read -r _ memory <<MEMORY
$(sed -n 7p "$folder/data/postmaster.pid" 2>/dev/null)
MEMORY
    [ -z "$memory" ] || ipcrm -m "$memory" 2>/dev/null
    pid=
}

leave() {
    do_stop QUIT
    if [ "$ended" = no ] && [ -s "$folder/log" ]; then
        echo 'the log of PostgreSQL, at its end:' >&2
        tail -n 100 "$folder/log" >&2
    fi
    [ -z "$folder" ] || rm -rf "$folder"
}

obey() {
    case $1 in
    start)
        shift
        [ -z "$pid" ] && do_start "$@"
        ;;
    stop)
        case ${2:-fast} in
        immediate) do_stop QUIT ;;
        *) do_stop INT ;;
        esac
        ;;
    kill) do_kill ;;
    stall) signal_all STOP ;;
    resume) do_resume ;;
    end)
        ended=yes
        exit 0
        ;;
    *) return 1 ;;
    esac
}

find_programs
choose_owner
trap leave EXIT
make_folder || exit 1
echo "folder $folder"
while read -r line; do
    # shellcheck disable=SC2086
    if obey $line; then
        echo "ok $pid"
    else
        echo failed
    fi
done
