"""The disk is full while a copy is made, on a real file system of one megabyte: no half file, and done later (A9)."""

import errno
import os
import random
import subprocess

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from privacy import export, jobs
from privacy.audit import AuditEntry
from privacy.export import files
from privacy.export.job import path_of
from privacy.notices import OutgoingEmail
from tests import make
from tests.portal import sign_in
from tests.servers import absent

pytestmark = pytest.mark.django_db
SIZE = 1024 * 1024


@pytest.fixture
def disk(tmp_path, settings):
    """A file system of a megabyte on which exports lie."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", place]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        absent(f"no small file system: {mounted.stderr.decode().strip()} (needs root)")
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(place)}}
    }
    yield place
    subprocess.run(["umount", place], check=True)


def leave_free(disk, size):
    """Fills the disk until so many bytes are left."""
    ballast = disk / "ballast"
    ballast.unlink(missing_ok=True)
    have = os.statvfs(disk)
    ballast.write_bytes(bytes(max(have.f_bavail * have.f_frsize - size, 0)))
    return ballast


def waiting_copy():
    customer = make.customer(login=True)
    for _ in range(20):
        make.order_line(customer)
    return make.case(customer, "access", details="", identity_confirmed=True).export


def try_now(row):
    export.Export.objects.filter(pk=row.pk).update(run_after=timezone.now())
    done = jobs.work("privacy.export", row.pk)
    row.refresh_from_db()
    return done


def assert_nothing_half(row):
    """What lies there is whole and named in the row, and nobody gets it yet."""
    lying = {path for path in files.folder(row.folder).rglob("*") if path.is_file()}
    assert lying == {path_of(row, name) for name in row.files}
    for name, about in row.files.items():
        assert files.sha256_of(path_of(row, name), row.place(name)) == about["sha256"]
    with pytest.raises(export.CannotOpen, match="not_ready"):
        export.open_for(row.data_subject.account, row, "export.json")


def assert_done_once(row):
    assert (row.job_state, row.case.state) == ("done", "completed")
    assert OutgoingEmail.objects.filter(template="export_ready", data_subject=row.data_subject).count() == 1
    assert AuditEntry.objects.filter(event="export.done", target=f"privacy.export:{row.pk}").count() == 1
    for name in row.files:
        opened = export.open_for(row.data_subject.account, row, name)
        assert sum(map(len, opened.chunks)) == row.files[name]["size"]


def fill_fail_and_finish(disk, free):
    row = waiting_copy()
    ballast = leave_free(disk, free)
    assert not try_now(row), f"{free} bytes were enough"
    assert (row.job_state, row.failures, row.last_error) == ("new", 1, "OSError")
    assert row.run_after > timezone.now()
    assert_nothing_half(row)
    ballast.unlink()
    assert try_now(row)
    row.case.refresh_from_db()
    assert_done_once(row)
    files.remove(row.folder)


@pytest.mark.parametrize("free", [0, 20_000])
def test_no_room_then_room(disk, free):
    fill_fail_and_finish(disk, free)


def test_after_three_tries_a_colleague_is_told_and_the_person_reads_that_it_is_being_prepared(disk):
    row = waiting_copy()
    ballast = leave_free(disk, 8_192)
    for _ in range(3):
        assert not try_now(row)
        assert_nothing_half(row)
    assert row in export.Export.objects.needing_attention()
    page = sign_in(row.data_subject).get(f"/account/requests/{row.case.reference}/").content.decode()
    assert "still being prepared" in page
    assert row.case.is_open
    ballast.unlink()
    assert jobs.again(row, now=timezone.now())
    assert try_now(row)
    row.case.refresh_from_db()
    assert_done_once(row)


def test_the_command_leaves_neither_file_nor_folder(disk):
    customer = make.customer()
    leave_free(disk, 16_384)
    with pytest.raises(CommandError, match=os.strerror(errno.ENOSPC)):
        call_command("export", customer=customer.number, out=disk / "copy")
    assert {path.name for path in disk.iterdir()} == {"ballast"}
    assert not AuditEntry.objects.filter(event="export.written").exists()


@pytest.mark.full
def test_twenty_of_twenty(disk):
    luck = random.Random(20)
    for _ in range(20):
        fill_fail_and_finish(disk, luck.randrange(0, 60_000))
