"""A recipient's machine for tests: HTTPS on the loopback with a certificate of its own, answering as it is told."""

import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Machine:
    """What it got, and how it answers."""

    port: int = 0
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b'{"status": "done"}'
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0
    pem: Path | None = None
    goes_on: threading.Event | None = None

    @property
    def url(self) -> str:
        """Its address, by name."""
        return f"https://localhost:{self.port}/art-19?shop=northlight"


def certificate(folder: Path, name: str = "localhost") -> Path:
    """Key and self-signed certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("192.0.2.7"))])
    # Reckoned from the machine's own clock: OpenSSL asks that one, whatever a test says the time is.
    now = datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2)).add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = folder / f"{name}.pem"
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def running(pem: Path) -> Iterator[Machine]:
    """The machine, up for the length of the block."""
    machine = Machine(pem=pem)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            machine.got.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if machine.goes_on:
                machine.goes_on.wait(30)
            self.send_response(machine.status)
            for name, value in machine.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(machine.answer)))
            self.end_headers()
            for at in range(0, len(machine.answer), 1 if machine.drip else 1_000_000):
                self.wfile.write(machine.answer[at : at + (1 if machine.drip else 1_000_000)])
                self.wfile.flush()
                time.sleep(machine.drip)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    machine.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield machine
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
