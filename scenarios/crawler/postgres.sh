#!/bin/sh
# A PostgreSQL of the run's own, in a folder that goes with it. It refuses to be root, so root becomes `postgres`.
set -eu
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)"
folder="${TMPDIR:-/tmp}/crawler-postgres-$PORT"
rm -rf "$folder"
mkdir -m 700 "$folder"
as=
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as='setpriv --reuid=postgres --regid=postgres --clear-groups'
fi
cd "$folder"
$as initdb --pgdata="$folder/data" --username=crawler --auth=trust --no-sync >/dev/null
# Idle sessions are ended, as a pooler or a firewall would: a minute of the story takes 2 s here.
$as postgres -D "$folder/data" -p "$PORT" -c listen_addresses=127.0.0.1 -c unix_socket_directories= \
    -c shared_buffers=16MB -c max_connections=60 -c fsync=off -c idle_session_timeout=2s &
server=$!
# A fast shutdown, which does not wait for clients.
trap 'kill -INT $server' TERM INT
while kill -0 $server 2>/dev/null; do wait $server || true; done
rm -rf "$folder"
