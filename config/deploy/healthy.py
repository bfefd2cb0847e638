"""Whether server or worker of this container is alive: exits 0, or says why not and exits 1. Standard library alone.

flagging-healthy server    # a process answers at port 8000
flagging-healthy ready     # and would answer a lookup from the register
flagging-healthy worker    # the worker has noted within a minute how the ledger goes
"""

import http.client
import os
import sys
import time
from pathlib import Path

PATHS = {"server": "/health/live", "ready": "/health/ready"}
PORT = 8000
SECONDS_TO_ANSWER = 4
SECONDS_OF_SILENCE = 60  # the worker notes it every five


def trouble_of_server(path: str) -> str | None:
    """Return what is wrong with the server, if anything is."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=SECONDS_TO_ANSWER)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except OSError as error:
        return f"no answer: {type(error).__name__}"
    finally:
        connection.close()
    return None if status == http.client.OK else f"{path} answers {status}"


def trouble_of_worker(state_dir: Path) -> str | None:
    """Return what is wrong with the worker, if anything is."""
    try:
        silent_for = time.time() - (state_dir / "ledger.head").stat().st_mtime
    except OSError as error:
        return f"the worker has noted nothing: {error.strerror}"
    return f"the worker has noted nothing for {silent_for:.0f} s" if silent_for > SECONDS_OF_SILENCE else None


def main(role: str) -> str | None:
    """Return what is wrong, if anything is."""
    if role == "worker":
        return trouble_of_worker(Path(os.environ["FLAGGING_STATE_DIR"]))
    return trouble_of_server(PATHS[role])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
