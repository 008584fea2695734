"""All settings, read from the environment; development and production differ in values, not in files."""

import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


# ── Reading the environment ─────────────────────────────────────────────────────────────────────────────────────────


def text(name: str, default: str | None = None) -> str:
    """The variable's text; a missing one without a default stops the start and names the line to write."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"Write a line {name}=… into the environment; .env.example shows one that works."
        )
    return value


def flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, on."""
    return text(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def listing(name: str, default: str = "") -> list[str]:
    """A comma list without its blanks."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


# ── Where and what ──────────────────────────────────────────────────────────────────────────────────────────────────

DEBUG = flag("DEBUG")
DEMO = flag("PORTAL_DEMO")
SECRET_KEY = text("SECRET_KEY")
DATA_DIR = Path(text("PORTAL_DATA", ".local"))
# The list of what was destroyed: outside database and store, so that an older copy of them does not bring it back.
DESTROYED_FOLDER = Path(text("DESTROYED_FOLDER", "") or DATA_DIR / "destroyed")
PORT = int(text("PORTAL_PORT", "8000"))
BASE_URL = text("PORTAL_BASE_URL", f"http://localhost:{PORT}").rstrip("/")
HTTPS = BASE_URL.startswith("https://")
PROXIES = int(
    text("PORTAL_PROXIES", "0")
)  # how many proxies stand in front; feeds every reader of X-Forwarded-For

ALLOWED_HOSTS = listing("PORTAL_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [BASE_URL]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_fsm",
    "django_htmx",
    "template_partials",
    "clients",
    "rulebook",
    "cases",
    "documents",
    "hooks",
    "letterbox",
    "notifications",
    "rights",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "clients.headers.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clients.headers.HeadersMiddleware",
    "clients.middleware.TransactionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "clients.middleware.SightMiddleware",
    "rulebook.middleware.RulesMiddleware",
    "clients.middleware.LanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "clients.headers.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "clients.middleware.DoorMiddleware",
    "clients.entrance.EntranceMiddleware",
    "clients.entrance.PrivateMiddleware",
    "clients.seeing.SeeingMiddleware",
]

ROOT_URLCONF = "icp_portal.urls"
WSGI_APPLICATION = "icp_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clients.context.house",
                "notifications.context.unread",
                "letterbox.context.unsorted",
            ],
        },
    },
    # Pages that are asked for all day (docs/decisions/0010): `render(request, name, told, using="jinja2")`.
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "jinja"],
        "OPTIONS": {
            "environment": "clients.jinja.environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "clients.jinja.page",
                "notifications.context.unread",
            ],
        },
    },
]


# ── Database: owned by one role, used by another ────────────────────────────────────────────────────────────────────


def database(url: str) -> dict:
    """A Django database from postgres://user:password@host:port/name."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            "DATABASE_URL must begin with postgres://, the portal leans on row-level security."
        )
    return {
        "ENGINE": "clients.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or 5432),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,  # PgBouncer in transaction mode may stand between
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "icp-portal",
            "prepare_threshold": 1_000_000,  # only what asks for it is prepared (`clients/kept.py`)
        },
    }


