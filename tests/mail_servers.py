"""Real mail servers for tests, from Debian: Dovecot with IMAP and LMTP; and a wire that can be slow and can break."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.processes import start_process
from tests.servers import answers, free_port, stop_server, wait_until

DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
# Everybody has it; with what an address on the web would trip over.
PASSWORD = "s3cret/of:the@tests%"

# As 2.3 wants it, all under one user, who is not root.
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
default_internal_user = {user}
default_internal_group = {group_name}
default_login_user = {user}
first_valid_uid = 1
auth_username_chars =
disable_plaintext_auth = no
mail_fsync = never
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
namespace inbox {{
  inbox = yes
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u allow_all_users=yes
}}
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
listen = 127.0.0.1
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap_port}
  }}
  inet_listener imaps {{
    port = {imaps_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
service stats {{
  chroot =
}}
"""


def dovecot_program() -> str | None:
    """Where Dovecot is, of the series whose configuration we write; None where there is none."""
    if DOVECOT is None:
        return None
    said = subprocess.run([DOVECOT, "--version"], capture_output=True, text=True, check=False).stdout
    return DOVECOT if said.startswith("2.3.") else None


class Dovecot:
    """An IMAP and LMTP server of our own in a temporary folder; any user name opens an empty mailbox of its own."""

    def __init__(self) -> None:
        """Makes the folder and its configuration; `start` starts it."""
        program = dovecot_program()
        if program is None:
            raise FileNotFoundError("Dovecot 2.3 is not installed: apt-get install dovecot-imapd dovecot-lmtpd")
        self.program = program
        self.imap_port, self.imaps_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="imap-", dir="/tmp"))
        self.owner: dict[str, Any] = {}
        self.process: subprocess.Popen[bytes] | None = None
        self.certificate = self.folder / "cert.pem"
        person = pwd.getpwuid(os.getuid()) if os.getuid() else pwd.getpwnam("nobody")
        _certify(self.certificate, self.folder / "key.pem")
        self._configure(person)
        if os.getuid() == 0:
            self.owner = {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, person.pw_uid, person.pw_gid)

    def _configure(self, person: pwd.struct_passwd) -> None:
        text = CONFIGURATION.format(
            folder=self.folder, user=person.pw_name, uid=person.pw_uid, gid=person.pw_gid,
            group_name=grp.getgrgid(person.pw_gid).gr_name, password=PASSWORD.replace("%", "%%"),
            imap_port=self.imap_port, imaps_port=self.imaps_port, lmtp_port=self.lmtp_port,
        )  # fmt: skip
        (self.folder / "dovecot.conf").write_text(text)

    def start(self) -> None:
        """Start it and wait until it answers."""
        argv = [self.program, "-F", "-c", str(self.folder / "dovecot.conf")]
        said = (self.folder / "said").open("ab")
        self.process = start_process(argv, cwd=self.folder, stdout=said, stderr=said, **self.owner)

        def is_up() -> bool:
            assert self.process and self.process.poll() is None, (self.folder / "said").read_text()
            return all(answers(port) for port in (self.imap_port, self.imaps_port, self.lmtp_port))

        wait_until(is_up, 20, "Dovecot answers")

    def stop(self) -> None:
        """Kill it with all that it started; what it was given stays in its folder."""
        if self.process:
            stop_server(self.process)
            self.process = None

    def remove(self) -> None:
        """Stop it and take its folder away."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, user: str, folder: str = "INBOX", *, scheme: str = "imap", port: int = 0) -> str:
        """The setting IMAP_URL for a user's folder; by TLS with `scheme="imaps"`."""
        port = port or (self.imaps_port if scheme == "imaps" else self.imap_port)
        return f"{scheme}://{quote(user, safe='')}:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/{quote(folder, safe='')}"

    @contextmanager
    def client(self, user: str, folder: str = "") -> Iterator[imaplib.IMAP4]:
        """A plain IMAP client that is signed in, and stands in a folder if one is named."""
        with imaplib.IMAP4("127.0.0.1", self.imap_port, timeout=20) as client:
            client.login(user, PASSWORD)
            if folder:
                client.select(folder)
            yield client

    @property
    def said(self) -> str:
        """Its log so far."""
        return (self.folder / "log").read_text(errors="replace")

    def append(self, user: str, *raws: bytes, folder: str = "INBOX", flags: str = "", at: str = "") -> None:
        """Put mails into a folder, their bytes as they are."""
        with self.client(user) as client:
            for raw in raws:
                # Not by its append(), which mends line ends.
                client.literal = raw  # type: ignore[assignment]
                said, data = client._simple_command("APPEND", folder, f"({flags})", *([at] if at else []))
                assert said == "OK", data

    def search(self, user: str, criterion: str = "ALL", folder: str = "INBOX") -> list[int]:
        """The UIDs of the mails in a folder to which a criterion applies."""
        with self.client(user, folder) as client:
            said, data = client.uid("SEARCH", criterion)
            assert said == "OK", data
            return [int(uid) for uid in data[0].split()]

    def create(self, user: str, folder: str) -> None:
        """Make a folder."""
        with self.client(user) as client:
            assert client.create(folder)[0] == "OK"


def _certify(certificate: Path, key_file: Path) -> None:
    """A key and a certificate for 127.0.0.1 that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    built = built.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
    built = built.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    certificate.write_bytes(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


Edit = Callable[[bytes], bytes]


class Wire:
    """A port that leads to a server's; slow where told so, and broken after so many bytes from the server.

    `breaks_after` holds one number for each of the first connections; later ones hold. `edit` may change what the
    server says, or break the wire with a ConnectionError.
    """

    def __init__(
        self,
        port: int,
        *,
        at: int = 0,
        delay: Callable[[bytes], float] = lambda _: 0,
        breaks_after: tuple[int, ...] = (),
        edit: Edit = lambda data: data,
    ) -> None:
        """Listens at once; on a free port if none is given."""
        self.edit, self.ends = edit, list[socket.socket]()
        self.server_port, self.delay, self.breaks_after = port, delay, list(breaks_after)
        self.connections, self.carried = 0, 0
        self.listener = socket.create_server(("127.0.0.1", at or free_port()))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more connections."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def cut(self) -> None:
        """All that is under way is gone."""
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.ends.clear()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.server_port))
                limit = self.breaks_after.pop(0) if self.breaks_after else None
                self.connections += 1
                self.ends += [client, server]
                threading.Thread(target=self._carry, args=(client, server, None), daemon=True).start()
                threading.Thread(target=self._carry, args=(server, client, limit), daemon=True).start()

    def _carry(self, source: socket.socket, goal: socket.socket, limit: int | None) -> None:
        with suppress(OSError):
            while limit is None or limit > 0:
                data = source.recv(65536)
                if not data:
                    break
                data = data if goal.getpeername()[1] == self.server_port else self.edit(data)
                time.sleep(self.delay(data))
                self.carried += len(data)
                goal.sendall(data if limit is None else data[:limit])
                limit = None if limit is None else limit - len(data)
        for end in (source, goal):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
