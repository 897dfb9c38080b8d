"""Mail as files: whole, in order, byte for byte what would be sent."""

import email
import email.policy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.message import BadHeaderError

BACKEND = "config.mail.EmlFileBackend"


def send(folder: Path, *messages: EmailMessage) -> int:
    return get_connection(BACKEND, file_path=str(folder)).send_messages(messages)


def files(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def letter(subject: str = "Your request", **more: Any) -> EmailMultiAlternatives:
    return EmailMultiAlternatives(subject, "Dear Zoë,\n\nit is done.\n", "a@example.org", ["b@example.org"], **more)


def test_the_file_is_what_smtp_would_send(tmp_path):
    message = letter(headers={"Message-ID": "<1@example.org>", "Date": "Sun, 22 Nov 2026 10:00:00 +0000"})
    assert send(tmp_path, message) == 1
    assert files(tmp_path) == [message.message().as_bytes(linesep="\r\n")]  # type: ignore[call-arg]


def test_lines_end_with_crlf_and_accents_survive(tmp_path):
    send(tmp_path, letter("Grüße"))
    (raw,) = files(tmp_path)
    assert raw.count(b"\n") == raw.count(b"\r\n") > 0
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert read["Subject"] == "Grüße"
    assert "Zoë" in read.get_content()


def test_blind_copies_stay_blind(tmp_path):
    send(tmp_path, letter(bcc=["secret@example.org"]))
    assert b"secret@example.org" not in files(tmp_path)[0]


def test_an_attachment_and_an_html_part_are_there(tmp_path):
    message = letter()
    message.attach_alternative("<p>Dear Zoë</p>", "text/html")
    message.attach("export.json", b'{"a": 1}', "application/json")
    send(tmp_path, message)
    read = email.message_from_bytes(files(tmp_path)[0], policy=email.policy.default)
    assert [part.get_content_type() for part in read.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "application/json",
    ]


def test_names_sort_by_time_and_end_in_eml(tmp_path):
    for number in range(20):
        send(tmp_path, letter(f"number {number}"))
    subjects = [email.message_from_bytes(raw)["Subject"] for raw in files(tmp_path)]
    assert subjects == [f"number {number}" for number in range(20)]
    assert {path.suffix for path in tmp_path.iterdir()} == {".eml"}


def test_many_senders_at_once_lose_nothing_and_leave_no_half_file(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda number: send(tmp_path, letter(str(number))), range(100))) == 100
    subjects = {email.message_from_bytes(raw)["Subject"] for raw in files(tmp_path)}
    assert subjects == {str(number) for number in range(100)}


def test_a_message_without_recipients_is_not_written(tmp_path):
    assert send(tmp_path, EmailMessage("none", "", "a@example.org", [])) == 0
    assert files(tmp_path) == []


def test_a_line_break_in_a_header_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(BadHeaderError):
        send(tmp_path, letter("Hello\r\nBcc: everybody@example.org"))
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_said_aloud_unless_silenced(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        send(tmp_path / "file", letter())
    assert get_connection(BACKEND, file_path=str(tmp_path / "file"), fail_silently=True).send_messages([letter()]) == 0
