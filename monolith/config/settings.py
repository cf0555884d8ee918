"""All settings, in one file. Environments differ in variables (docs/settings.md), not in files."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from monolith.config import environment, logs

DEBUG = environment.flag("DEBUG", default=False)
STATE_DIR = environment.STATE_DIR
RELEASE = environment.text("RELEASE", "")
IS_LOCAL = environment.flag("BANYAN_LOCAL", default=environment.running("web") is not None)
SECRET_KEY = environment.text("SECRET_KEY", "")
if not SECRET_KEY:
    if not (IS_LOCAL or DEBUG):
        raise ImproperlyConfigured("SECRET_KEY is not set (BANYAN_LOCAL=yes uses a local one)")
    SECRET_KEY = "for-this-machine-only-" + "0" * 40
ALLOWED_HOSTS = environment.names("ALLOWED_HOSTS", "127.0.0.1,localhost")
CSRF_TRUSTED_ORIGINS = environment.names("CSRF_TRUSTED_ORIGINS", "")

ROOT_URLCONF = "monolith.config.urls"
WSGI_APPLICATION = "monolith.config.wsgi.application"
INSTALLED_APPS = [
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "monolith.config",
    "monolith.outbox",
    "monolith.strangler",
    "monolith.catalogue",
    "monolith.customers",
    "monolith.ordering",
    "monolith.insights",
    "monolith.trade",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "monolith.config.middleware.RequestSpan",
    "monolith.config.middleware.RequestLog",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "monolith.strangler.middleware.ReadPath",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [environment.ROOT / "monolith" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["monolith.config.template_filters", "monolith.config.pictures"],
        },
    },
]

DATABASE_URL = (
    environment.text("DATABASE_URL", "")
    or environment.running("postgres")
    or "postgresql://banyan@127.0.0.1:5432/banyan"
)
DATABASES = {"default": environment.database(DATABASE_URL)}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "Europe/London"
LANGUAGE_CODE = "en-gb"

LOGIN_URL = "customers:sign-in"
LOGIN_REDIRECT_URL = "ordering:my-orders"
LOGOUT_REDIRECT_URL = "catalogue:browse"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not IS_LOCAL
SECURE_CONTENT_TYPE_NOSNIFF = True

STATIC_URL = "static/"
STATIC_ROOT = environment.STATE_DIR / "static"
STATICFILES_DIRS = [environment.ROOT / "monolith" / "static"]
WHITENOISE_USE_FINDERS = IS_LOCAL

AWS_REGION = environment.text("AWS_REGION", "eu-west-1")
AWS_ENDPOINT_URL = environment.text("AWS_ENDPOINT_URL", "") or environment.running("aws")
if IS_LOCAL and AWS_ENDPOINT_URL:
    environment.take_made_up_credentials()

ORDERING_ANNOUNCEMENTS = environment.flag("ORDERING_ANNOUNCEMENTS", default=False)
SERVICE_TOKENS = environment.names("SERVICE_TOKENS", "")

OUTBOX_CONTRACTS = "monolith.config.outbox_contracts"
OUTBOX_TOPIC_ARNS = environment.deployed("topics")
OUTBOX_CLAIM_BUCKET = environment.text("OUTBOX_CLAIM_BUCKET", "") or environment.deployed(
    "buckets"
).get("claims", "")
OUTBOX_QUEUE_URLS = {
    name: url for name, url in environment.deployed("queues").items() if name.endswith("_events")
}
OUTBOX_SHARDS = 16
OUTBOX_WAKER_IDLE_SECONDS = environment.number("OUTBOX_WAKER_IDLE_SECONDS", 60)
OUTBOX_RELAY_IN_WORKER = environment.flag("OUTBOX_RELAY_IN_WORKER", default=True)
OUTBOX_INBOX_DAYS = environment.number("OUTBOX_INBOX_DAYS", 30)
OUTBOX_METRICS_PORT = int(environment.number("OUTBOX_METRICS_PORT", 0))
METRICS_TOKEN = environment.text("METRICS_TOKEN", "")
OUTBOX_RETENTION_DAYS = int(environment.number("OUTBOX_RETENTION_DAYS", 7))
STRANGLER_SERVICE_URLS = environment.deployed("services")
STRANGLER_EDGE_URLS = environment.deployed("edges")
STRANGLER_EDGE_KEY = environment.text("STRANGLER_EDGE_KEY", "") or environment.deployed("keys").get(
    "edge_signing", ""
)
STRANGLER_EDGE_TOKEN_SECONDS = int(
    environment.number("STRANGLER_EDGE_TOKEN_SECONDS", 300, most=3600)
)
STRANGLER_DEAD_LETTER_URLS = {
    name.removesuffix("_events_dead"): url
    for name, url in environment.deployed("queues").items()
    if name.endswith("_events_dead")
}
STRANGLER_KILL = environment.names("STRANGLER_KILL", "")
STRANGLER_KILL_FILE = environment.STATE_DIR / "kill"
STRANGLER_RUNBOOK_PAGE = (
    "order_history",
    environment.ROOT / "docs" / "runbook" / "tasks" / "move-a-path.md",
)
STRANGLER_THROTTLE_FILE = environment.STATE_DIR / "throttle"
STRANGLER_BACKFILL_MAX_PENDING = int(environment.number("STRANGLER_BACKFILL_MAX_PENDING", 2000))
# A local shop has few customers and its engineer little time: the evidence is scaled down.
STRANGLER_PROFILE = environment.text("STRANGLER_PROFILE", "demo" if IS_LOCAL else "standard")
STRANGLER_WATCH_IN_WORKER = environment.flag("STRANGLER_WATCH_IN_WORKER", default=True)
STRANGLER_TIMEOUT_SECONDS = environment.number("STRANGLER_TIMEOUT_SECONDS", 0.4)
STRANGLER_SAMPLE_KEYS = environment.names("STRANGLER_SAMPLE_KEYS", "")
if IS_LOCAL and not STRANGLER_SAMPLE_KEYS:
    STRANGLER_SAMPLE_KEYS = [environment.made_up_key(SECRET_KEY)]

CELERY_BROKER_URL = environment.text("CELERY_BROKER_URL", "sqs://")
CELERY_TASK_QUEUE_URL = environment.deployed("queues").get("tasks", "")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": environment.text("API_RATE_ANONYMOUS", "120/min"),
        "user": environment.text("API_RATE_CUSTOMER", "600/min"),
    },
    # How many proxies stand in front: whoever forges X-Forwarded-For dodges no limit.
    "NUM_PROXIES": int(environment.number("API_PROXIES", 0)),
    "EXCEPTION_HANDLER": "monolith.config.problems.answer_problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Banyan shop",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "monolith.config.api_document.add_problems",
    ],
}
UNFOLD = {
    "SITE_TITLE": "Banyan",
    "SITE_HEADER": "Banyan staff",
    "SITE_SYMBOL": "park",
    # The shop's own green, from light to dark.
    "COLORS": {
        "primary": {
            "50": "#eef6f2",
            "100": "#d6eae0",
            "200": "#b0d5c4",
            "300": "#80b9a2",
            "400": "#549a80",
            "500": "#397f66",
            "600": "#2b6652",
            "700": "#245243",
            "800": "#1f4237",
            "900": "#1b372f",
            "950": "#0d1f1a",
        }
    },
}

TRACES_ENDPOINT = environment.text("OTEL_EXPORTER_OTLP_ENDPOINT", "")
TRACES_RATIO = environment.number("OTEL_TRACES_SAMPLER_ARG", 1, most=1)
TRACES_FILE = STATE_DIR / "logs" / "spans.jsonl" if environment.running("pid") else None

LOGGING_CONFIG = None
logs.configure(level=environment.text("LOG_LEVEL", "INFO"))
