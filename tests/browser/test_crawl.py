"""A link scanner with a real browser that runs script opens every link of forty mails: nothing changes (FAULTS C26)."""

from privacy.notices import OutgoingEmail
from tests.outgoing import FILES, GATED, forty_mails, links_in, sent_files
from tests.portal import dump


def test_a_browser_that_runs_script_opens_every_link_of_forty_mails_and_changes_no_row(
    page, site, settings, tmp_path, transactional_db
):
    settings.EMAIL_BACKEND, settings.EMAIL_TRANSPORT, settings.EMAIL_FILE_PATH = GATED, FILES, str(tmp_path)
    forty_mails()
    sent = sent_files(tmp_path)
    links = sorted({link for raw in sent for link in links_in(raw)})
    assert len(sent) >= 40 and OutgoingEmail.objects.exists()
    before, statuses = dump(), []
    for link in links:
        answer = page.goto(link)
        statuses.append(answer.status)
    assert dump() == before
    assert statuses.count(200) > len(links) // 2 and max(statuses) < 500
