#!/bin/sh
# Entry point of a container that runs one node: entrypoint.sh PROGRAM [ARGUMENT...]
#
#   NODE                   the rendered folder of the node, as mounted (/node)
#   CACHEWRIGHT_SECRETS    the file of secrets, as mounted, where the spec has any
#   RUN_AS                 the user that the server runs as (redis)
#   OWN                    where that user gets copies of both (/run/cachewright)
#
# What is mounted belongs to whoever rendered it, and is not for all to read. So root gives the server's user
# copies of its own and becomes that user; start.sh does the rest. Started as that user, it needs no copies.

set -eu
umask 077

node=${NODE:-/node}
own=${OWN:-/run/cachewright}
user=${RUN_AS:-redis}

if [ "$(id -u)" -ne 0 ]; then
    exec "$node/start.sh" "$@"
fi

rm -rf "$own"
mkdir -p "$own/node"
cp "$node"/* "$own/node/"
if [ -n "${CACHEWRIGHT_SECRETS-}" ]; then
    cp "$CACHEWRIGHT_SECRETS" "$own/secrets.env"
    CACHEWRIGHT_SECRETS=$own/secrets.env
    export CACHEWRIGHT_SECRETS
fi
chmod 0755 "$own/node/start.sh"
chown -R "$user:$(id -gn "$user")" "$own"
exec setpriv --reuid "$user" --regid "$(id -gn "$user")" --init-groups "$own/node/start.sh" "$@"
