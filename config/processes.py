"""The processes of this project as one family: started together, stopped in order, nothing left behind."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

STOP = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
WATCHED = STOP | {signal.SIGCHLD}
RESTARTS = 3
RESTARTS_WITHIN = 60 * 60
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True)


class FamilyError(Exception):
    """The family cannot start or cannot stay up; the text is one line for the person at the terminal."""


class Killed(Exception):
    """Stop at once, without waiting for work in hand."""


def die_with_parent(parent: int, last_signal: int = signal.SIGKILL) -> None:
    """In the child, before exec: have the kernel send the signal when the parent is gone, however it went."""
    libc.prctl(PR_SET_PDEATHSIG, last_signal, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
    if os.getppid() != parent:
        os._exit(1)


def start_process(argv: Sequence[str], last_signal: int = signal.SIGKILL, **options: object) -> subprocess.Popen[bytes]:
    """A child in its own session, so that a Ctrl-C at the terminal reaches the parent alone."""
    before_exec = partial(die_with_parent, os.getpid(), last_signal)
    return subprocess.Popen(argv, start_new_session=True, preexec_fn=before_exec, **options)  # type: ignore[call-overload]  # noqa: PLW1509


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill a child and what it started itself."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@dataclass
class Member:
    """One process of the family: how it starts, how long it may take to stop, what tells that it is up."""

    name: str
    argv: Sequence[str]
    stop_seconds: float = 10
    orphan_signal: int = signal.SIGTERM
    is_up: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    started: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it, or start it again."""
        self.started.append(time.monotonic())
        self.process = start_process(self.argv, self.orphan_signal)

    @property
    def is_running(self) -> bool:
        """Whether its process is there."""
        return self.process is not None and self.process.poll() is None

    @property
    def may_restart(self) -> bool:
        """Three times an hour; more often is a fault that a restart does not mend."""
        recent = [at for at in self.started if time.monotonic() - at < RESTARTS_WITHIN]
        return len(recent) <= RESTARTS

    def kill(self) -> None:
        """Kill it with all that it started."""
        if self.process is not None:
            kill_session(self.process)


class Family:
    """Members in the order in which they start; they stop in `stop_order`."""

    def __init__(self, members: Sequence[Member], stop_order: Sequence[str], say: Callable[[str], object]) -> None:
        """Nothing is started yet."""
        self.members = list(members)
        self.stop_order = [next(m for m in members if m.name == name) for name in stop_order]
        self.say = say

    def run(self, when_up: Callable[[], object], up_within: float = 60) -> None:
        """Start all, watch over all, stop all; returns after a clean stop, raises otherwise."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
        try:
            if self._start(up_within):
                when_up()
                self._watch()
            self._stop()
        except BaseException:
            self._kill()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _start(self, up_within: float) -> bool:
        """Start each; true when all are up, false when a person stopped it meanwhile."""
        deadline = time.monotonic() + up_within
        for member in self.members:
            member.start()
            if member.name == "broker" and not self._wait_until_up([member], deadline):
                return False
        return self._wait_until_up(self.members, deadline)

    def _wait_until_up(self, members: Sequence[Member], deadline: float) -> bool:
        while late := [member.name for member in members if not member.is_up()]:
            if time.monotonic() > deadline:
                raise FamilyError(f"Not up in time: {', '.join(late)}. Its messages stand above.")
            if self._signal(0.1) in STOP:
                return False
            self._restart_the_dead()
        return True

    def _watch(self) -> None:
        """Sleep until a child ends or a person stops us; no polling."""
        while self._signal(None) not in STOP:
            self._restart_the_dead()

    def _restart_the_dead(self) -> None:
        for member in self.members:
            if member.process is None or member.is_running:
                continue
            status = member.process.returncode
            member.kill()
            if not member.may_restart:
                raise FamilyError(f"{member.name} ended {RESTARTS + 1} times, the last time with {status}; giving up.")
            self.say(f"{member.name} ended with {status}; starting it again.")
            member.start()

    def _stop(self) -> None:
        """Ask each in turn, wait for the work in hand, kill what takes too long."""
        self.say("Stopping; Ctrl-C again kills at once.")
        for member in self.stop_order:
            if member.process is None:
                continue
            if member.is_running:
                member.process.terminate()
            deadline = time.monotonic() + member.stop_seconds
            while member.is_running and (left := deadline - time.monotonic()) > 0:
                if self._signal(left) in STOP:
                    raise Killed
            member.kill()

    def _kill(self) -> None:
        for member in self.members:
            member.kill()

    @staticmethod
    def _signal(seconds: float | None) -> int | None:
        """The next signal for us, or None when the time is over."""
        if seconds is None:
            return signal.sigwaitinfo(WATCHED).si_signo
        received = signal.sigtimedwait(WATCHED, max(seconds, 0))
        return received.si_signo if received else None
