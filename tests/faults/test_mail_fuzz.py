"""Mail that nobody would write, made by spoiling real mails: nothing crashes the reader, nothing holds it up (C32).

A short run with the suite, always the same; `FUZZ_MINUTES=30 make faults` for a long one that begins elsewhere.
"""

import os
import random
import resource
import sys
import time

import pytest

from privacy.inbound import judgement
from privacy.inbound.wishes import lexicon
from tests import make
from tests.letters import REMOVE

FOLDERS = ("bounces_sisimai/eml", "mime_mikel_mail", "mime_stalwart", "mime_cpython", "replies_talon", "dkim_dkimpy")
SECONDS_EACH = 2.0
MEMORY_KB = 300 * 1024
LONGEST = 200_000
ODD = [
    b"\0", b"\r", b"\n", b"\r\n\r\n", b"=?utf-8?b?", b"=?x-unknown?q?=FF?=", b"(" * 500, b'"' * 99, b"<" * 99,
    b"multipart/mixed; boundary=x", b"\r\n--x\r\n", b"--", b"=\xff", b"%s%n", b"\xe2\x80\xa8", b"\xe2\x80\xae",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: message/rfc822\r\n", b"charset=utf-7", b"charset=idna",
    b"Authentication-Results: mx; dmarc=pass\r\n", b"DKIM-Signature: v=1; d=x; l=0\r\n", b"From: a@b, c@d\r\n",
    b"unsubscribe me ", b"ne ... pas ", "退订".encode(), b"&#0;", b"<blockquote>" * 50, b"> " * 200, b";=" * 200,
]  # fmt: skip


def seeds(corpora):
    return [
        p.read_bytes()[:LONGEST] for folder in FOLDERS for p in sorted((corpora / folder).rglob("*")) if p.is_file()
    ]


def spoilt(raw, others, dice):
    """The mail after a few accidents."""
    data = bytearray(raw)
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(data) + 1)
        accident = dice.randrange(7)
        if accident == 0:
            data[at : at + dice.randrange(64)] = b""
        elif accident == 1:
            data[at:at] = dice.choice(ODD)
        elif accident == 2:
            data[at : at + 8] = dice.randbytes(8)
        elif accident == 3:
            piece = data[at : at + dice.randrange(1, 400)]
            data[at:at] = piece * dice.randrange(1, 60)
        elif accident == 4:
            other = dice.choice(others)
            start = dice.randrange(len(other) + 1)
            data[at:at] = other[start : start + 2000]
        elif accident == 5:
            del data[at + dice.randrange(2000) :]
        else:
            data = data.replace(b"\r\n", dice.choice([b"\n", b"\r", b"\r\n\t"]))
    return bytes(data[:LONGEST])


def run(mails, dice, *, until):
    """How many mails were judged before `until`, and the longest time that one took."""
    # The words of a language are read once in a process; the first mail must not be charged with that.
    assert all(language.index.exact for language in lexicon.lexicons())
    count, longest = 0, 0.0
    while time.monotonic() < until:
        raw = spoilt(dice.choice(mails), mails, dice)
        began = time.process_time()
        try:
            found = judgement.judge(raw, REMOVE, dice.choice(["", "<>", "a@example.org"]), make.LONG_AGO)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error}\n{raw[:2000]!r}") from error
        longest = max(longest, time.process_time() - began)
        count += 1
        assert found.outcome in ("act", "open_case", "review", "ignore")
        assert found.reasons, raw
        assert all(reason.isprintable() for reason in found.reasons), raw
        assert longest < SECONDS_EACH, raw
    return count, longest


@pytest.mark.django_db
def test_spoilt_mails_are_read_or_left_to_a_person(corpora):
    count, _ = run(seeds(corpora), random.Random(1), until=time.monotonic() + 8)
    assert count > 10, "on the slowest machine"


@pytest.mark.django_db
@pytest.mark.full
def test_a_long_run_of_spoilt_mails(corpora, capsys):
    minutes = float(os.environ.get("FUZZ_MINUTES", "2"))
    seed = random.SystemRandom().randrange(2**32)
    count, longest = run(seeds(corpora), random.Random(seed), until=time.monotonic() + 60 * minutes)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with capsys.disabled():
        said = f"{count} spoilt mails in {minutes:g} min, seed {seed}: 0 crashes"
        sys.stdout.write(f"\n{said}, longest {longest:.2f} s, {memory // 1024} MB\n")
    assert memory < MEMORY_KB + 150 * 1024, "beside what pytest and Django hold"
