"""Do we keep what we promised? Every control of every active promise is asked, each once, each by itself."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import audit
from .control import CONTROLS
from .finding import Finding, State, not_shown, together
from .promise import LAW, Promise, PromiseCheck

logger = logging.getLogger(__name__)
SYSTEM = "system:promises"
HISTORY = timedelta(days=2 * 365)


def check(now: datetime, *, actor: Any = SYSTEM) -> list[PromiseCheck]:
    """Looks at every promise of the active packs and writes down what was found; older than two years goes."""
    promises = list(Promise.objects.active().select_related("owner"))
    codes = {one.code for one in promises}
    found = {slug: _look(slug, now) for slug in sorted({slug for one in promises for slug in one.controls})}
    rows = [_row(one, _standing(one, found, codes, now), now) for one in promises]
    with transaction.atomic():
        PromiseCheck.objects.bulk_create(rows, batch_size=500)
        PromiseCheck.objects.filter(checked_at__lt=now - HISTORY).delete()
        counts: dict[str, Any] = {str(state): sum(row.state == state for row in rows) for state in State}
        audit.record("promises.checked", actor=actor, now=now, **counts)
    return rows


def _look(slug: str, now: datetime) -> Finding:
    """One control; whatever happens in it hides no other."""
    if slug not in CONTROLS:
        logger.error("promises: no control is called %s", slug)
        return not_shown(_("The control that looked at this is gone."))
    try:
        return CONTROLS[slug].look(now)
    except Exception as error:  # noqa: BLE001 (one that fails must not hide the others)
        # Without the traceback, which could hold values.
        logger.error("promises: the control %s failed with %s", slug, type(error).__name__)  # noqa: TRY400
        return not_shown(_("The look itself failed (%(error)s).") % {"error": type(error).__name__})


def _standing(promise: Promise, found: Mapping[str, Finding], codes: set[str], now: datetime) -> Finding:
    looked = together([found[slug] for slug in promise.controls]) if promise.controls else _by_hand(promise, now)
    return _contradicted(promise, looked, codes)


def _by_hand(promise: Promise, now: datetime) -> Finding:
    """A person answers for it; whether she has shown something, and has looked in time."""
    owner = str(promise.owner) if promise.owner else settings.SHOP["data_protection_officer"].partition(",")[0]
    if promise.needs_review(timezone.localdate(now)):
        why = _("no evidence is noted") if not promise.evidence.strip() else _("the day to look again is past or open")
        return Finding(State.MANUAL, _("Needs a review by %(who)s: %(why)s.") % {"who": owner, "why": why})
    words = {"who": owner, "what": promise.evidence.strip(), "day": promise.review_on}
    return Finding(State.MANUAL, _("%(who)s answers for it: %(what)s Look again on %(day)s.") % words)


def _contradicted(promise: Promise, looked: Finding, codes: set[str]) -> Finding:
    """Two promises that cannot both be kept: which, and which we follow, beside what was seen; broken stays broken."""
    against = [code for code in promise.conflicts_with if code in codes or code == LAW]
    if not against:
        return looked
    words = {"codes": ", ".join(_("the law") if code == LAW else code for code in against)}
    lines = [_("Contradicts %(codes)s.") % words, promise.resolution, looked.evidence]
    state = State.BROKEN if looked.state == State.BROKEN else State.CONFLICT
    return Finding(state, " ".join(filter(None, lines)), {**looked.figures, "what_we_follow": looked.state})


def _row(promise: Promise, found: Finding, now: datetime) -> PromiseCheck:
    return PromiseCheck(
        promise=promise, checked_at=now, state=found.state, evidence=found.evidence, figures=found.figures
    )
