"""What every test may ask for: a real broker, a worker, the mail listener, a browser, the corpora.

Databases: `db` rolls back; `transactional_db` and `live_server` really commit, so that children see the rows, and get
the pristine database back afterwards. Nothing here is a stand-in.
"""

import gc
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.test import TransactionTestCase, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

from config.family import broker_program
from privacy import cookie_choices
from privacy.erasure_ledger import standing
from tests.children import ROOT, Child, running
from tests.environment import ON_POSTGRESQL
from tests.mail_servers import Dovecot
from tests.pristine import Pristine
from tests.servers import Broker, PostgreSQL, absent, answers, free_port, wait_until

CORPORA = ROOT.parent / "shared" / "corpora"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
QUICK_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *project.PASSWORD_HASHERS]


# What these prove is the same on every database.
ON_ONE_ENGINE = {
    "test_conformance", "test_inbound_bounces", "test_inbound_corpora", "test_inbound_imap", "test_inbound_wishes",
    "test_mail_peers", "test_office_masked", "test_office_matrix",
}  # fmt: skip


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Marks what need not run on the second engine: by the list, pages in a browser, what asks no database.

    What takes long comes first, or one worker would still be at it when the other has nothing left to do.
    """
    for item in items:
        folder, name = item.path.parent.name, item.path.stem
        needs_one = item.get_closest_marker("django_db") or {"db", "transactional_db"} & {*item.fixturenames}
        if folder == "browser" or name in ON_ONE_ENGINE or not (needs_one or folder == "faults"):
            item.add_marker("once")
    yield
    items.sort(key=lambda item: not (item.path.parent.name == "browser" or item.get_closest_marker("slow")))


def pytest_collection_finish() -> None:
    """What is there by now stays to the end; Python need not look through it for garbage again and again."""
    gc.collect()
    gc.freeze()


def pytest_runtest_teardown() -> None:
    """A bound document melts what was frozen."""
    if not gc.get_freeze_count():
        gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def static_files_known() -> Iterator[None]:
    """Each new test client would look through all files below /static/ anew, which takes longer than most pages."""
    look, known = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def look_once(self: WhiteNoiseMiddleware) -> None:
        if not known:
            look(self)
            known.update(self.files)
        self.files.update(known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", look_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Argon2 is slow on purpose; test accounts do not need it."""
    with override_settings(PASSWORD_HASHERS=QUICK_HASHERS):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, because children and threads read it too."""
    if not ON_POSTGRESQL:
        project.DATABASES["default"].setdefault("TEST", {})["NAME"] = str(project.VAR / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """After the migrations: keep a copy, and put it back after each test that commits."""
    with django_db_blocker.unblock():
        pristine = Pristine()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: pristine.put_back())
        yield
    with django_db_blocker.unblock():
        pristine.remove()


@pytest.fixture(scope="session", autouse=True)
def believe_the_ledger() -> Iterator[None]:
    """Between tests nobody restores a database; so how many statements a page needs does not hang on the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(standing, "LOOK_AGAIN", 3600.0)
        yield


@pytest.fixture(autouse=True)
def empty_ledger() -> Iterator[None]:
    """The rows of a test go; its lines of the ledger must too, or the next one would be a restored database."""
    yield
    for path in project.ERASURE_LEDGER_FILE.parent.glob("*"):
        path.unlink()


@pytest.fixture(autouse=True)
def no_known_cookies() -> Iterator[None]:
    """The register of a test goes; what this process remembers of it must too, or the next one asks about it."""
    cookie_choices.forget()
    yield
    cookie_choices.forget()


@pytest.fixture(autouse=True)
def no_files() -> Iterator[None]:
    """The rows of a test go; the files they point to must too, or the next one would find somebody's export."""
    yield
    for folder in ("files", "outbox"):
        shutil.rmtree(project.VAR / folder, ignore_errors=True)


# --- servers and children --------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def session_broker() -> Iterator[Broker]:
    """The broker of this test process: as Redis on a port, or the embedded one on its socket."""
    if ON_POSTGRESQL:
        program = shutil.which("redis-server") or broker_program()
        broker = Broker(program, port=int(project.REDIS_URL.rsplit(":", 1)[1].split("/")[0]))
    else:
        broker = Broker(broker_program(), socket_path=project.EMBEDDED_BROKER_SOCKET)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(autouse=True)
def broker(session_broker: Broker) -> Iterator[Broker]:
    """The broker, running and empty; a test may stop it."""
    if not session_broker.answers():
        session_broker.start()
    yield session_broker
    if session_broker.answers():
        session_broker.command("FLUSHALL")


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[Child]:
    """A real Celery worker on the test database; rows must be committed, so the test is transactional."""
    argv = ["-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO"]
    with running(tmp_path / "worker.log", *argv, "--without-gossip", "--without-mingle") as child:
        child.wait_for(" ready.")
        yield child


@dataclass
class MailListener:
    """The running listener and its ports."""

    child: Child
    smtp_port: int
    lmtp_port: int


@contextmanager
def receiving(log: Path) -> Iterator[MailListener]:
    """`manage.py receive_mail` on free ports."""
    smtp_port, lmtp_port = free_port(), free_port()
    with running(log, "manage.py", "receive_mail", SMTP_PORT=smtp_port, LMTP_PORT=lmtp_port) as child:
        wait_until(lambda: not child.is_running or (answers(smtp_port) and answers(lmtp_port)), 30, "mail listener")
        assert child.is_running, child.said
        yield MailListener(child, smtp_port, lmtp_port)


@pytest.fixture
def own_mail_listener(transactional_db: None, tmp_path: Path) -> Iterator[MailListener]:
    """One that has seen nothing: a test may stop it, or look at how soon it tells a worker."""
    with receiving(tmp_path / "mail.log") as listener:
        yield listener


@pytest.fixture(scope="session")
def session_mail_listener(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailListener]:
    """It keeps nothing between two mails but its connections, and takes new ones where the database was put back."""
    with receiving(tmp_path_factory.mktemp("listener") / "mail.log") as listener:
        yield listener


@pytest.fixture
def mail_listener(transactional_db: None, session_mail_listener: MailListener) -> MailListener:
    """The listener of this test process, as a shop's runs for weeks."""
    assert session_mail_listener.child.is_running, session_mail_listener.child.said
    return session_mail_listener


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL server of the test's own, to stop and to crash."""
    try:
        server = PostgreSQL()
    except FileNotFoundError as error:
        absent(str(error))
    server.start(durable=True)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """An IMAP and LMTP server; a test takes a user name of its own, and so an empty mailbox."""
    try:
        server = Dovecot()
    except FileNotFoundError as error:
        absent(str(error))
    server.start()
    yield server
    server.remove()


# --- the browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, quiet: nothing leaves for the net."""
    if CHROMIUM is None:
        absent("no chromium on PATH: apt-get install chromium")
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": CHROMIUM_ARGUMENTS}


@pytest.fixture
def site(live_server: Any, settings: Any) -> str:
    """The address of the running site; links in mail lead there too."""
    settings.SITE_URL = live_server.url
    return str(live_server.url)


# --- real data -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Real mails, names and strings that no one here wrote, beside the checkout."""
    if not CORPORA.is_dir():
        absent("no corpora: ../shared/corpora is not there")
    return CORPORA
