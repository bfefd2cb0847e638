"""The application asked in this process, as gunicorn would call it, with everything on."""

import io
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from service_command import FLAGGING

ROOT = Path(__file__).resolve().parent.parent
SLICE = 250
LOADED_WITHIN = 180  # seconds


@contextmanager
def serving(place, people, register_seed=1, strangers_seed=99):
    """Publish a synthetic register of so many people, and yield an application that has loaded it, and a token.

    What the shell has set of the service does not count.
    """
    from flagging.app import create_app
    from flagging.embedded_redis import start_redis
    from flagging.settings import read_settings
    from flagging.wsgi import set_up_logs

    redis = start_redis(place / "redis")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FLAGGING_")} | {
        "FLAGGING_REDIS_URL": redis.url,
        "FLAGGING_MASTER_LIST": str(place / "register.csv"),
        "FLAGGING_STATE_DIR": str(place / "state"),
        "FLAGGING_KEY_FILE": str(place / "keys.json"),
        "FLAGGING_CONFIG_DIR": str(ROOT / "config"),
        "FLAGGING_RATE_LIMIT": "10000000 per second",
        "FLAGGING_LOG_LEVEL": "warning",
        "FLAGGING_LOOKUP_SECONDS": "30",  # a machine that stands still for a moment breaks nothing off
    }
    try:
        run(
            environ,
            "synth",
            "--people",
            str(people),
            "--seed",
            str(register_seed),
            "--out",
            str(place / "register.csv"),
        )
        run(environ, "synth", "--people", "6000", "--seed", str(strangers_seed), "--out", str(place / "strangers.csv"))
        run(environ, "sync")
        tokens = {role: issue(environ, role) for role in ("custody", "prison")}
        settings = read_settings(environ)
        set_up_logs(settings.log_level)
        app = create_app(settings)
        client = app.test_client()
        patience = time.monotonic() + LOADED_WITHIN
        while client.get("/health/ready").status_code != 200:
            if time.monotonic() > patience:
                sys.exit(f"the register was not loaded within {LOADED_WITHIN} s")
            time.sleep(0.05)
        app.place, app.tokens = place, tokens
        yield app, tokens["custody"]
        services = app.extensions["flagging"]
        services.follower.stop()
        services.spool.close()
    finally:
        redis.stop()


def issue(environ, role):
    return run(environ, "access", "issue-token", "--role", role, "--name", "measuring").strip()


def run(environ, *command):
    done = subprocess.run([*FLAGGING, *command], env=environ, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"flagging {command[0]}: {done.stderr.decode()}")
    return done.stdout.decode()


def environ_of(body, token):
    """Return what gunicorn hands over for one request."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/v1/lookups",
        "QUERY_STRING": "",
        "RAW_URI": "/v1/lookups",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_SOFTWARE": "measuring",
        "REMOTE_ADDR": "127.0.0.1",
        "REMOTE_PORT": "40000",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_HOST": "127.0.0.1:8000",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_ACCEPT": "*/*",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


class Slice:
    """What asking a list of bodies one after the other came to."""

    def __init__(self, app, token, bodies):
        asked = [environ_of(body, token) for body in bodies]
        self.walls = []
        statuses = set()

        def start_response(status, _headers, _error=None):
            statuses.add(status)

        started = time.thread_time_ns()
        for environ in asked:
            began = time.perf_counter_ns()
            answer = app.wsgi_app(environ, start_response)
            for _ in answer:
                pass
            getattr(answer, "close", int)()
            self.walls.append(time.perf_counter_ns() - began)
        self.processor = (time.thread_time_ns() - started) / len(asked) / 1000
        if statuses != {"200 OK"}:
            sys.exit(f"not every question was answered: {statuses}")
