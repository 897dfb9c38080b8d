"""In production a weak setting refuses to start; with good ones Django's own deployment check is clean."""

import json
import logging
import os
import subprocess
import sys

import pytest

from config.logs import WithoutTokens
from tests.children import ROOT, children_environ

SECRET = "k8Jw2pQz7Lx4Vn9Rt6Yb3Hc5Fd1Gs0Ma-Ze8Uq7Wi4Ox2Pj6Kv9Tn3Bh5Cg"
DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses-to-start-with"


@pytest.fixture
def production(tmp_path):
    """A good production environment; the test spoils one thing."""
    key = tmp_path / "data.keys"
    key.write_text("1:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoyMzQ1Njc=" + "\n")
    key.chmod(0o400)
    return children_environ() | {
        "DEBUG": "0",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "privacy.shop.example",
        "SITE_URL": "https://privacy.shop.example",
        "DATA_KEY_FILE": str(key),
        "VAR_DIR": str(tmp_path / "var"),
        "ERASURE_LEDGER_FILE": str(tmp_path / "apart" / "ledger.jsonl"),
    }


def manage(env, *words):
    argv = [sys.executable, "manage.py", *words]
    return subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def settings_of(env, *names):
    code = f"import json; from config import settings as s; print(json.dumps([getattr(s, n) for n in {names!r}]))"
    argv = [sys.executable, "-c", code]
    return json.loads(subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SECRET_KEY", None, "SECRET_KEY is missing"),
        ("SECRET_KEY", "", "SECRET_KEY is missing"),
        ("SECRET_KEY", DEVELOPMENT_SECRET, "SECRET_KEY is missing, the default"),
        ("SECRET_KEY", SECRET[:49], "too short"),
        ("SECRET_KEY", "abc" * 30, "too short"),
        ("PORT", "abc", "PORT must be a whole number."),
        ("SMTP_PORT", "0", "SMTP_PORT must be a port, 1 to 65535, not 0."),
        ("LMTP_PORT", "70000", "LMTP_PORT must be a port, 1 to 65535, not 70000."),
        ("EXPORT_DAYS", "seven", "EXPORT_DAYS must be a whole number."),
        ("PURGE_BRAKE_SHARE", "much", "PURGE_BRAKE_SHARE must be a number."),
        ("IMAP_URL", "mail.example", "IMAP_URL: it begins with neither imaps:// nor imap://; it must look like"),
        ("IMAP_URL", "pop3://a:b@mail.example/INBOX", "IMAP_URL: it begins with neither"),
        ("IMAP_URL", "imaps://mail.example/INBOX", "IMAP_URL: host, user or password is missing"),
        ("IMAP_URL", "imaps://a:b#c@mail.example/INBOX", "IMAP_URL: it cannot be read"),
        ("IMAP_URL", "imaps://a:b/c@mail.example/INBOX", "IMAP_URL: it cannot be read"),
        ("IMAP_URL", "imaps://a:b@mail.example:993000/INBOX", "IMAP_URL: it cannot be read"),
        ("IMAP_URL", "imaps://a:b%0D%0Ax@mail.example/INBOX", "IMAP_URL: it holds characters that cannot be printed"),
        ("IMAP_POLL_SECONDS", "0", "IMAP_POLL_SECONDS must be 1 to 1740 seconds, not 0."),
        ("IMAP_POLL_SECONDS", "often", "IMAP_POLL_SECONDS must be a whole number."),
        ("DETAILS_OPEN_MINUTES", "0", "DETAILS_OPEN_MINUTES must be 1 to 60, not 0."),
        ("MASS_VIEWING_PEOPLE", "0", "MASS_VIEWING_PEOPLE must be 1 to 100000, not 0."),
        ("IMAP_RECIPIENT", "privacy@elsewhere.example", "IMAP_RECIPIENT must be an address at MAIL_DOMAIN, northlight"),
        ("SHOP_TIME_ZONE", "Europe/Nowhere", "SHOP_TIME_ZONE must be a time zone"),
        ("ALLOWED_HOSTS", None, "ALLOWED_HOSTS must name"),
        ("ALLOWED_HOSTS", "", "ALLOWED_HOSTS must name"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must name"),
        ("ALLOWED_HOSTS", "shop.example,*", "ALLOWED_HOSTS must name"),
        ("SITE_URL", None, "SITE_URL must start with https://"),
        ("SITE_URL", "http://privacy.shop.example", "SITE_URL must start with https://"),
        ("DATA_KEY_FILE", None, "DATA_KEY_FILE is missing"),
        ("DATA_KEY_FILE", "/nowhere/data.keys", "DATA_KEY_FILE is missing"),
    ],
)
def test_production_refuses_to_start(production, name, value, said):
    env = {key: text for key, text in production.items() if key != name} | ({} if value is None else {name: value})
    answer = manage(env, "check")
    assert answer.returncode != 0
    assert said in answer.stderr and "Traceback" not in answer.stderr


