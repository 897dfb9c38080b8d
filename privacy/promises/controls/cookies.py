"""Are our cookies the ones in the register, as short-lived as it says, and do the others wait for a yes?"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import cookie_choices
from ...recipients import Cookie, Recipient
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from .browser import visit

DAY = 24 * 60 * 60
# What a visit leaves as soon as somebody has answered our question.
OUR_ANSWER: dict[str, int | None] = {cookie_choices.COOKIE: int(cookie_choices.LIFETIME.total_seconds())}
# In production our own cookies are bound to the host by their names.
BOUND = "__Host-"


def _own() -> dict[str, Cookie]:
    return {row.name.removeprefix(BOUND): row for row in Cookie.objects.filter(recipient=None)}


def _set_on_a_first_visit() -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for name in ("home", "policy", "cookies", "unsubscribe"):
        page = visit(reverse(f"privacy:{name}"))
        found |= {cookie.removeprefix(BOUND): seconds for cookie, seconds in page.cookies.items()}
    return found


@control("cookies-before-yes", gettext_lazy("A first visit sets only cookies that are needed"))
def nothing_before_a_yes(now: datetime) -> Finding:
    """What the pages really set."""
    own, found = _own(), _set_on_a_first_visit() | OUR_ANSWER
    if not own:
        return not_shown(_("No cookie is in the register yet."))
    wrong = [name for name in found if name not in own or not own[name].is_essential]
    if wrong:
        return broken(_("A first visit sets a cookie that is not needed, or not in the register."), wrong=len(wrong))
    return kept(_("A first visit sets only cookies that are needed and in the register."), found=len(found))


@control("cookies-lifetimes", gettext_lazy("Our cookies live no longer than the register says"))
def lifetimes_are_true(now: datetime) -> Finding:
    """What the pages really set, and the login's own."""
    own = _own()
    if not own:
        return not_shown(_("No cookie is in the register yet."))
    real: dict[str, int | None] = _set_on_a_first_visit() | OUR_ANSWER
    real["sessionid"] = None if settings.SESSION_EXPIRE_AT_BROWSER_CLOSE else settings.SESSION_COOKIE_AGE
    wrong = [name for name, seconds in real.items() if name in own and _is_longer(seconds, own[name].lifetime_days)]
    if wrong:
        return broken(_("A cookie of ours lives longer than the register says."), wrong=len(wrong))
    return kept(_("Our cookies live no longer than the register says."), looked_at=len(real))


def _is_longer(seconds: int | None, days: int | None) -> bool:
    """Than the register says, by which one without days ends with the browser."""
    return seconds is not None and (days is None or seconds > days * DAY)


@control("cookies-not-too-long", gettext_lazy("No cookie lives longer than 13 months"))
def none_lives_too_long(now: datetime) -> Finding:
    """CNX-20: of each cookie its days, of each company that is switched on what it says of its cookies in words."""
    rows: list[Cookie | Recipient] = [*Cookie.objects.all(), *Recipient.objects.active().exclude(cookie_lifetime="")]
    return none_wrong(
        sum(row.lives_too_long for row in rows), len(rows),
        good=_("No cookie in the register lives longer than 13 months."),
        bad=_("A cookie in the register lives longer than 13 months."),
        none=_("No cookie is in the register yet."),
    )  # fmt: skip


@control("cookies-page", gettext_lazy("The cookie page is one click from everywhere, with the choice and each cookie"))
def page_is_whole(now: datetime) -> Finding:
    """Linked from the start, with a choice, and with every cookie's name, purpose and lifetime."""
    where = reverse("privacy:cookies")
    page, start = visit(where), visit(reverse("privacy:home"))
    rows = list(Cookie.objects.all())
    missing = sum(row.name not in page.text for row in rows)
    if not page.is_shown or where not in start.read.links or 'name="choice"' not in page.text or missing:
        return broken(_("The cookie page cannot be found, has no choice, or lacks a cookie."), missing=missing)
    return kept(_("The cookie page is one click away, has the choice, and shows every cookie."), cookies=len(rows))


@control("cookies-purposes", gettext_lazy("Every cookie says what it is for and how long it stays"))
def cookies_say_why(now: datetime) -> Finding:
    """And those of other companies name the company."""
    rows = Cookie.objects.all()
    return none_wrong(
        rows.filter(purpose="").count(), rows.count(),
        good=_("Every cookie in the register says what it is for and how long it stays."),
        bad=_("A cookie in the register does not say what it is for."),
        none=_("No cookie is in the register yet."),
    )  # fmt: skip


@control("cookies-of-others", gettext_lazy("The cookies of other companies are in the register with their lifetimes"))
def others_are_registered(now: datetime) -> Finding:
    """CNX-21, CNX-23: every company in advertising and measurement that is switched on."""
    groups = (Recipient.Group.ADVERTISING, Recipient.Group.MEASUREMENT)
    rows = Recipient.objects.active().filter(group__in=groups)
    return none_wrong(
        rows.filter(cookies=None, cookie_lifetime="").count(), rows.count(),
        good=_("Every company in advertising and measurement has its cookies, or their lifetime, in the register."),
        bad=_("A company in advertising or measurement has no cookie and no lifetime in the register."),
        none=_("No company in advertising or measurement is switched on."),
    )  # fmt: skip


@control("cookies-refusable", gettext_lazy("Whoever allows no cookies can still use everything"))
def refusing_costs_nothing(now: datetime) -> Finding:
    """CNX-22: what is needed is little, and the page says what a no means and which other roads there are."""
    page = visit(reverse("privacy:cookies"))
    says = settings.SHOP["phone"] and settings.SHOP["phone"] in page.text and 'value="needed"' in page.text
    if not page.is_shown or not says:
        return broken(_("The cookie page does not offer a no, or no other road."))
    return kept(_("The cookie page offers a no, and names the road by phone and letter."))
