"""Who vouches for a From line: our own mail server and the signature, and nobody else (FAULTS 27)."""

import dkim
import pytest

from privacy.consent import ConsentEntry
from privacy.inbound import authentication, judgement, reading
from privacy.inbound.authentication import Trust
from privacy.notices import OutgoingEmail
from privacy.subject_requests import DataSubjectRequest
from tests import make
from tests.letters import PRIVACY, letter, received

NOW = make.LONG_AGO
OURS = "mx.northlight.example"
ANN = "ann@example.org"


@pytest.fixture(autouse=True)
def our_server(settings):
    settings.AUTHSERV_ID = OURS


def trust(*results, sender=ANN, dns=None):
    head = "".join(f"Authentication-Results: {value}\r\n" for value in results)
    raw = head.encode() + letter(sender, "Hello", "Hello")
    return authentication.verdict(raw, reading.read(raw), dns or nobody).trust


def nobody(*args, **kwargs):
    raise AssertionError("nobody may ask the DNS")


TABLE = {
    "dmarc pass": (f"{OURS}; dmarc=pass header.from=example.org", Trust.PROVEN),
    "dmarc fail": (f"{OURS}; dkim=pass header.d=evil.example; dmarc=fail", Trust.FAILED),
    "dkim of the domain": (f"{OURS}; dkim=pass header.d=example.org", Trust.PROVEN),
    "dkim of somebody else": (f"{OURS}; dkim=pass header.d=evil.example", Trust.UNKNOWN),
    "dkim of a domain below": (f"{OURS}; dkim=pass header.d=users.example.org", Trust.UNKNOWN),
    "dkim of the top": (f"{OURS}; dkim=pass header.d=org", Trust.UNKNOWN),
    "spf of the domain": (f"{OURS}; spf=pass smtp.mailfrom=bounce@example.org", Trust.PROVEN),
    "spf fail": (f"{OURS}; spf=fail smtp.mailfrom=example.org", Trust.FAILED),
    "spf fail but signed": (
        f"{OURS}; spf=fail smtp.mailfrom=example.org; dkim=pass header.d=example.org",
        Trust.PROVEN,
    ),
    "in a comment": (f"{OURS}; dkim=none (dmarc=pass; dkim=pass header.d=example.org)", Trust.UNKNOWN),
    "nothing": (f"{OURS}; none", Trust.UNKNOWN),
    "foreign": ("mx.evil.example; dmarc=pass header.from=example.org", Trust.UNKNOWN),
    "garbage": (";;;===;dmarc", Trust.UNKNOWN),
}


@pytest.mark.parametrize("name", TABLE)
def test_what_our_server_says_is_believed_and_nothing_else(name):
    said, wanted = TABLE[name]
    assert trust(said) == wanted


def test_a_line_forged_in_our_name_below_ours_raises_nothing():
    assert trust(f"{OURS}; dmarc=fail", f"{OURS}; dmarc=pass") == Trust.UNKNOWN
    assert trust("mx.other.example; none", f"{OURS}; dmarc=pass") == Trust.UNKNOWN


def test_without_a_name_of_our_own_server_nobody_is_believed(settings):
    settings.AUTHSERV_ID = ""
    assert trust("; dmarc=pass") == Trust.UNKNOWN
    assert trust(f"{OURS}; dmarc=pass") == Trust.UNKNOWN


def test_two_authors_are_nobodys_word():
    assert trust(f"{OURS}; dmarc=pass", sender="ann@example.org, bob@example.net") == Trust.UNKNOWN


@pytest.fixture(scope="session")
def keys(corpora):
    folder = corpora / "dkim_dkimpy"
    return (folder / "test.private").read_bytes(), (folder / "test.txt").read_bytes()


def signed(raw, keys, **options):
    return dkim.sign(raw, b"test", b"example.org", keys[0], **options) + raw


def test_a_good_signature_of_the_domain_proves_it(settings, keys):
    settings.CHECK_DKIM, settings.AUTHSERV_ID = True, ""
    raw = letter(ANN, "Hello", "Hello")
    asked = []

    def dns(name, **kwargs):
        asked.append(name)
        return keys[1]

    def of(mail):
        return authentication.verdict(mail, reading.read(mail), dns).trust

    assert of(signed(raw, keys)) == Trust.PROVEN
    assert asked == [b"test._domainkey.example.org."]
    assert of(signed(raw, keys).replace(b"Hello\r\n", b"Delete everything\r\n")) == Trust.UNKNOWN
    assert of(signed(raw, keys, length=True)) == Trust.UNKNOWN, "l= signs a beginning to which anybody may add"
    assert of(signed(letter("ann@example.net"), keys)) == Trust.UNKNOWN, "another domain's signature"
    assert of(raw) == Trust.UNKNOWN


@pytest.mark.parametrize(
    "garbage", ["", "d=example.org", "v=1; d=example.org; b=!!!; s=; h=:::", "d=example.org;" * 500]
)
def test_a_broken_signature_is_no_signature_and_no_crash(settings, garbage):
    settings.CHECK_DKIM, settings.AUTHSERV_ID = True, ""
    raw = f"DKIM-Signature: {garbage}\r\n".encode() + letter(ANN)
    assert authentication.verdict(raw, reading.read(raw), lambda *_args, **_more: None).trust == Trust.UNKNOWN


@pytest.mark.django_db
def test_200_forged_mails_switch_off_at_most_and_open_nothing():
    make.customer(email=ANN)
    wishes = ["Please unsubscribe me.", "Send me a copy of all data you hold about me.", "Delete my account.",
              "Please sign me up for the newsletter.", "Unsubscribe me and delete my account."]  # fmt: skip
    for number in range(200):
        head = f"Authentication-Results: {OURS}; dmarc=fail header.from=example.org\r\n"
        head += "Authentication-Results: mx.evil.example; dmarc=pass\r\n" * (number % 3)
        row = received(head.encode() + letter(ANN, f"Hello {number}", wishes[number % 5]), PRIVACY)
        assert row.outcome in ("act", "review"), row.reasons
    assert not DataSubjectRequest.objects.exists()
    assert not ConsentEntry.objects.filter(decision="granted").exists()
    assert ConsentEntry.objects.filter(decision="withdrawn").exists()
    assert OutgoingEmail.objects.filter(to_address=ANN, template="mail_receipt").exists()


@pytest.mark.django_db
def test_the_reasons_say_who_vouched():
    make.customer(email=ANN)
    raw = f"Authentication-Results: {OURS}; dmarc=pass header.from=example.org\r\n".encode()
    found = judgement.judge(raw + letter(ANN, "UNSUBSCRIBE"), PRIVACY, "", NOW)
    assert authentication.PROVEN.reason in found.reasons
