"""Every setting, each from the environment; README.md has the list with meanings and defaults."""

import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import logs
from config.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
Environment.read_env(env.path("ENV_FILE", default=BASE_DIR / ".env")())

DEBUG = env.bool("DEBUG", default=True)
VAR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
VAR.mkdir(parents=True, exist_ok=True)

# --- secrets and hosts -------------------------------------------------------------------------

DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses-to-start-with"  # noqa: S105
SECRET_KEY = env.str("SECRET_KEY", default=DEVELOPMENT_SECRET)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
PORT = env.port("PORT", default=8000)
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{PORT}").rstrip("/")
# One key per line, "id:base64 of 32 bytes", newest first. Made on first use in development only.
DATA_KEY_FILE = Path(env.str("DATA_KEY_FILE", default=str(VAR / "data.keys")))
MAY_MAKE_DATA_KEY = DEBUG

if not DEBUG:
    if SECRET_KEY == DEVELOPMENT_SECRET or len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10:
        raise ImproperlyConfigured("SECRET_KEY is missing, the default or too short: set 50 random characters or more.")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS must name the hosts of this site; '*' is refused.")
    if not SITE_URL.startswith("https://"):
        raise ImproperlyConfigured("SITE_URL must start with https:// when DEBUG is off.")
    if not DATA_KEY_FILE.is_file() and sys.argv[1:2] != ["new_data_key"]:
        raise ImproperlyConfigured("DATA_KEY_FILE is missing: make one with 'manage.py new_data_key'.")

# --- the shop ----------------------------------------------------------------------------------

SHOP = {
    "name": env.str("SHOP_NAME", default="Northlight"),
    "legal_name": env.str("SHOP_LEGAL_NAME", default="Northlight Trading Ltd"),
    "postal_address": env.str("SHOP_POSTAL_ADDRESS", default="14 Tanner's Yard, Norwich NR3 1AB, United Kingdom"),
    "email": env.str("SHOP_EMAIL", default="service@northlight.example"),
    "phone": env.str("SHOP_PHONE", default="+44 1632 960123"),
    "phone_hours": env.str("SHOP_PHONE_HOURS", default="Monday to Friday, 7am to 5pm"),
    "jurisdiction": env.str("SHOP_JURISDICTION", default="GB"),
    "data_protection_officer": env.str("SHOP_DPO", default="Ines Okafor, dpo@northlight.example"),
    "representative": env.str("SHOP_REPRESENTATIVE", default=""),
    "security_officer": env.str("SHOP_SECURITY_OFFICER", default="Tomasz Lind, security@northlight.example"),
    "regulator": env.str("SHOP_REGULATOR", default="Information Commissioner's Office, ico.org.uk"),
    "mediator": env.str("SHOP_MEDIATOR", default="SafeBuy, mediation@safebuy.example"),
}
# Codes of trade bodies that the shop has joined: a second set of promises beside the law, so none by default.
SHOP_PACKS = [name.strip() for name in env.list("SHOP_PACKS", default=[])]
HOLIDAYS_ADDED, HOLIDAYS_CANCELLED = env.days("HOLIDAYS_ADDED"), env.days("HOLIDAYS_CANCELLED")
SHOP_TIME_ZONE = env.zone("SHOP_TIME_ZONE", default="Europe/London")
MAIL_DOMAIN = env.str("MAIL_DOMAIN", default="northlight.example")
SMTP_PORT, LMTP_PORT = env.port("SMTP_PORT", default=8025), env.port("LMTP_PORT", default=8024)
MAIL_LISTEN_HOST = env.str("MAIL_LISTEN_HOST", default="127.0.0.1")
MAIL_MAX_BYTES = env.int("MAIL_MAX_BYTES", default=25 * 1024 * 1024)
# The name under which our own mail server writes Authentication-Results; without it nobody's word is taken.
AUTHSERV_ID = env.str("AUTHSERV_ID", default="").lower()
CHECK_DKIM = env.bool("CHECK_DKIM", default=False)
ANYMAIL = env.mailing_services()
WEBHOOK_MAX_AGE_SECONDS = env.int("WEBHOOK_MAX_AGE_SECONDS", default=5 * 60)
IMAP = env.imap_url("IMAP_URL")
IMAP_MOVE_TO = env.other_folder("IMAP_MOVE_TO", IMAP)
IMAP_POLL_SECONDS = env.seconds("IMAP_POLL_SECONDS", default=20, most=29 * 60)  # RFC 2177: not longer in one IDLE
IMAP_RECIPIENT = env.address_at("IMAP_RECIPIENT", "privacy", MAIL_DOMAIN)
WEB_LISTEN_HOST, WEB_WORKERS = env.str("WEB_LISTEN_HOST", default="127.0.0.1"), env.int("WEB_WORKERS", default=2)

