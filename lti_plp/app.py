"""create_app(): the one place where the rooms are joined."""

import gc
from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from lti_plp.adapters import gateways
from lti_plp.clock import Clock, utc_now
from lti_plp.database import prepare_engine
from lti_plp.files.cabinet import make_cabinet
from lti_plp.launch.toolbox import make_toolbox
from lti_plp.lms.queue import make_queue
from lti_plp.settings import Settings, load_settings
from lti_plp.views import (
    addresses,
    adults,
    allowed,
    assets,
    copies,
    course,
    database,
    errors,
    files,
    hand_ins,
    health,
    language,
    launch,
    picker,
    plan,
    reflections,
    registration,
    rendering,
    security,
    student,
    teacher,
    visit,
    watching,
)
from lti_plp.views.links import RowNumber
from lti_plp.views.rendering import LanguageEnvironment
from lti_plp.views.security import NoSession


class WebApplication(Flask):
    """Flask with our way of compiling templates, and without its session cookie: ours are web sessions of launches."""

    jinja_environment = LanguageEnvironment
    session_interface = NoSession()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return ``func`` as it is: none of ours is asynchronous, and Flask would look anew at each call."""
        return func


def create_app(settings: Settings | None = None, clock: Clock = utc_now) -> Flask:
    """Return the web application.

    :raise ValueError: when a setting is missing or wrong; the text says which.
    """
    settings = (settings or load_settings()).checked()
    app = WebApplication(__name__, template_folder="views/templates", static_folder="views/static")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        MAX_CONTENT_LENGTH=settings.max_body_kilobytes * 1024,
        MAX_FORM_MEMORY_SIZE=settings.max_body_kilobytes * 1024,
        BABEL_DEFAULT_LOCALE=settings.default_locale,
        BABEL_TRANSLATION_DIRECTORIES="views/translations",
    )
    app.url_map.converters["int"] = RowNumber
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]

    database.db.init_app(app)
    with app.app_context():
        prepare_engine(database.db.engine)
        box = make_toolbox(settings, database.db.engine, clock)
        cabinet = make_cabinet(settings, database.db.engine)
    app.extensions["lti_plp"] = box
    app.extensions["lti_plp_gateways"] = gateways(box)
    app.extensions["lti_plp_files"] = cabinet
    # Rooms that use files say here who else may read one: see `lti_plp.files.access.MayRead`.
    app.extensions["lti_plp_may_read"] = []
    app.extensions["lti_plp_queue"] = make_queue(settings.queue_url, settings.database_url)

    database.init_app(app)
    watching.init_app(app, settings.log_level)
    security.init_app(app)
    language.init_app(app)
    visit.init_app(app)
    addresses.init_app(app)
    assets.init_app(app)
    files.init_app(app)
    errors.register_error_handlers(app)
    rooms = (
        health,
        launch,
        allowed,
        registration,
        student,
        teacher,
        copies,
        picker,
        course,
        files,
        hand_ins,
        plan,
        reflections,
        adults,
    )
    for room in rooms:
        app.register_blueprint(room.bp)
    # Last: what the rooms tell templates is known now.
    rendering.init_app(app)
    return app


def web_process() -> Flask:
    """Return the application for a web server's process, from the environment's settings.

    :raise ValueError: as :func:`create_app`.
    """
    app = create_app()
    # What exists now lives as long as the process, and the garbage collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    return app
