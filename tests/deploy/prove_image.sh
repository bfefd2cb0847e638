#!/usr/bin/env bash
# Builds the image from the Dockerfile as it stands and runs server and worker from it, where there is no Docker engine
# and no registry: buildah runs the very steps, on base images made of Debian packages that stand in for those of
# Docker's library (`debootstrap`; its Node is this machine's). Then, as the compose file has it: a read-only root file
# system, the image's own user, no capability, a lookup asked, the health checks, a clean stop.
#
# Needs root on Debian with buildah, debootstrap, node, npm, redis-server, curl, iproute2; some seven minutes. `make image-proof`.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD

for tool in buildah debootstrap node npm redis-server curl ip unshare setpriv; do
    command -v "$tool" >/dev/null || { echo "image-proof needs $tool (Debian: apt install buildah debootstrap nodejs npm redis-server curl iproute2)" >&2; exit 1; }
done
[ "$(id -u)" -eq 0 ] || { echo "image-proof needs root, to make base images and mount" >&2; exit 1; }

work=$(mktemp -d)
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
buildah() { command buildah --root "$work/images" --runroot "$work/run" "$@"; }
started=()
finish() {
    for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    buildah umount --all >/dev/null 2>&1 || true
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

# -- stand-ins for python:…-slim, which has the headers of Python, and node:…-slim -----------------------------------------------------------------------
debootstrap --variant=minbase --include=python3,python3-venv,python3-dev,ca-certificates bookworm "$work/debian" >"$work/debian.log"
base=$(buildah from scratch)
buildah add --quiet "$base" "$work/debian" / >/dev/null
buildah commit --quiet "$base" localhost/python >/dev/null
root=$(buildah mount "$base")
npm_at=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
install -D "$(readlink -f "$(command -v node)")" "$root/usr/bin/node"
mkdir -p "$root/usr/lib/node_modules"
cp -aL "$npm_at" "$root/usr/lib/node_modules/npm"
for tool in npm npx; do ln -sf "../lib/node_modules/npm/bin/$tool-cli.js" "$root/usr/bin/$tool"; done
buildah umount "$base" >/dev/null
buildah commit --quiet "$base" localhost/node >/dev/null
buildah rm "$base" >/dev/null

# -- the image ---------------------------------------------------------------------------------------------------------
if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$work/pip.conf"; else : >"$work/pip.conf"; fi
cafile=$(npm config get cafile)
{ [ "$cafile" = null ] || echo "cafile=$cafile"; } >"$work/npmrc"
buildah bud --pull-never --layers=false --format docker --volume /etc/ssl/certs:/etc/ssl/certs:ro \
    --build-arg PYTHON_IMAGE=localhost/python --build-arg NODE_IMAGE=localhost/node \
    --secret "id=pip,src=$work/pip.conf" --secret "id=npm,src=$work/npmrc" \
    --tag localhost/flagging "$repository" >"$work/build.log" 2>&1 || { tail -n 30 "$work/build.log" >&2; exit 1; }
claim "every step of the Dockerfile ran; the pages' style and scripts came out as the repository holds them"

container=$(buildah from --pull-never localhost/flagging)
image=$(buildah mount "$container")
inspected() { buildah inspect --format "{{ $1 }}" "$container"; }
user=$(inspected .OCIv1.Config.User)
[ "$user" = 10001:10001 ] && claim "runs as $user"
inspected .Docker.Config.Healthcheck | grep -q flagging-healthy && claim "has a health check"
for tool in gcc cc make npm node pip pip3 curl git; do
    if found=$(chroot "$image" /bin/sh -c "PATH=/opt/flagging/bin:\$PATH command -v $tool"); then
        echo "the image holds $found" >&2
        exit 1
    fi
done
claim "holds no compiler, make, node, npm, pip, curl or git"

# -- run as the compose file has it ------------------------------------------------------------------------------------
mkdir "$work/state" "$work/keys" "$work/redis"
chown 10001:10001 "$work/state" "$work/keys"
mapfile -t environment < <(inspected 'range .OCIv1.Config.Env}}{{ . }}{{ "\n" }}{{ end')
environment+=(
    FLAGGING_REDIS_URL=unix:///var/lib/flagging/redis.sock
    FLAGGING_MASTER_LIST=/var/lib/flagging/list.csv
    FLAGGING_SYNC_SECONDS=2
)
# A network of its own, so that port 8000 is free.
unshare --net /bin/sh -c 'ip link set lo up && : >"$1" && exec sleep infinity' - "$work/network" &
network=$!
started+=("$network")
await "a network" 10 test -e "$work/network"
# Runs a command of the image: its root read-only, its user, no capability, writable only what the Dockerfile names.
inside() {
    exec nsenter --target "$network" --net unshare --mount --propagation private /bin/sh -ec '
        image=$1 work=$2; shift 2
        mount --bind "$image" "$image"
        mount -o remount,bind,ro "$image"
        mount -t tmpfs tmpfs "$image/tmp"
        mount -t tmpfs tmpfs "$image/dev"
        mkdir -m 1777 "$image/dev/shm"
        for node in null urandom; do : >"$image/dev/$node"; mount --bind "/dev/$node" "$image/dev/$node"; done
        mount -t proc proc "$image/proc"
        mount --bind "$work/state" "$image/var/lib/flagging"
        mount --bind "$work/keys" "$image/var/lib/flagging-keys"
        cd "$image"
        exec chroot "$image" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --inh-caps=-all \
            --bounding-set=-all env --ignore-environment --chdir=/var/lib/flagging "$@"' \
        - "$image" "$work" "${environment[@]}" "$@"
}
run() { (inside "$@"); }

run sh -c '[ "$(id -u)" = 10001 ] && ! touch /etc/x /opt/flagging/x /usr/x 2>/dev/null && touch /tmp/x /dev/shm/x'
run sh -c 'grep -q "^CapEff:.0*$" /proc/self/status && grep -q "^NoNewPrivs:.1" /proc/self/status'
claim "its root file system is read-only, its user has no capability"
# Of each module that pyproject.toml names, in the image's own Python: the file it is loaded from.
modules=$(python3 - <<'LISTING'
import glob, tomllib
patterns = tomllib.load(open("pyproject.toml", "rb"))["tool"]["flagging"]["compiled"]
names = {name.removesuffix(".py").replace("/", ".") for pattern in patterns for name in glob.glob(pattern)}
print(*sorted(name for name in names if not name.endswith("__init__")))
LISTING
)
# shellcheck disable=SC2086 # many words
loaded=$(run python3 -c 'import importlib, sys
for name in sys.argv[1:]: print(importlib.import_module(name).__file__)' $modules)
if [ "$(wc -w <<<"$loaded")" != "$(wc -w <<<"$modules")" ] || grep -v '\.so$' <<<"$loaded" >&2; then
    echo "not compiled in the image" >&2
    exit 1
fi
run flagging --version | grep -q ', compiled$'
claim "what recognises and decides is compiled: $(wc -w <<<"$modules") modules"
redis-server --port 0 --unixsocket "$work/state/redis.sock" --unixsocketperm 777 --dir "$work/redis" --appendonly yes \
    >"$work/redis.log" 2>&1 &
started+=($!)
run flagging synth --people 321 --seed 1 --out /var/lib/flagging/list.csv >/dev/null
(inside flagging worker) >"$work/worker.log" 2>&1 &
worker=$!
await "the worker is healthy" 60 run python3 /opt/flagging/bin/flagging-healthy worker
[ "$(stat --format '%u %a' "$work/keys/keys.json")" = "10001 600" ]
(inside flagging serve) >"$work/server.log" 2>&1 &
server=$!
started+=("$worker" "$server")
await "the server is healthy" 60 run python3 /opt/flagging/bin/flagging-healthy server
token=$(run flagging access issue-token --name "image proof" --role custody | grep -o 'flg_[^ ]*')
await "the server knows the register and who may ask" 60 run python3 /opt/flagging/bin/flagging-healthy ready
claim "worker and server are healthy by the image's own checks"

answer() {
    nsenter --target "$network" --net curl --silent --fail http://127.0.0.1:8000/v1/lookups \
        --header "Authorization: Bearer $token" --header 'Content-Type: application/json' --data '
        {"setting": "arrest", "purpose": "custody_booking_in", "operator": "4711", "ocu": "F1",
         "person": {"family_name": "Nobodyofthatname", "given_names": "Alex", "date_of_birth": "1983-02-11"},
         "trigger_offence": true, "drug_test": "positive"}'
}
await "the token is known" 20 answer
answer | grep -q '"outcome":"not_on_register"'
counted() {
    nsenter --target "$network" --net curl --silent http://127.0.0.1:8000/metrics | grep -q '^flagging_lookups_total'
}
await "the lookup is counted" 20 counted
nsenter --target "$network" --net curl --silent http://127.0.0.1:8000/metrics | grep -q '^flagging_build_info{compiled="yes"'
claim "a lookup is answered, and counted, by a compiled build"
for pid in "$server" "$worker"; do
    kill -TERM "$pid"
    wait "$pid" || { echo "did not stop cleanly" >&2; exit 1; }
done
if run python3 /opt/flagging/bin/flagging-healthy server 2>/dev/null; then
    echo "healthy though it is stopped" >&2
    exit 1
fi
run flagging ledger verify >/dev/null
claim "both stop when told to; the health check notices; the ledger is as written"
