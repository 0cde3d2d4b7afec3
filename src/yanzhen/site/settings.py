"""Django's settings, all from :class:`yanzhen.site.env.Env`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONCE, NONE, SELF

from yanzhen.site.env import Env

YANZHEN = Env()
YANZHEN.data = YANZHEN.data.resolve()
YANZHEN.data.mkdir(parents=True, exist_ok=True)
SECRET_KEY = YANZHEN.secret()
YANZHEN.key_file = YANZHEN.keys()

BASE_DIR = Path(__file__).resolve().parent.parent
DEBUG = False
DEMO = YANZHEN.mode == "demo"
TESTING = YANZHEN.mode == "test"
ALLOWED_HOSTS = [host.strip() for host in YANZHEN.hosts.split(",")] + (["testserver"] if TESTING else [])
CSRF_TRUSTED_ORIGINS = [YANZHEN.base_url]
ROOT_URLCONF = "yanzhen.site.urls"
WSGI_APPLICATION = "yanzhen.site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "yanzhen.kernel.accounts",  # before the login library: its templates take the place of the library's
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "treebeard",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "yanzhen.kernel.ui",
    "yanzhen.kernel.trail",
    "yanzhen.kernel.rulebook",
    "yanzhen.kernel.tasks",
    "yanzhen.kernel.worktime",
    "yanzhen.kernel.files",
    "yanzhen.kernel.intake",
    "yanzhen.kernel.notify",
    "yanzhen.registry",
    "yanzhen.datahub",
    "yanzhen.measures",
    "yanzhen.procedures",
    "yanzhen.matters",
    "yanzhen.democracy",
    "yanzhen.site",
]

MIDDLEWARE = [
    "yanzhen.kernel.accounts.web.middleware.client_address",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "yanzhen.site.web.middleware.request_log",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "yanzhen.kernel.accounts.web.middleware.idle",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "yanzhen.registry.web.middleware.actor",
    "yanzhen.kernel.accounts.web.middleware.gate",
    "yanzhen.site.web.middleware.domain_errors",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "yanzhen.kernel.ui.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "yanzhen.kernel.ui.templatetags.ui"],
        },
    }
]

_url = (
    YANZHEN.database_url.get_secret_value() if YANZHEN.database_url else f"sqlite:///{YANZHEN.data / 'yanzhen.sqlite3'}"
)
DATABASES = {"default": dj_database_url.parse(_url, conn_max_age=60, conn_health_checks=True)}
IS_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if IS_SQLITE:
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
    }
else:  # rows lie on solid state disks: without this the planner reads a whole table backwards for a rare word
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c random_page_cost=1.1")

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "yanzhen"},
    # Counters that all processes share (limits of the public pages, used challenges).
    "shared": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}
TASKS = {
    "default": {
        "BACKEND": "django_tasks.backends.immediate.ImmediateBackend" if TESTING else "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default"],
    }
}

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher" if TESTING else "django.contrib.auth.hashers.Argon2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "yanzhen.kernel.accounts.validators.Length", "OPTIONS": {"minimum": YANZHEN.password_min}},
    {"NAME": "yanzhen.kernel.accounts.validators.Classes", "OPTIONS": {"minimum": YANZHEN.password_classes}},
    {"NAME": "yanzhen.kernel.accounts.validators.NotTheName"},
    {"NAME": "yanzhen.kernel.accounts.validators.NotAgain", "OPTIONS": {"last": 5}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
REQUIRE_TOTP = YANZHEN.totp_required()
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "yanzhen.kernel.accounts.adapter.ClosedAdapter"
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_FORMS = {
    "login": "yanzhen.kernel.accounts.forms.Login",
    "change_password": "yanzhen.kernel.accounts.forms.ChangePassword",
}
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
# The lock by (user, address) is axes'; these hold back guessing from many addresses and guessing of codes.
ACCOUNT_RATE_LIMITS = {"login": "1200/m/ip", "login_failed": f"120/m/ip,{max(10, 2 * YANZHEN.lock_after)}/5m/key"}
MFA_ADAPTER = "yanzhen.kernel.accounts.adapter.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_FORMS = {"authenticate": "yanzhen.kernel.accounts.adapter.CodeForm"}
AXES_FAILURE_LIMIT = YANZHEN.lock_after
AXES_COOLOFF_TIME = YANZHEN.lock_minutes / 60
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # logins are in the trail

SESSION_COOKIE_AGE = YANZHEN.idle_minutes * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "yanzhen.kernel.ui.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = YANZHEN.https
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31536000 if YANZHEN.https else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
if YANZHEN.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "worker-src": [SELF],
        "manifest-src": [SELF],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

STATIC_URL = "static/"
STATIC_ROOT = YANZHEN.data / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # the static files middleware warns about a missing folder
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": YANZHEN.data / "files"},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if YANZHEN.s3_bucket:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": YANZHEN.s3_bucket,
            "endpoint_url": YANZHEN.s3_endpoint or None,
            "querystring_auth": True,
        },
    }
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_PERMISSIONS = 0o600
DEFAULT_FROM_EMAIL = f"yanzhen@{ALLOWED_HOSTS[0]}"
if YANZHEN.mail_url:
    _mail = urlsplit(YANZHEN.mail_url)
    EMAIL_HOST, EMAIL_PORT = _mail.hostname or "localhost", _mail.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_mail.username or ""), unquote(_mail.password or "")
    EMAIL_USE_SSL = _mail.scheme == "smtps"
    EMAIL_TIMEOUT = 20
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = YANZHEN.data / "mail"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # redirects to HTTPS are nginx's task (deploy/nginx.conf)
LOGGING_CONFIG = None
