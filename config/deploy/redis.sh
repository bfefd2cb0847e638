#!/bin/sh
# Starts one Redis or sentinel of compose.yaml: `redis.sh primary|replica|sentinel`; `redis.sh healthy` asks one.
#
# Redis runs by config/redis.conf, with TLS to and from everybody, the users of the secret `redis-users.acl` in place of
# its lines, and one user more for replicas and sentinels. Its name in the network is its host name. The configuration is
# kept with the data, as sentinels write into it who follows whom.
set -eu
secrets=${SECRETS:-/run/secrets}
shipped=${SHIPPED:-/etc/redis/redis.conf}
data=${DATA:-/data}
name=${NAME:-$(cat /etc/hostname)}
first=${FIRST:-redis-1}
port=${PORT:-6379}

secret() {
    [ -s "$secrets/$1" ] || { echo "the secret $1 is missing or empty: see make_secrets.sh" >&2; exit 1; }
    cat "$secrets/$1"
}

for each in ca.crt redis.crt redis.key redis-users.acl; do secret "$each" >/dev/null; done
password=$(secret redis-replication.password)
tls="tls-replication yes
tls-ca-cert-file $secrets/ca.crt
tls-cert-file $secrets/redis.crt
tls-key-file $secrets/redis.key
dir $data"

follow_shipped_conf() {
    [ -r "$shipped" ] || { echo "$shipped is missing" >&2; exit 1; }
    sed -E '/^#|^ *$|^(user|bind|port|dir|protected-mode) /d' "$shipped"
    cat <<CONF
bind ${BIND:-* -::*}
protected-mode no
port 0
tls-port $port
$tls
aclfile $secrets/redis-users.acl
masteruser replication
masterauth $password
replica-announce-ip $name
replica-announce-port $port
CONF
    [ "$1" = primary ] || echo "replicaof $first 6379"
}

watch_redis() {
    cat <<CONF
bind ${BIND:-* -::*}
protected-mode no
port 0
tls-port 26379
$tls
requirepass $password
sentinel sentinel-pass $password
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $name
sentinel announce-port 26379
sentinel monitor register $first 6379 2
sentinel auth-user register replication
sentinel auth-pass register $password
sentinel down-after-milliseconds register 3000
sentinel failover-timeout register 20000
CONF
}

umask 077
case ${1:-} in
    primary | replica)
        [ -e "$data/redis.conf" ] || follow_shipped_conf "$1" >"$data/redis.conf"
        exec redis-server "$data/redis.conf"
        ;;
    sentinel)
        [ -e "$data/sentinel.conf" ] || watch_redis >"$data/sentinel.conf"
        exec redis-server "$data/sentinel.conf" --sentinel
        ;;
    healthy)
        [ "$2" = 26379 ] || user="--user replication"
        # shellcheck disable=SC2086 # nothing, or two words
        REDISCLI_AUTH=$password redis-cli -h "$name" -p "$2" ${user:-} --tls --cacert "$secrets/ca.crt" \
            --cert "$secrets/redis.crt" --key "$secrets/redis.key" ping 2>/dev/null | grep -q PONG
        ;;
    *)
        echo "usage: redis.sh primary|replica|sentinel|healthy PORT" >&2
        exit 2
        ;;
esac
