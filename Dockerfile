# One image for server and worker: `flagging serve` by default, `flagging worker` as the other command.
#
#   docker build --tag flagging .
#
# Base images are pinned by version. Pin them by digest as well, once you have looked the digest up where you pull from:
#   docker build --build-arg PYTHON_IMAGE=python:3.11.13-slim-bookworm@sha256:… --build-arg NODE_IMAGE=node:…@sha256:… .
# Where packages come from a mirror, hand over its configuration without leaving it in a layer:
#   docker build --secret id=pip,src=/etc/pip.conf --secret id=npm,src=$HOME/.npmrc .
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm
ARG NODE_IMAGE=node:20.19.4-bookworm-slim

# -- the style and scripts of the pages, from the packages that package-lock.json pins by hash -------------------------
FROM ${NODE_IMAGE} AS assets
WORKDIR /source/assets
COPY assets/ ./
RUN --mount=type=secret,id=npm,target=/root/.npmrc mkdir /made && ./build.sh /made

# -- an environment of the packages that requirements.lock pins by hash ------------------------------------------------
FROM ${PYTHON_IMAGE} AS packages
WORKDIR /source
RUN python3 -m venv /tools && python3 -m venv --without-pip /opt/flagging
COPY requirements.lock ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /tools/bin/pip --python /opt/flagging/bin/python install --no-cache-dir --require-hashes -r requirements.lock

# -- the wheel, what a lookup passes compiled in it; the only stage that has a compiler and a Redis --------------------
FROM packages AS wheel
# Its version leaves no trace in what is run; Debian keeps no older ones to pin.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY requirements-compile.lock requirements-embedded.lock ./
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /tools/bin/pip --python /opt/flagging/bin/python install --no-cache-dir --require-hashes \
    -r requirements-compile.lock -r requirements-embedded.lock
COPY pyproject.toml setup.py README.md LICENSE ./
COPY flagging/ flagging/
COPY config/ config/
COPY load_tests/ load_tests/
COPY --from=assets /made /made
# What was built must be what the repository holds: whoever changes the style builds it anew (make web-assets).
RUN for made in /made/*; do cmp "$made" "flagging/web/static/$(basename "$made")" || exit 1; done
# As `make compiled` does: compiled to count which way lookups go, asked, and compiled for those ways.
RUN FLAGGING_COMPILE=count /tools/bin/pip --python /opt/flagging/bin/python wheel --no-cache-dir --no-deps \
    --no-build-isolation --wheel-dir /counting . \
    && /tools/bin/pip --python /opt/flagging/bin/python install --no-cache-dir --no-deps --no-index \
    --target /counting/package /counting/*.whl \
    && PYTHONPATH=/counting/package /opt/flagging/bin/python load_tests/train.py \
    && FLAGGING_COMPILE=counted /tools/bin/pip --python /opt/flagging/bin/python wheel --no-cache-dir --no-deps \
    --no-build-isolation --wheel-dir /wheel .

# -- the environment with the service in it ----------------------------------------------------------------------------
FROM packages AS environment
COPY --from=wheel /wheel /wheel
RUN /tools/bin/pip --python /opt/flagging/bin/python install --no-cache-dir --no-deps --no-index /wheel/*.whl \
    && /tools/bin/pip --python /opt/flagging/bin/python uninstall --yes setuptools \
    && /tools/bin/pip --python /opt/flagging/bin/python check \
    && /opt/flagging/bin/flagging check-config

# -- what runs: no compiler, no package manager of Python or Node, nobody but `flagging` -------------------------------
FROM ${PYTHON_IMAGE}
RUN { ! command -v pip >/dev/null || pip uninstall --yes --quiet --root-user-action=ignore pip setuptools wheel; } \
    && groupadd --gid 10001 flagging \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin flagging \
    && install --directory --owner=flagging --group=flagging --mode=0700 /var/lib/flagging /var/lib/flagging-keys
COPY --from=environment /opt/flagging /opt/flagging
COPY config/deploy/healthy.py /opt/flagging/bin/flagging-healthy

# What is written: the state directory, and in it the metrics that the processes share (a tmpfs is best, see
# config/deploy/compose.yaml); the key file, by the worker; /dev/shm and /tmp. All else may be read-only.
ENV PATH=/opt/flagging/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FLAGGING_STATE_DIR=/var/lib/flagging \
    FLAGGING_KEY_FILE=/var/lib/flagging-keys/keys.json \
    GUNICORN_CMD_ARGS="--bind=0.0.0.0:8000"
VOLUME ["/var/lib/flagging", "/var/lib/flagging-keys"]
WORKDIR /var/lib/flagging
USER 10001:10001
EXPOSE 8000
# Alive, not ready: a server without a register must go on telling callers whom to ring. A worker: flagging-healthy worker.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["python3", "/opt/flagging/bin/flagging-healthy", "server"]
ENTRYPOINT ["flagging"]
CMD ["serve"]