@pytest.mark.parametrize("value", [SECRET[:49], DEVELOPMENT_SECRET])
def test_the_refused_secret_is_not_printed(production, value):
    answer = manage(production | {"SECRET_KEY": value}, "check")
    assert value not in answer.stdout + answer.stderr


@pytest.mark.parametrize("url", ["imap://anna:s3cret@mail.example?x", "imaps://anna:s3cret@[mail", "s3cret"])
def test_a_refused_imap_url_does_not_show_its_password(production, url):
    answer = manage(production | {"IMAP_URL": url}, "check")
    assert answer.returncode == 1 and len(answer.stderr.splitlines()) == 1
    assert "s3cret" not in answer.stdout + answer.stderr and "anna" not in answer.stderr


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("imaps://a%40x.org:p%2Fq%25@mail.example", ["mail.example", 993, "a@x.org", "p/q%", "INBOX", "tls"]),
        ("imap://a:b@mail.example/Privacy%2FIn", ["mail.example", 143, "a", "b", "Privacy/In", "starttls"]),
        ("imap://a:b@127.0.0.1:1143/INBOX", ["127.0.0.1", 1143, "a", "b", "INBOX", "none"]),
        ("imap://a:b@localhost", ["localhost", 143, "a", "b", "INBOX", "none"]),
    ],
)  # fmt: skip
def test_imap_is_never_plain_beyond_this_machine(production, url, account):
    (read,) = settings_of(production | {"IMAP_URL": url}, "IMAP")
    assert list(read.values()) == account


def test_mail_is_not_moved_into_the_folder_that_it_is_fetched_from(production):
    answer = manage(production | {"IMAP_URL": "imaps://a:b@mail.example", "IMAP_MOVE_TO": "inbox"}, "check")
    assert answer.returncode == 1
    assert answer.stderr == "IMAP_MOVE_TO must be a folder other than that of IMAP_URL.\n"


def test_clg_21_clz_16_the_deployment_check_is_clean(production):
    answer = manage(production, "check", "--deploy", "--fail-level", "WARNING")
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_the_deployment_check_would_find_something(production):
    """The test above can fail: a redirect to https that is switched off is a warning."""
    answer = manage(production | {"SECURE_SSL_REDIRECT": "0"}, "check", "--deploy", "--fail-level", "WARNING")
    assert answer.returncode == 1
    assert "security.W008" in answer.stderr


def test_passwords_are_hashed_with_argon2_and_staff_need_a_second_factor(production):
    hashers, second_factor = settings_of(production, "PASSWORD_HASHERS", "STAFF_NEEDS_SECOND_FACTOR")
    assert hashers[0].endswith("Argon2PasswordHasher")
    assert second_factor is True


def test_production_cookies_carry_the_host_prefix(production):
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    assert settings_of(production, *names) == ["__Host-sessionid", "__Host-csrftoken", True, True]


def test_the_policy_lets_nothing_in_from_elsewhere(production):
    (policy,) = settings_of(production, "CONTENT_SECURITY_POLICY")
    assert policy["DIRECTIVES"]["default-src"] == ["'none'"]
    assert {source for sources in policy["DIRECTIVES"].values() for source in sources} == {"'none'", "'self'"}


def test_a_relative_folder_is_taken_from_where_one_stands(production, tmp_path):
    env = production | {"VAR_DIR": "somewhere", "PYTHONPATH": str(ROOT)}
    env.pop("DATABASE_URL", None)
    code = "from config import settings as s; print(s.DATABASES['default']['NAME'])"
    argv = [sys.executable, "-c", code]
    answer = subprocess.run(argv, cwd=tmp_path, env=env, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == str(tmp_path / "somewhere" / "privacy.sqlite3")


def test_the_first_key_of_a_production_can_be_made_by_the_command_it_asks_for(production, tmp_path):
    production["DATA_KEY_FILE"] = str(tmp_path / "keys" / "first.keys")
    made = manage(production, "new_data_key")
    assert made.returncode == 0, made.stderr
    assert manage(production, "check").returncode == 0


def test_no_log_line_keeps_the_token_of_a_link():
    record = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "Not Found: %s", ("/unsubscribe/%s/" % ("ab2" * 10 + "cd"),), None
    )
    assert WithoutTokens().filter(record)
    assert record.getMessage() == "Not Found: /unsubscribe/[link]/"


def test_a_wrong_setting_is_one_line_and_mail_is_kept_by_the_server_that_brings_it(production):
    del production["SECRET_KEY"]
    refused = manage(production, "check")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
    assert refused.stderr.startswith("SECRET_KEY is missing")
    assert manage(production, "deliver_mail", "--to", "remove@northlight.example").returncode == os.EX_TEMPFAIL
