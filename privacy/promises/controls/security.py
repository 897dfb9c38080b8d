"""Does everything travel encrypted, and would Django itself warn of something?"""

from datetime import datetime

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..control import control
from ..finding import Finding, broken, kept, not_shown

A_YEAR = 365 * 24 * 60 * 60


@control("tls", gettext_lazy("Everything travels encrypted"))
def everything_is_encrypted(now: datetime) -> Finding:
    """The settings in force: no page without TLS, browsers remember it, no cookie without it."""
    wanted = {
        "SECURE_SSL_REDIRECT": settings.SECURE_SSL_REDIRECT,
        "SECURE_HSTS_SECONDS": settings.SECURE_HSTS_SECONDS >= A_YEAR,
        "SESSION_COOKIE_SECURE": settings.SESSION_COOKIE_SECURE,
        "CSRF_COOKIE_SECURE": settings.CSRF_COOKIE_SECURE,
        "SITE_URL": settings.SITE_URL.startswith("https://"),
    }
    missing = [name for name, is_so in wanted.items() if not is_so]
    if not missing:
        return kept(_("No page and no cookie travels unencrypted."))
    if settings.DEBUG:
        return not_shown(_("This is a machine for development; in production the site starts only encrypted."))
    return broken(_("Something may travel unencrypted: %(what)s.") % {"what": ", ".join(missing)}, missing=len(missing))


@control("deploy-checks", gettext_lazy("Django's own checks for production are clean"))
def deploy_checks_are_clean(now: datetime) -> Finding:
    """As `manage.py check --deploy` runs them."""
    found = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    serious = [one for one in found if one.level >= checks.WARNING and not one.is_silenced()]
    if not serious:
        return kept(_("The checks for production find nothing."))
    if settings.DEBUG:
        return not_shown(_("This is a machine for development; the checks for production are for production."))
    return broken(_("The checks for production find something."), found=len(serious))


@control("browser-guards", gettext_lazy("Browsers are told not to frame, guess or leak our pages"))
def browsers_are_told(now: datetime) -> Finding:
    """The middleware in force and what it says."""
    needed = ("SecurityMiddleware", "CsrfViewMiddleware", "XFrameOptionsMiddleware", "CSPMiddleware")
    there = {path.rpartition(".")[2] for path in settings.MIDDLEWARE}
    missing = [name for name in needed if name not in there]
    if missing or settings.X_FRAME_OPTIONS != "DENY" or not settings.SESSION_COOKIE_HTTPONLY:
        return broken(_("A guard of our pages is switched off."), missing=len(missing))
    return kept(_("Forged forms, framed pages and foreign scripts are refused."))