AS_OWNER = flag("PORTAL_AS_OWNER")  # migrations only; no web or worker process holds the owner's password
DATABASES = {"default": database(text("DATABASE_OWNER_URL") if AS_OWNER else text("DATABASE_URL"))}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
STATEMENT_SECONDS = int(text("PORTAL_STATEMENT_SECONDS", "5"))  # a page ends after this, with a sentence
LOCK_SECONDS = int(text("PORTAL_LOCK_SECONDS", "3"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# ── Broker, cache, limits ───────────────────────────────────────────────────────────────────────────────────────────

REDIS_URL = text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": text("PORTAL_CACHE_PREFIX", "portal"),
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 2.0},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 2.0,
    "visibility_timeout": 1800,
    "unacked_restore_interval": 10,
    # A bell gives up at once; beat rings again.
    "max_retries": 0,
    "interval_start": 0,
    "global_keyprefix": text("PORTAL_CACHE_PREFIX", "portal") + ":",
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ALWAYS_EAGER = flag("CELERY_EAGER")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000  # KiB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
# What goes out to strangers' servers has a queue of its own, for workers that have a way out and open no files.
CELERY_TASK_ROUTES = {
    name: {"queue": queue}
    for queue, names in {
        "outside": ("cases.look", "hooks.send", "clients.heartbeat_outside"),
        # Suppliers are called at known addresses; what is told of numbers and rooms must be opened for that.
        "messages": ("notifications.deliver", "notifications.deliver_due", "clients.heartbeat_messages"),
    }.items()
    for name in names
}

# Whether the portal looks at the live sites each day. Unasked it calls nowhere.
WATCH = flag("WATCH")

# Whether numbers and dates that stand on papers are read, by a program on this machine (docs/decisions/0025).
_can_read = all(find_spec(part) for part in ("rapidocr", "onnxruntime", "cv2"))
READING = flag("READING", default=_can_read)
if READING and not _can_read:
    raise ImproperlyConfigured(
        "READING=1 wants the packages of the extra `reading`: install them, or write a line READING=0 into the"
        " environment."
    )


# ── Storage: two buckets, two identities ────────────────────────────────────────────────────────────────────────────

S3_ENDPOINT_URL = text("S3_ENDPOINT_URL")
S3_PUBLIC_ENDPOINT_URL = text("S3_PUBLIC_ENDPOINT_URL", S3_ENDPOINT_URL)
S3_ACCESS_KEY_ID = text("S3_ACCESS_KEY_ID")
S3_SECRET_ACCESS_KEY = text("S3_SECRET_ACCESS_KEY")
S3_WORKER_ACCESS_KEY_ID = text("S3_WORKER_ACCESS_KEY_ID", "")
S3_WORKER_SECRET_ACCESS_KEY = text("S3_WORKER_SECRET_ACCESS_KEY", "")
S3_REGION = text("S3_REGION", "us-east-1")
S3_QUARANTINE_BUCKET = text("S3_QUARANTINE_BUCKET", "quarantine")
S3_PAPERS_BUCKET = text("S3_PAPERS_BUCKET", "papers")
CLAMD_URL = text("CLAMD_URL", "")
METRICS_TOKEN = text("METRICS_TOKEN", "")  # who may read /metrics; none is there without it

NUMBER_KEYS = listing("NUMBER_KEYS")  # id:base64, the newest first; the rest still open what they sealed
HASH_KEY = text("HASH_KEY")

STORAGES = {
    "default": {"BACKEND": "documents.storage.PapersStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = Path(text("PORTAL_STATIC_ROOT", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_KEEP_ONLY_HASHED_FILES = True


# ── Sign-in ─────────────────────────────────────────────────────────────────────────────────────────────────────────

AUTH_USER_MODEL = "clients.User"
AUTHENTICATION_BACKENDS = ["clients.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "clients.adapters.AccountAdapter"
MFA_ADAPTER = "clients.adapters.FactorAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_FORMS = {
    "request_login_code": "clients.forms.RequestCodeForm",
    "confirm_login_code": "clients.forms.ConfirmCodeForm",
    "reset_password": "clients.forms.ResetForm",
}
# An address is proven by our own code or the invitation, never by a link.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "request_login_code": "20/m/ip,3/m/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up by themselves with another's address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
USERSESSIONS_TRACK_ACTIVITY = False

SESSION_ENGINE = "clients.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = False
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "clients.views.errors.csrf_failure"
STAFF_IDLE_SECONDS = 8 * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"


# ── What the browser may do ─────────────────────────────────────────────────────────────────────────────────────────

_storage_origin = "{0.scheme}://{0.netloc}".format(urlsplit(S3_PUBLIC_ENDPOINT_URL))
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "manifest-src": [SELF],
        "img-src": [SELF, "data:", "blob:", _storage_origin],
        "connect-src": [SELF, _storage_origin],
        "form-action": [SELF, _storage_origin],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and PROXIES else None
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# No paper ever passes through the web process, but for what a mail provider posts and hands on in no other way.
FILE_UPLOAD_HANDLERS = ["letterbox.uploads.LetterFiles", "clients.uploads.RefuseFiles"]
# clients/ stands below documents/, so the cage for the agency's logo is named and not imported.
LOGO_DRAWN_BY = "documents.logo.drawn_anew"


# ── API ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

NINJA_NUM_PROXIES = PROXIES
API_RATE_PER_SECOND = int(
    text("PORTAL_API_RATE", "40")
)  # requests a second and token, with a burst of twice that
UPLOADS_A_DAY = int(
    text("PORTAL_UPLOADS_A_DAY", "1000")
)  # forms for files that one person is given within a day


# ── Language and time ───────────────────────────────────────────────────────────────────────────────────────────────

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"


# ── Mail ────────────────────────────────────────────────────────────────────────────────────────────────────────────

_mail = urlsplit(text("EMAIL_URL"))
DEFAULT_FROM_EMAIL = text("PORTAL_FROM", "Filing desk <portal@agency.example>")
EMAIL_TIMEOUT = 10
# anymail+NAME://?key=value&… names a provider and what its API wants (docs/deploy.md), all else is a mail server.
MAIL_PROVIDER = ""
ANYMAIL: dict[str, object] = {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT, "IGNORE_UNSUPPORTED_FEATURES": True}
if _mail.scheme.startswith("anymail+"):
    _provider = _mail.scheme.removeprefix("anymail+").replace("-", "_")
    if not find_spec(f"anymail.backends.{_provider}"):
        raise ImproperlyConfigured(
            f"EMAIL_URL names a provider that django-anymail does not know: {_provider}."
        )
    EMAIL_BACKEND = f"anymail.backends.{_provider}.EmailBackend"
    MAIL_PROVIDER = _provider
    ANYMAIL |= {f"{_provider}_{name}".upper(): value for name, value in parse_qsl(_mail.query)}
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or 25
    EMAIL_HOST_USER = unquote(_mail.username or "")
    EMAIL_HOST_PASSWORD = unquote(_mail.password or "")
    EMAIL_USE_TLS = _mail.scheme == "smtp+tls"
    EMAIL_USE_SSL = _mail.scheme == "smtps"

# What the provider tells of mails, and hands on of letters, under /mail/: by these user:password pairs, or not at all.
MAIL_PROVIDER = text("MAIL_PROVIDER", MAIL_PROVIDER)
ANYMAIL["WEBHOOK_SECRET"] = listing("MAIL_WEBHOOK_SECRET")
# Letters about a filing ask to be answered there, at an address of their own each; empty, at the sender's.
MAIL_REPLY_DOMAIN = text("MAIL_REPLY_DOMAIN", "")
if MAIL_REPLY_DOMAIN and not (MAIL_PROVIDER and ANYMAIL["WEBHOOK_SECRET"]):
    raise ImproperlyConfigured(
        "MAIL_REPLY_DOMAIN takes replies from a mail provider: write lines MAIL_PROVIDER=… and"
        " MAIL_WEBHOOK_SECRET=user:password into the environment, too."
    )


# ── SMS and WeChat ──────────────────────────────────────────────────────────────────────────────────────────────────

# Whom codes go to, in the order in which they are tried: aliyun, tencent; nobody named, the mail server takes them.
SMS_SUPPLIERS = listing("SMS_SUPPLIERS")
SMS_ALIYUN = {
    "key_id": text("SMS_ALIYUN_KEY_ID", ""),
    "key_secret": text("SMS_ALIYUN_KEY_SECRET", ""),
    "sign": text("SMS_ALIYUN_SIGN", ""),
    "template": text("SMS_ALIYUN_TEMPLATE", ""),  # takes one variable, ${code}
}
SMS_TENCENT = {
    "key_id": text("SMS_TENCENT_KEY_ID", ""),
    "key_secret": text("SMS_TENCENT_KEY_SECRET", ""),
    "app_id": text("SMS_TENCENT_APP_ID", ""),
    "sign": text("SMS_TENCENT_SIGN", ""),
    "template": text("SMS_TENCENT_TEMPLATE", ""),  # takes one variable, {1}
}
for _supplier in SMS_SUPPLIERS:
    _account = {"aliyun": SMS_ALIYUN, "tencent": SMS_TENCENT}.get(_supplier)
    if _account is None:
        raise ImproperlyConfigured(f"SMS_SUPPLIERS knows aliyun and tencent, not {_supplier}.")
    for _name, _value in _account.items():
        if not _value:
            raise ImproperlyConfigured(
                f"Write a line SMS_{_supplier.upper()}_{_name.upper()}=… into the environment, for SMS_SUPPLIERS names"
                f" {_supplier}."
            )

# The agency's service account (服务号): people may choose it where an app id is named.
WECHAT_APP_ID = text("WECHAT_APP_ID", "")
WECHAT_APP_SECRET = text("WECHAT_APP_SECRET", "")
WECHAT_TEMPLATE = text("WECHAT_TEMPLATE", "")
# What the template calls its two fields: the filing's reference, and what is to be done.
WECHAT_FIELDS = listing("WECHAT_FIELDS", "character_string1,thing2")


# ── Logs: one line a thing that happened, from a list of allowed fields ─────────────────────────────────────────────

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"clean": {"()": "icp_portal.logs.Clean"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["clean"]},
    },
    "root": {"handlers": ["console"], "level": text("PORTAL_LOG_LEVEL", "INFO")},
    "loggers": {"django.server": {"handlers": ["console"], "propagate": False}},
}
# An address is unique whatever its capitals; the check knows no expressions
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
TEST_RUNNER = "django.test.runner.DiscoverRunner"
