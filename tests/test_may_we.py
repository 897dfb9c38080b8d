"""The office's "may we?": the gate's own answer with its reasons, for any day, after a reason was typed."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from privacy import audit, consent, gate
from privacy.guardians import GuardianConsent
from privacy.roles import AGENT
from privacy.vocabulary import Purpose, Source
from tests import make
from tests.office import colleague, desk, look, page_of

pytestmark = pytest.mark.django_db
OWN = {"channel": "email", "sender": "own", "content": "own"}


@pytest.fixture
def mary():
    return make.customer("mary@example.com", display_name="Mary Zaunkoenig")


@pytest.fixture
def agent():
    return desk(colleague(AGENT))


def ask(browser, person, what="contact", **given):
    """The answer as the page says it."""
    url = f"{reverse('admin:may_we')}?person={person.number}&what={what}"
    return browser.post(url, given)


def said(answer):
    """Yes or no, and the sentences; nothing where the page gives no answer."""
    return answer.context.get("answer")


def test_the_answer_is_the_gates_own(agent, mary):
    look(agent, mary)
    make.grant(mary)
    answer = ask(agent, mary, **OWN)
    assert said(answer)["reasons"] == gate.may_contact(mary, "email").reasons
    assert said(answer)["allowed"] is True
    assert "said yes to email from us" in answer.content.decode()
    consent.withdraw_marketing(mary, source=Source.WEB, actor="test")
    refused = ask(agent, mary, **OWN)
    assert said(refused)["allowed"] is False
    assert "No." in refused.content.decode() and "said no to email from us" in refused.content.decode()


@pytest.mark.parametrize("days", [-400, 0, 400])
def test_a_past_day_today_and_one_to_come_may_be_asked_about(agent, mary, days):
    look(agent, mary)
    day = timezone.localdate() + timedelta(days=days)
    make.grant(mary, occurred_at=timezone.now() - timedelta(days=30))
    answer = ask(agent, mary, **OWN, at=day.isoformat())
    assert said(answer)["allowed"] is gate.may_contact(mary, "email", at=day).allowed is (days >= 0)


def test_sharing_and_use_are_asked_in_the_same_place(agent, mary):
    look(agent, mary)
    partner = make.recipient("Partner", is_necessary=False, fields=["name", "email"])
    refused = ask(agent, mary, "share", recipient=partner.pk, fields=["name"])
    assert said(refused) == {"id": None, "allowed": False, "reasons": gate.may_share(mary, partner, ["name"]).reasons}
    make.grant(mary, Purpose.SHARING, recipient=partner)
    assert said(ask(agent, mary, "share", recipient=partner.pk, fields=["name"]))["allowed"] is True
    assert said(ask(agent, mary, "use", purpose="order"))["allowed"] is True
    assert said(ask(agent, mary, "use", purpose="profiling"))["allowed"] is False


def test_what_is_missing_is_said_beside_its_field(agent, mary):
    look(agent, mary)
    for what, given in (("contact", {"channel": "pigeon"}), ("share", {}), ("use", {"purpose": "none"})):
        answer = ask(agent, mary, what, **given)
        assert (answer.status_code, said(answer)) == (422, None)
    wrong_day = ask(agent, mary, **OWN, at="31 February")
    assert "at" in wrong_day.context["form"].errors
    assert said(ask(agent, mary, **OWN, at="0099-01-01"))["error"]


def test_without_a_reason_there_is_no_answer_and_the_look_is_written_down(agent, mary):
    make.grant(mary)
    masked = ask(agent, mary, **OWN)
    assert said(masked) is None
    assert "said yes" not in masked.content.decode() and "masked" in masked.content.decode()
    look(agent, mary)
    assert said(ask(agent, mary, **OWN))
    assert audit.AuditEntry.objects.filter(event="details.viewed", subject=audit.reference(mary)).exists() or (
        audit.AuditEntry.objects.filter(subject=audit.reference(mary), event__contains="view").exists()
    )


def test_nobody_or_somebody_unknown_is_searched_for(agent, mary):
    page = agent.get(reverse("admin:may_we"), {"q": "Mary"}).content.decode()
    assert mary.number in page and "Zaunkoenig" not in page
    assert "Nobody fits" in agent.get(reverse("admin:may_we"), {"q": "Xaver"}).content.decode()
    assert said(agent.post(f"{reverse('admin:may_we')}?person=999", OWN)) is None


def test_a_guardians_consent_is_written_down_shown_after_a_reason_and_taken_back(agent):
    child = make.customer(date_of_birth=timezone.localdate() - timedelta(days=13 * 366))
    url = f"{reverse('admin:record_guardian')}?person={child.number}"
    told = {"guardian": "Robin Zaunkoenig", "relation": "parent", "contact": "call 1", "evidence": "letter"}
    assert (
        agent.post(url, told | {"given_on": (timezone.localdate() + timedelta(days=1)).isoformat()}).status_code == 422
    )
    assert agent.post(url, told | {"given_on": timezone.localdate().isoformat()}).status_code == 302
    row = GuardianConsent.objects.get()
    assert "Zaunkoenig" not in agent.get(page_of(row)).content.decode()
    look(agent, row)
    assert "Zaunkoenig" in agent.get(page_of(row)).content.decode()
    agent.post(reverse("admin:privacy_guardianconsent_withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.withdrawn_at
