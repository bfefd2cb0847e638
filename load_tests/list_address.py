"""Gives out a master list at an https address, as another system would: what changed is known by its ETag.

The server is the one by which fetching is tested; its certificate is made here, as the build that is measured has
nothing of what tests need besides.
"""

import ipaddress
import sys
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from list_server import ListServer, give_unless_known

HOST = "127.0.0.1"
PATIENCE = 60.0


class OwnCertificate:
    """A certificate for the loopback address that vouches for itself."""

    def __init__(self, directory):
        self.file, self._key_file = directory / "list-server.pem", directory / "list-server.key"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self._key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))

    def issue_cert(self, _host):
        return self

    def configure_cert(self, context):
        context.load_cert_chain(self.file, self._key_file)


class Address:
    """Answers with what the file holds when it is asked."""

    def __init__(self, path, certificate):
        self.url = None
        self._path, self._certificate = path, certificate
        self._given = threading.Event()

    def settings(self):
        return {"FLAGGING_MASTER_LIST": self.url, "FLAGGING_MASTER_LIST_CA_FILE": str(self._certificate.file)}

    def reply(self, handler):
        content = self._path.read_bytes()
        dated = formatdate(self._path.stat().st_mtime, usegmt=True)
        give_unless_known(content, f'"{sha256(content).hexdigest()}"', Last_Modified=dated)(handler)
        self._given.set()

    def await_next(self):
        """Return when the worker has just been answered again: whatever changes now has to wait for the next time."""
        self._given.clear()
        if not self._given.wait(PATIENCE):
            sys.exit("nobody asks for the list")


@contextmanager
def giving_out(path):
    """Give out the list of this path for as long as the block lasts; yield its address."""
    certificate = OwnCertificate(path.parent)
    address = Address(path, certificate)
    with ListServer(certificate, [address.reply]) as server:
        address.url = server.url()
        yield address