# --- privacy: how the engine finds people, and what other apps' tables hold ---------------------

DATA_SUBJECT_MODEL = "customers.Customer"
RECENT_LOGIN = "customers.recent_login"
WITHIN_LIMITS = "customers.rate_limits.is_within"
PERSONAL_DATA_OF_OTHER_APPS = "config.other_apps.DECLARATIONS"
CASE_PREFIX = env.str("CASE_PREFIX", default="NL")
ERASURE_COOLING_OFF_HOURS = env.int("ERASURE_COOLING_OFF_HOURS", default=72)
# Who was erased, as keyed hashes, outside the database and its backups; without DATA_KEY_FILE it says nothing.
ERASURE_LEDGER_FILE = Path(env.str("ERASURE_LEDGER_FILE", default=str(VAR / "erasure-ledger" / "ledger.jsonl")))
CASE_PAPER_MAX_BYTES = env.int("CASE_PAPER_MAX_BYTES", default=10 * 1024**2)
RESTRICTION_NOTICE_DAYS = env.int("RESTRICTION_NOTICE_DAYS", default=7)
HOLD_REVIEW_DAYS = env.between("HOLD_REVIEW_DAYS", default=366, least=1, most=366)
COMPLAINT_SILENCE_DAYS = env.int("COMPLAINT_SILENCE_DAYS", default=14)
EXPORT_DAYS = env.int("EXPORT_DAYS", default=7)
RECENT_LOGIN_SECONDS = env.int("RECENT_LOGIN_SECONDS", default=15 * 60)
# Recipients of data are told of corrections, deletions and locks, and asked again until they answer (Art. 19).
RECIPIENT_REMINDER_DAYS = env.int("RECIPIENT_REMINDER_DAYS", default=7)
RECIPIENT_REMINDERS = env.int("RECIPIENT_REMINDERS", default=3)
RECIPIENT_HOSTS_INSIDE = [host.lower() for host in env.list("RECIPIENT_HOSTS_INSIDE", default=[])]
DETAILS_OPEN_MINUTES = env.between("DETAILS_OPEN_MINUTES", default=15, least=1, most=60)
MASS_VIEWING_PEOPLE = env.between("MASS_VIEWING_PEOPLE", default=30, least=1, most=100_000)  # within an hour
SHOP_ORIGINS = env.origins("SHOP_ORIGINS")  # the shop's own pages, which may hand in a choice about cookies
TRAINING_DAYS = env.between("TRAINING_DAYS", default=365, least=1, most=3650)
PURGE_BRAKE_SHARE = env.float("PURGE_BRAKE_SHARE", default=0.2)
# Each night the software shows on a customer who is nobody that it keeps its promises; nothing real is at this domain.
CANARY_CUSTOMER = "customers.canary.make"
CANARY_MAIL_DOMAIN, CANARY_NUMBERS_BEGIN = "canary.example", "000"
CANARY_HOUR = env.between("CANARY_HOUR", default=2, least=0, most=23)
CANARY_SMTP_HOST = env.str("CANARY_SMTP_HOST", default="127.0.0.1")
PURGE_BRAKE_MINIMUM = env.int("PURGE_BRAKE_MINIMUM", default=100)
# The packs of promises that the shop has taken on; the others are neither looked at nor shown.
PROMISE_PACKS = env.list("PROMISE_PACKS", default=["cloggs", "clozette", "made", "connox", "laredoute"])
MARKETING_CAPS = env.caps("MARKETING_CAPS")  # by channel: how many advertisements within how many days
CHILDREN_STRICT = env.bool("CHILDREN_STRICT", default=False)  # no guardian has agreed: erased within the hour
PURGE_WARNING_DAYS = env.between("PURGE_WARNING_DAYS", default=30, least=1, most=365)

# --- applications ------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.OfficeConfig",
    *(f"django.contrib.{app}" for app in ("auth", "contenttypes", "messages", "staticfiles", "humanize")),
    "allauth", "allauth.account", "allauth.mfa", "csp", "privacy", "customers",
]  # fmt: skip
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "privacy.middleware.ClosedMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "privacy.middleware.PrivateResponseMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "privacy.views.context.shop",
            ],
        },
    }
]

# --- database, broker, cache -------------------------------------------------------------------

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR / 'privacy.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": env.int("DATABASE_CONN_MAX_AGE", default=60), "CONN_HEALTH_CHECKS": True}
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("prepare_threshold", 2)  # see privacy/statements.py

EMBEDDED_BROKER_SOCKET = VAR / "broker.sock"  # without a broker of one's own, 'manage.py up' starts a child here
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or f"redis+socket://{EMBEDDED_BROKER_SOCKET}")
BROKER_IS_EMBEDDED = CELERY_BROKER_URL.endswith(str(EMBEDDED_BROKER_SOCKET))
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
}

# --- jobs: the row is the truth, the message a hint ---------------------------------------------

