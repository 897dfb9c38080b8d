"""The family of processes: started together, stopped in order, restarted, and nothing left behind."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from privacy.inbound.mailbox import InboundEmail
from tests.children import ROOT, Child, environment
from tests.environment import ON_POSTGRESQL
from tests.letters import letter
from tests.mail_servers import PASSWORD
from tests.servers import answers, free_port, wait_until

# --- the supervisor with plain children ------------------------------------------------------------------

PROGRAM = """
import sys
from config.processes import Family, FamilyError, Killed, Member

def member(name, code, **more):
    return Member(name, [sys.executable, "-u", "-c", code], **more)

POLITE = '''
import signal, sys, time
def end(*_):
    time.sleep(WORK)
    print("NAME ended", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("NAME runs", flush=True)
while True: time.sleep(60)
'''
def polite(name, work=0, **more):
    return member(name, POLITE.replace("NAME", name).replace("WORK", str(work)), **more)

say = lambda line: print(line, flush=True)
members = [MEMBERS]
try:
    Family(members, [m.name for m in reversed(members)], say).run(lambda: say("all up"), UP_WITHIN)
except FamilyError as error:
    say(error)
    sys.exit(1)
except Killed:
    say("killed")
    sys.exit(130)
"""


@pytest.fixture
def mark() -> str:
    """By this in their environment the processes of a test are found again."""
    return secrets.token_hex(8)


@pytest.fixture
def family(tmp_path: Path, mark: str) -> Iterator:
    """Starts a family of plain children."""
    started = []

    def start(members: str, up_within: int = 20) -> Child:
        code = PROGRAM.replace("MEMBERS", members).replace("UP_WITHIN", str(up_within))
        child = Child([sys.executable, "-c", code], os.environ | {"TEST_MARK": mark}, tmp_path / "log")
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
    wait_until(lambda: not marked("TEST_MARK", mark), 20, "nothing left behind")


def marked(name: str, value: object) -> list[int]:
    """The processes with this setting in their environment; a broker overwrites that, and names its socket instead."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            has_setting = f"{name}={value}".encode() in (folder / "environ").read_bytes().split(b"\0")
            if has_setting or f"unixsocket:{value}/".encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def test_it_stops_in_the_order_asked_for_and_waits_for_the_work_in_hand(family):
    child = family("polite('first', work=1.5), polite('second')")
    child.wait_for("first runs")
    child.wait_for("second runs")
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(30) == 0
    assert child.said.index("second ended") < child.said.index("first ended")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_it_stops_cleanly_on_other_signals_too(family, how):
    child = family("polite('only')")
    child.wait_for("only runs")
    child.process.send_signal(how)
    assert child.process.wait(30) == 0
    assert "only ended" in child.said


def test_a_second_interrupt_kills_at_once(family, mark):
    child = family("polite('slow', work=60)")
    child.wait_for("slow runs")
    child.process.send_signal(signal.SIGINT)
    child.wait_for("Stopping")
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(30) == 130, "its child would have worked for a minute"
    assert marked("TEST_MARK", mark) == []


def test_a_child_that_does_not_end_is_killed_after_its_time(family):
    child = family("polite('deaf', work=60, stop_seconds=0.5)")
    child.wait_for("deaf runs")
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(30) == 0, "its child would have worked for a minute"


def test_a_child_that_dies_is_started_again_three_times_then_all_stops(family, mark):
    child = family("polite('steady'), member('weak', 'print(\"weak runs\"); import time; time.sleep(0.3); exit(3)')")
    assert child.process.wait(40) == 1
    assert child.said.count("weak runs") == 4
    assert "weak ended 4 times, the last time with 3; giving up." in child.said
    assert marked("TEST_MARK", mark) == []


def test_what_does_not_come_up_in_time_is_named(family):
    child = family("polite('fine'), polite('late', is_up=lambda: False)", up_within=1)
    assert child.process.wait(30) == 1
    assert "Not up in time: late." in child.said


def test_grandchildren_go_with_a_killed_parent(family, mark):
    grandchild = "print('grandchild sleeps', flush=True); import time; time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    child = family(f'member("parent", {parent!r})')
    child.wait_for("grandchild sleeps")
    assert len(marked("TEST_MARK", mark)) == 3
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(30) == 0
    wait_until(lambda: not marked("TEST_MARK", mark), 20, "nothing left behind")


# --- the real thing --------------------------------------------------------------------------------------


