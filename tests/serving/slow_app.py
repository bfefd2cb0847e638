"""An application for tests of the worker: tells how long a body was, or answers at length."""

import os
import tempfile
import time
from pathlib import Path

LONG = 4_000_000

while not Path(os.environ.get("STARTS_ONCE_THERE_IS", "/")).exists():
    time.sleep(0.05)


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/file":
        file = tempfile.TemporaryFile()  # noqa: SIM115 gunicorn closes it
        file.write(b"x" * LONG)
        file.seek(0)
        start_response("200 OK", [("Content-Length", str(LONG))])
        return environ["wsgi.file_wrapper"](file)
    if path == "/long":
        answer = b"x" * LONG
    elif path == "/unread":
        answer = b"unread"
    else:
        if path == "/slow":
            time.sleep(0.3)
        if environ["QUERY_STRING"] == "hang":
            Path(os.environ["HANGS"]).touch()
            while not Path(os.environ["HANGS_UNTIL_THERE_IS"]).exists():
                time.sleep(0.01)
        answer = f"{len(environ['wsgi.input'].read())} {os.getpid()}".encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]
