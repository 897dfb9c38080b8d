"""Is the question about cookies asked once, and does everything of other companies wait for its answer?

Pages, script and tags are looked at as they run, for browsers that have said nothing, no, yes, and yes against their
own signal. Nobody's choice is read or written for it.
"""

from datetime import datetime

from django.conf import settings
from django.template import RequestContext, Template
from django.test import RequestFactory
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import cookie_choices
from ...cookie_choices import Answer, CookieChoice, Question
from ...recipients import Recipient
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from .browser import visit

NOWHERE = "https://another-company.invalid/thing"
HOST = "another-company.invalid"


def _drawn(source: str, *, answer: Answer | None = None, signal: bool = False) -> str:
    """A template with our tags, as this browser gets it."""
    request = RequestFactory().get("/", headers={"sec-gpc": "1"} if signal else {})
    request.COOKIES = {cookie_choices.COOKIE: answer.text} if answer else {}
    return Template("{% load cookie_choices %}" + source).render(RequestContext(request, {"to": NOWHERE}))


def _is_asked(answer: Answer | None = None, *, signal: bool = False) -> bool:
    cookies = {cookie_choices.COOKIE: answer.text} if answer else {}
    page = visit(reverse("privacy:home"), cookies=cookies, headers={"sec-gpc": "1"} if signal else {})
    return page.is_shown and 'id="cookie-question"' in page.text


def _answers(question: Question) -> tuple[Answer, Answer, Answer]:
    """A no and a yes to today's question, and a yes to one that nobody knows."""
    yes = frozenset(str(group) for group in question.groups)
    return Answer(question.version, frozenset()), Answer(question.version, yes), Answer("0" * 12, yes)


@control("cookies-asked-once", gettext_lazy("We ask about cookies once, and again only when there is something new"))
def asked_once(now: datetime) -> Finding:
    """SFB-28: who comes for the first time is asked, who has answered is not, nor whose browser says no by itself."""
    question = cookie_choices.current(fresh=True)
    if not question.groups:
        return not_shown(_("There is nothing in the register to ask about."))
    no, yes, old = _answers(question)
    wrong = [not _is_asked(), _is_asked(no), _is_asked(yes), not _is_asked(old), _is_asked(signal=True)]
    if any(wrong):
        return broken(_("The question about cookies is not asked, or asked again."), wrong=sum(wrong))
    choices = CookieChoice.objects.count()
    return kept(_("Who comes for the first time is asked; who has answered is not asked again."), choices=choices)


@control("cookies-wait", gettext_lazy("Services that count visits wait for a yes, and keep to a no"))
def counters_wait(now: datetime) -> Finding:
    """CNX-27, LRD-22: nothing of them before a yes, after a no, or against the browser's own signal."""
    question = cookie_choices.current(fresh=True)
    rows = list(Recipient.objects.active().filter(group=Recipient.Group.MEASUREMENT))
    no, yes, old = _answers(question)
    wrong = 0
    for row in rows:
        tag = f"{{% waits_for_yes {_quoted(row.name)} to %}}"
        early = [_drawn(tag), _drawn(tag, answer=no), _drawn(tag, answer=old), _drawn(tag, answer=yes, signal=True)]
        wrong += any(early) or HOST not in _drawn(tag, answer=yes)
    return none_wrong(
        wrong, len(rows),
        good=_("Services that count visits are loaded after a yes and not otherwise."),
        bad=_("A service that counts visits is loaded without a yes, or never."),
        none=_("No service that counts visits is switched on."),
    )  # fmt: skip


@control("embeds-wait", gettext_lazy("Things of social networks wait for a click"))
def embeds_wait(now: datetime) -> Finding:
    """CNX-24: in what we send there is no word of the network's address, whatever was allowed before."""
    rows = list(Recipient.objects.active().filter(group=Recipient.Group.SOCIAL))
    _no, yes, _old = _answers(cookie_choices.current(fresh=True))
    wrong = 0
    for row in rows:
        tag = f"{{% two_click {_quoted(row.name)} to 'x' %}}"
        pages = _drawn(tag), _drawn(tag, answer=yes)
        wrong += any(HOST in page or "//" in page or "href=" not in page for page in pages)
    return none_wrong(
        wrong, len(rows),
        good=_("A placeholder stands for each thing of a social network, without its address."),
        bad=_("A page names the address of a social network before a click."),
        none=_("No social network is switched on."),
    )  # fmt: skip


@control("cookies-script", gettext_lazy("The script for the shop's pages is there and calls nobody but us"))
def script_calls_nobody(now: datetime) -> Finding:
    """What a shop includes names no address but ours."""
    page = visit(reverse("privacy:cookie_script"))
    foreign = page.text.replace(settings.SITE_URL, "").count("//")
    if not page.is_shown or "javascript" not in page.kind or page.cookies or foreign:
        return broken(_("The script for the shop's pages is not there, sets a cookie, or names another address."))
    return kept(
        _("The script for the shop's pages is there, sets nothing and calls nobody but us."), bytes=len(page.body)
    )


def _quoted(name: str) -> str:
    """For a tag; a name with both kinds of quotes would end it."""
    return f'"{name}"' if '"' not in name else f"'{name}'"