CELERY_WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", default=2)
CELERY_TIMEZONE = SHOP_TIME_ZONE
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=60)
KERNEL_COUNTERS = Path(env.str("KERNEL_COUNTERS", default="/proc/vmstat"))
SWEEP_SECONDS = env.int("SWEEP_SECONDS", default=10)
# Each entry is idempotent, so two schedulers running do no harm.
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "privacy.tasks.sweep", "schedule": SWEEP_SECONDS, "options": {"expires": SWEEP_SECONDS}},
    "forget exports": {"task": "privacy.tasks.forget_exports", "schedule": crontab(minute="20")},
    "children": {"task": "privacy.tasks.erase_children", "schedule": crontab(minute="50")},
    "alarms": {"task": "privacy.tasks.raise_alarms", "schedule": crontab(minute="5")},
    "figures": {"task": "privacy.tasks.count_figures", "schedule": crontab(minute="35")},
    "reckon": {"task": "privacy.tasks.reckon_all", "schedule": crontab(hour="4", minute="10")},
    "report looks": {"task": "privacy.tasks.report_looks", "schedule": crontab(hour="5", minute="40")},
    "canary": {"task": "privacy.tasks.canary", "schedule": 10 * 60},
    "purge": {"task": "privacy.tasks.purge", "schedule": crontab(hour=env.str("PURGE_HOUR", default="3"), minute="0")},
    "promises": {"task": "privacy.tasks.check_promises", "schedule": crontab(hour="5", minute="20")},
    "report purge": {"task": "privacy.tasks.report_purge", "schedule": crontab(hour="6", minute="30")},
    "purge that two people let pass": {"task": "privacy.tasks.purge_agreed", "schedule": crontab(minute="*/5")},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR / "beat-schedule")

# --- people and passwords ----------------------------------------------------------------------

AUTH_USER_MODEL = "customers.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}PasswordHasher" for name in ("Argon2", "PBKDF2")]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "customers.sign_in.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = RECENT_LOGIN_SECONDS
COOKIE_ANSWERS_A_MINUTE = env.between("COOKIE_ANSWERS_A_MINUTE", default=60, least=1, most=100_000)
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/15m/key",
    "cookie_choice": f"{COOKIE_ANSWERS_A_MINUTE}/m/ip,{10 * COOKIE_ANSWERS_A_MINUTE}/h/ip",
}
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_URL, LOGIN_REDIRECT_URL = "account_login", "/account/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
STAFF_NEEDS_SECOND_FACTOR = env.bool("STAFF_NEEDS_SECOND_FACTOR", default=not DEBUG)
SESSION_ENGINE = "customers.sessions"
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE, ACCOUNT_SESSION_REMEMBER = True, False

# --- transport and browser ---------------------------------------------------------------------

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
# RFC 8058: a one-click POST meets no redirect.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^unsubscribe/[\w-]+/?$"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG
SESSION_COOKIE_NAME = "sessionid" if DEBUG else "__Host-sessionid"
CSRF_COOKIE_NAME = "csrftoken" if DEBUG else "__Host-csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {name: [NONE] for name in ("default-src", "base-uri", "frame-ancestors")}
    | {f"{kind}-src": [SELF] for kind in ("script", "style", "img", "font", "connect")}
    | {"form-action": [SELF]}
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = MAIL_MAX_BYTES + DATA_UPLOAD_MAX_MEMORY_SIZE  # an uploaded mail never lies on the disk

# --- mail out ----------------------------------------------------------------------------------

EMAIL = env.carrier("EMAIL_URL", default=f"filemail:///{VAR / 'outbox'}")
EMAIL_BACKEND, EMAIL_TRANSPORT = "config.mail.GatedBackend", EMAIL["EMAIL_BACKEND"]  # the gate, and what carries on
EMAIL_FILE_PATH = env.str("EMAIL_FILE_PATH", default=str(VAR / "outbox"))
EMAIL_HOST, EMAIL_PORT = EMAIL.get("EMAIL_HOST", ""), EMAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL.get("EMAIL_HOST_USER", ""), EMAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_TLS", False), EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 30
SERVER_EMAIL = DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"{SHOP['name']} <service@{MAIL_DOMAIN}>")

# --- files, language, time ---------------------------------------------------------------------

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR / "static"
if DEBUG:  # served from where they lie; an absent folder is only worth a warning in production
    STATIC_ROOT.mkdir(exist_ok=True)
WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(VAR / "files")}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en-gb")
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = SHOP_TIME_ZONE
SHOP_TZ = ZoneInfo(SHOP_TIME_ZONE)
USE_TZ = USE_I18N = True

# --- logs: no personal values, one JSON object a line in production ------------------------------

LOGGING = logs.to_stderr("plain" if DEBUG else "json", level=env.str("LOG_LEVEL", default="INFO"))
