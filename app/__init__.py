"""Pro Bono Desk: one docket for legal aid programmes and the attorneys who volunteer."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.core import access, db, errors, i18n, sealed

if TYPE_CHECKING:
    from config import Settings

PACKAGES = (
    "accounts",
    "tasks",
    "clients",
    "volunteers",
    "matching",
    "casework",
    "engagement",
    "metrics",
    "desk",
)


def create_app(settings: Settings) -> Flask:
    """Build the application from its settings."""
    app = Flask(__name__, instance_path=None)
    app.config.from_mapping(_flask_config(settings))
    app.extensions["settings"] = settings
    sealed.use_keys(sealed.KeyRing.from_settings(settings.data_key, settings.index_key))
    db.init_app(app, settings.database_url)
    for part in (i18n, access, errors):
        part.init_app(app)
    for name in ("web", "limits", "logs", "delivery", "health", "bounce_hook"):
        import_module(f"app.core.{name}").init_app(app)
    for name in PACKAGES:
        import_module(f"app.{name}.wiring").init_app(app)
    import_module("app.cli").init_app(app)
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, *[settings.proxies] * 4)  # type: ignore[method-assign]
    _keep_for_good()
    return app


def _keep_for_good() -> None:
    """What the application is made of stays: the collector looks at what comes after, and not at every turn."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _flask_config(settings: Settings) -> dict[str, object]:
    https = settings.outside_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "SESSION_COOKIE_NAME": "desk",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "PREFERRED_URL_SCHEME": "https" if https else "http",
        "MAX_CONTENT_LENGTH": 1_000_000,
        "MAX_FORM_MEMORY_SIZE": 500_000,
        "MAX_FORM_PARTS": 400,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_TRANSLATION_DIRECTORIES": _translations(),
        "BABEL_DEFAULT_LOCALE": "en",
        "MAIL_SERVER": settings.mail_server,
        "MAIL_PORT": settings.mail_port,
        "MAIL_USE_TLS": settings.mail_use_tls,
        "MAIL_USE_SSL": settings.mail_use_ssl,
        "MAIL_USERNAME": settings.mail_username or None,
        "MAIL_PASSWORD": settings.mail_password or None,
        "MAIL_DEFAULT_SENDER": settings.mail_sender,
        "MAIL_SUPPRESS_SEND": False,
    }


def _translations() -> str:
    """Every package keeps the Spanish of its own pages."""
    return ";".join(["translations", *(f"{name}/translations" for name in PACKAGES)])
