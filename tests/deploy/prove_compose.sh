#!/usr/bin/env bash
# Runs what config/deploy/compose.yaml describes where there is no Docker engine: the same scripts, configuration, secrets,
# names and ports, with this machine's Redis, PostgreSQL and Prometheus, in a network and a mount namespace of their own.
# Then a lookup is asked, the primary is killed, and Prometheus is asked what it thinks of it all. Grafana is not run.
#
# Needs root on Debian with redis-server, postgresql, prometheus, openssl, curl, iproute2. Half a minute. `make compose-proof`.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "${1:-}" != inside ]; then
    [ "$(id -u)" -eq 0 ] || { echo "compose-proof needs root, for namespaces" >&2; exit 1; }
    exec unshare --net --mount --propagation private "$0" inside
fi

postgresql=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin | sort | tail -n 1)
work=$(mktemp -d)
started=()
finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf --one-file-system "$work"
}
trap finish EXIT
claim() { printf 'ok: %s\n' "$1"; }
await() { # what, seconds, command...
    local what=$1 seconds=$2
    shift 2
    for _ in $(seq $((seconds * 5))); do "$@" >"$work/last.log" 2>&1 && return; sleep 0.2; done
    echo "never came true: $what" >&2
    tail -n 5 "$work"/*.log >&2
    exit 1
}
begin() { # name, command...
    local name=$1
    shift
    "$@" >"$work/$name.log" 2>&1 &
    started+=($!)
}

# -- the names of the compose file, each an address of its own ------------------------------------------------------------
ip link set lo up
cat >"$work/hosts" <<HOSTS
127.0.0.1 localhost
127.0.0.11 redis-1
127.0.0.12 redis-2
127.0.0.21 sentinel-1
127.0.0.22 sentinel-2
127.0.0.23 sentinel-3
127.0.0.31 ledger
127.0.0.41 server
HOSTS
mount --bind "$work/hosts" /etc/hosts
chmod 0711 "$work"
mkdir "$work/data" "$work/ledger" "$work/lists"
config/deploy/make_secrets.sh "$work/secrets" >/dev/null
chmod 0711 "$work/secrets"
mkdir -p /run/secrets
mount --bind "$work/secrets" /run/secrets

redis() { # name, address, what it is
    mkdir -p "$work/data/$1"
    begin "$1" env "NAME=$1" "BIND=$2" "DATA=$work/data/$1" "SHIPPED=$PWD/config/redis.conf" config/deploy/redis.sh "$3"
}
redis redis-1 127.0.0.11 primary
primary=$!
await "redis-1 is healthy" 20 env NAME=redis-1 config/deploy/redis.sh healthy 6379
redis redis-2 127.0.0.12 replica
await "redis-2 is healthy" 20 env NAME=redis-2 config/deploy/redis.sh healthy 6379
for each in 1 2 3; do redis "sentinel-$each" "127.0.0.2$each" sentinel; done
for each in 1 2 3; do await "a sentinel is healthy" 20 env "NAME=sentinel-$each" config/deploy/redis.sh healthy 26379; done
claim "Redis, its replica and three sentinels are healthy, with TLS both ways"

chown postgres "$work/ledger"
install -m 0600 -o postgres /run/secrets/ledger.key "$work/ledger/key"
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
read -r -a initdb_arguments < <(sed -n 's/ *POSTGRES_INITDB_ARGS: //p' config/deploy/compose.yaml)
as_postgres "$postgresql/initdb" --pgdata "$work/ledger/data" --username flagging --pwfile /run/secrets/ledger.password \
    "${initdb_arguments[@]}" >"$work/initdb.log"
begin ledger setpriv --reuid postgres --regid postgres --clear-groups "$postgresql/postgres" -D "$work/ledger/data" \
    -c ssl=on -c ssl_cert_file=/run/secrets/ledger.crt -c "ssl_key_file=$work/ledger/key" \
    -c listen_addresses=127.0.0.31 -c "unix_socket_directories=$work/ledger"
await "the ledger's database is ready" 30 "$postgresql/pg_isready" --quiet --host ledger --username flagging
PGPASSWORD=$(cat /run/secrets/ledger.password) as_postgres "$postgresql/createdb" --host "$work/ledger" --username flagging flagging

# -- server and worker, set up as their services are ----------------------------------------------------------------------
export FLAGGING_STATE_DIR=$work/state FLAGGING_KEY_FILE=$work/keys/keys.json FLAGGING_LEDGER_URL_FILE=/run/secrets/ledger.url
mkdir "$work/state" "$work/keys"
flagging() { env FLAGGING_REDIS_URL_FILE=/run/secrets/redis-worker.url "$PWD/.venv/bin/flagging" "$@"; }
flagging synth --people 321 --seed 1 --out "$work/lists/list.csv" >/dev/null
begin worker env FLAGGING_REDIS_URL_FILE=/run/secrets/redis-worker.url "FLAGGING_MASTER_LIST=$work/lists" \
    FLAGGING_SYNC_SECONDS=5 .venv/bin/flagging worker
await "the worker is healthy" 60 .venv/bin/python config/deploy/healthy.py worker
token=$(flagging access issue-token --name "compose proof" --role custody | grep -o 'flg_[^ ]*')
begin server env FLAGGING_REDIS_URL_FILE=/run/secrets/redis-server.url FLAGGING_PROXIES=1 \
    FLAGGING_SESSIONS_URL_FILE=/run/secrets/redis-people.url GUNICORN_CMD_ARGS=--bind=0.0.0.0:8000 .venv/bin/flagging serve
await "the server is ready" 60 .venv/bin/python config/deploy/healthy.py ready
claim "worker and server are healthy, by the addresses in their secrets"

answer() {
    curl --silent --fail http://server:8000/v1/lookups --header "Authorization: Bearer $token" \
        --header 'Content-Type: application/json' --data '
        {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1",
         "person": {"family_name": "Nobodyofthatname", "given_names": "Alex", "date_of_birth": "1983-02-11"},
         "trigger_offence": true, "drug_test": "positive"}'
}
says() { answer | grep -q "$1"; }
await "the token is known" 20 says '"outcome":"not_on_register"'
await "Redis answers" 20 says '"source":"redis"'
begin prometheus prometheus --config.file=config/prometheus/prometheus.yaml --storage.tsdb.path="$work/prometheus" \
    --web.listen-address=127.0.0.1:9090
asked() { curl --silent --fail "http://127.0.0.1:9090/api/v1/$1"; }
up() { asked targets | grep -q '"health":"up"'; }
await "Prometheus scrapes the server" 60 up
no_alert() { asked 'query?query=count(ALERTS)' | grep -q '"result":\[\]'; }
rules_ran() { asked rules | grep -q '"alerts":\[\]' && ! asked rules | grep -q '"health":"\(unknown\|err\)"'; }
await "the rules have been evaluated" 60 rules_ran
await "nothing is alerting" 60 no_alert
claim "Prometheus scrapes the server by its shipped configuration; no alert"

kill -KILL "$primary"
seconds=0
until says '"source":"replica"'; do seconds=$((seconds + 1)); [ "$seconds" -lt 60 ] || { echo "the primary is not missed" >&2; exit 1; }; sleep 0.2; done
until says '"source":"redis"'; do
    says '"outcome":"not_on_register"' || { echo "a lookup failed" >&2; exit 1; }
    seconds=$((seconds + 1))
    [ "$seconds" -lt 600 ] || { echo "no other primary was elected" >&2; exit 1; }
    sleep 0.2
done
claim "the primary killed: no lookup failed, and sentinels made the replica primary"
redis redis-1 127.0.0.11 primary
follows() { grep -q '^replicaof redis-2 6379' "$work/data/redis-1/redis.conf"; }
await "the old primary follows the new one" 60 follows
claim "the old primary came back as a replica"
flagging ledger verify >/dev/null
claim "the ledger in PostgreSQL is as it was written"
