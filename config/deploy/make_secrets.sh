#!/bin/sh
# Makes what compose.yaml needs to be kept secret: random passwords, addresses that hold them, an authority of its own and
# its certificates. `make_secrets.sh [DIRECTORY]`, `secrets` beside this script if not named. Nothing is made twice; to
# change one, remove it and what names it, and run this again. Needs openssl.
#
# The directory is its owner's alone. The files in it are readable, as each container reads its own as a user of its own.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-$here/secrets}
days=${DAYS:-825}
mkdir -p "$into"
chmod 0700 "$into"
cd "$into"

password() { # 256 random bits, of characters that any address may hold
    [ -s "$1.password" ] || openssl rand -hex 32 >"$1.password"
}

for each in redis-server redis-worker redis-people redis-replication ledger grafana; do password "$each"; done

user_of_shipped_conf() { # the line of config/redis.conf for one user, with the digest of its password
    mark=REPLACE_WITH_SHA256_OF_THE_$(echo "$1" | tr '[:lower:]' '[:upper:]')S_PASSWORD
    digest=$(tr -d '\n' <"redis-$1.password" | sha256sum | cut -d ' ' -f 1)
    grep "^user $1 .*$mark" "$here/../redis.conf" | sed "s/$mark/$digest/"
}

if [ ! -s redis-users.acl ]; then
    {
        echo "user default off"
        for each in server worker people; do user_of_shipped_conf "$each"; done
        # What a replica does at its primary, and a sentinel at both.
        digest=$(tr -d '\n' <redis-replication.password | sha256sum | cut -d ' ' -f 1)
        echo "user replication on #$digest allchannels -@all +psync +replconf +ping +auth +hello +multi +exec +slaveof" \
            "+replicaof +role +publish +subscribe +info +command +config|rewrite +client|setname +client|kill +script|kill"
    } >redis-users.acl.part
    [ "$(wc -l <redis-users.acl.part)" = 5 ] || { echo "config/redis.conf lacks a user" >&2; exit 1; }
    mv redis-users.acl.part redis-users.acl
fi

authority() {
    [ -s ca.crt ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$days" \
        -subj "/CN=flagging deployment" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign \
        -keyout ca.key -out ca.crt 2>/dev/null
}

certificate() { # name, then the names it is good for
    name=$1
    [ ! -s "$name.crt" ] || return 0
    shift
    names=$(for each in "$@"; do printf 'DNS:%s,' "$each"; done)
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "${names%,}" >"$name.ext"
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$name" -keyout "$name.key" \
        -out "$name.csr" 2>/dev/null
    openssl x509 -req -in "$name.csr" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" -days "$days" -extfile "$name.ext" \
        -out "$name.crt" 2>/dev/null
    rm "$name.csr" "$name.ext"
}

authority
certificate redis redis-1 redis-2 sentinel-1 sentinel-2 sentinel-3
certificate ledger ledger
certificate service server worker

address_of_redis() {
    tls="ssl_ca_certs=/run/secrets/ca.crt&ssl_certfile=/run/secrets/service.crt&ssl_keyfile=/run/secrets/service.key"
    printf 'rediss+sentinel://%s:%s@%s/register/0?sentinel_password=%s&%s\n' "$1" "$(cat "redis-$1.password")" \
        sentinel-1:26379,sentinel-2:26379,sentinel-3:26379 "$(cat redis-replication.password)" "$tls"
}

for each in server worker people; do [ -s "redis-$each.url" ] || address_of_redis "$each" >"redis-$each.url"; done
[ -s ledger.url ] || printf 'postgresql://flagging:%s@ledger/flagging?sslmode=verify-full&sslrootcert=%s\n' \
    "$(cat ledger.password)" /run/secrets/ca.crt >ledger.url
chmod 0444 ./*
chmod 0400 ca.key
echo "$into: all there"
