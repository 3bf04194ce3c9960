#!/bin/sh
# Starts all of local.toml on this machine, waits for Enter, and stops it again.
#
#   examples/local/run.sh [FOLDER]
#
# FOLDER takes the rendered files and logs (a new temporary folder if absent). It needs redis-server,
# redis-cli and memcached of the versions in local.toml; CACHEWRIGHT names another cachewright, SERVER,
# CACHE_CLI and MEMCACHED other programs.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
pids=''

stop() {
    # shellcheck disable=SC2086 # one argument per process
    [ -z "$pids" ] || kill $pids 2>/dev/null || true
    wait
}
trap stop EXIT
trap 'exit 1' INT TERM

# start LOG COMMAND...: in the background, output to a file.
start() {
    log=$1
    shift
    "$@" >"$log" 2>&1 &
    pids="$pids $!"
}

"${CACHEWRIGHT:-cachewright}" render "$here/local.toml" -o "$folder"
for node in "$folder"/sessions/*/ "$folder"/catalog/*/; do
    start "$node/output.log" "$node/start.sh" "${SERVER:-redis-server}"
done
for file in "$folder"/*/*/memcached.argv; do
    set --
    while read -r argument; do
        set -- "$@" "$argument"
    done <"$file"
    [ "$(id -u)" -ne 0 ] || set -- "$@" -u root
    start "${file%memcached.argv}output.log" "${MEMCACHED:-memcached}" "$@"
done
for script in "$folder"/*/bootstrap.sh; do
    "$script"
done
for node in "$folder"/sentinels-main/*/; do
    start "$node/output.log" "$node/start.sh" "${SERVER:-redis-server}"
done

echo "Everything runs; its files and logs are in $folder."
echo "Try: redis-cli -p 26379 SENTINEL MASTERS, or redis-cli -c -p 7000 SET key value."
printf 'Press Enter to stop it. '
read -r _ || true