class Up:
    """`manage.py up` on ports and in a folder of its own, on the test's database."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.more: dict[str, str] = {}
        self.ports = {name: free_port() for name in ("PORT", "SMTP_PORT", "LMTP_PORT")}

    def start(self) -> Child:
        self.child = Child([sys.executable, "manage.py", "up"], self.environment, self.var / "log")
        return self.child

    @property
    def environment(self) -> dict[str, str]:
        return environment(VAR_DIR=self.var, WORKER_CONCURRENCY=1, WEB_WORKERS=1, **self.ports, **self.more)

    @property
    def address(self) -> str:
        return f"http://localhost:{self.ports['PORT']}"

    def processes(self) -> list[int]:
        return marked("VAR_DIR", self.var)

    def pid_of(self, *words: str) -> int | None:
        """The oldest process whose command line has these words."""
        for pid in sorted(self.processes()):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            if all(word in line for word in words):
                return pid
        return None


@pytest.fixture
def up(transactional_db: None) -> Iterator[Up]:
    with tempfile.TemporaryDirectory(prefix="up-", dir="/tmp") as folder:
        up = Up(Path(folder))
        yield up
        for pid in up.processes():
            os.kill(pid, signal.SIGKILL)


def both_workers_are_ready(child):
    """By their own word; one that is killed while it still starts is another matter."""
    wait_until(lambda: child.said.count(" ready.") >= 2, 60, "both workers")


@pytest.mark.slow
def test_it_comes_up_says_where_and_stops_on_ctrl_c(up):
    (up.var / "demo-logins.json").write_text(
        '{"customers": [{"email": "c@example.org", "number": "100001", "password": "one"}],'
        ' "staff": [{"email": "s@example.org", "password": "two", "role": "privacy officer"}]}'
    )
    child = up.start()
    child.wait_for("All is up.", 60)
    assert f"{up.address}/admin/" in child.said
    assert f"smtp://127.0.0.1:{up.ports['SMTP_PORT']}" in child.said
    assert "c@example.org" in child.said
    assert "privacy officer" in child.said
    with urlopen(f"{up.address}/healthz") as answer:
        assert answer.status == 200
    with socket.create_connection(("127.0.0.1", up.ports["SMTP_PORT"])) as mail:
        assert mail.recv(200).startswith(b"220 ")
    both_workers_are_ready(child)
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(30) == 0, child.said
    assert up.processes() == []
    assert not any(answers(port) for port in up.ports.values())


def cpu_seconds(pids: list[int]) -> float:
    """What these processes have used of the processor so far."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(user) + int(system) for user, system in (line[11:13] for line in fields)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
@pytest.mark.once
def test_the_whole_of_it_idles_below_one_percent_of_a_core(up):
    child = up.start()
    child.wait_for("All is up.", 60)
    both_workers_are_ready(child)

    def idles() -> bool:
        before, started = cpu_seconds(up.processes()), time.monotonic()
        time.sleep(10)
        share = (cpu_seconds(up.processes()) - before) / (time.monotonic() - started)
        print(f"{share:.2%}")  # noqa: T201  (shown where the test fails)
        return share < 0.01

    wait_until(idles, 60, "below 1 % once the start is over")
    assert child.stop() == 0


@pytest.mark.once
@pytest.mark.parametrize("name", ["PORT", "SMTP_PORT", "LMTP_PORT"])
def test_a_taken_port_is_one_line_and_exit_1(up, name):
    with socket.create_server(("127.0.0.1", up.ports[name])):
        argv = [sys.executable, "manage.py", "up"]
        answer = subprocess.run(argv, cwd=ROOT, env=up.environment, capture_output=True, timeout=60, check=False)
    assert answer.returncode == 1
    assert answer.stdout == b""
    (line,) = answer.stderr.decode().splitlines()
    assert str(up.ports[name]) in line
    assert f"set {name} to another" in line


@pytest.mark.slow
def test_after_kill_9_of_the_parent_nothing_is_left_behind(up):
    child = up.start()
    child.wait_for("All is up.", 60)
    both_workers_are_ready(child)
    assert len(up.processes()) > 5
    assert bool(up.pid_of("valkey-server")) == (not ON_POSTGRESQL)
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    wait_until(lambda: up.processes() == [], 20, "nothing left behind")


@pytest.mark.slow
@pytest.mark.once
def test_where_a_folder_is_named_the_poller_belongs_to_it(up, dovecot):
    user = secrets.token_hex(6)
    up.more = {"IMAP_URL": dovecot.url(user)}
    child = up.start()
    child.wait_for("All is up.", 60)
    assert f"imap://127.0.0.1:{dovecot.imap_port}/INBOX" in child.said
    dovecot.append(user, letter("anna@example.com"))
    wait_until(lambda: InboundEmail.objects.filter(road="imap", job_state="done").exists(), 30, "fetched and worked on")
    assert dovecot.search(user, "UNSEEN") == []
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(40) == 0, child.said
    assert up.processes() == []
    assert PASSWORD not in child.said and user not in child.said


@pytest.mark.slow
@pytest.mark.once
def test_a_mail_server_that_is_away_is_no_reason_not_to_be_up(up):
    up.more = {"IMAP_URL": f"imap://a:b@127.0.0.1:{free_port()}"}
    child = up.start()
    child.wait_for("All is up.", 60)
    child.wait_for("ConnectionRefusedError; again in 2 s", 30)
    assert child.stop(40) == 0
    assert "ended" not in child.said


def restarted(up: Up, words: list[str], before: int) -> bool:
    return up.pid_of(*words) not in {None, before}


@pytest.mark.slow
@pytest.mark.once
def test_web_worker_and_mail_are_started_again_when_they_die(up):
    child = up.start()
    child.wait_for("All is up.", 60)
    parts = {
        "web": ["gunicorn"], "worker": ["celery", "--exclude-queues"], "long worker": ["celery", "--queues"],
        "mail": ["receive_mail"],
    }  # fmt: skip
    for name, words in parts.items():
        before = up.pid_of(*words)
        os.kill(before, signal.SIGKILL)
        child.wait_for(f"{name} ended with -9; starting it again.")
        wait_until(partial(restarted, up, words, before), 20, f"{name} again")
    wait_until(lambda: all(answers(port) for port in up.ports.values()), 30, "all listen again")
    child.process.send_signal(signal.SIGINT)
    assert child.process.wait(40) == 0, child.said
    assert up.processes() == []
