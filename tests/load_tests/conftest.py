"""What measures the service is imported from where it lies; and a server that answers whatever it is told to."""

import socket
import sys
import threading
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "load_tests"))


@pytest.fixture
def answering():
    """A server that answers with these bytes, in two pieces, and then closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(answer, connections):
        for _ in range(connections):
            connection, _ = listener.accept()
            with connection:
                if connection.recv(65536):
                    connection.sendall(answer[:20])
                    connection.sendall(answer[20:])

    def start(answer, connections=1):
        threading.Thread(target=serve, args=(answer, connections), daemon=True).start()
        return listener.getsockname()[1]

    yield start
    listener.close()
