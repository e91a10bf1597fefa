"""The peer: PyLTI1p3 as its README shows it for Flask, with launch data in the Flask session and a page of 1 kB."""

import os

from flask import Flask, render_template_string
from pylti1p3.contrib.flask.message_launch import FlaskMessageLaunch
from pylti1p3.contrib.flask.oidc_login import FlaskOIDCLogin
from pylti1p3.contrib.flask.request import FlaskRequest
from pylti1p3.tool_config.dict import ToolConfDict

PLATFORM = os.environ["BENCH_PLATFORM"]
PAGE = (
    "<!doctype html><html><body><h1>{{ name }}</h1>" + "<p>Some words of a page.</p>" * 30 + "</body></html>"
)


def create_app() -> Flask:
    """Return the application."""
    app = Flask(__name__)
    app.secret_key = os.environ["BENCH_SECRET"]
    app.config.update(SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="None")
    config = ToolConfDict(
        {
            PLATFORM: [
                {
                    "default": True,
                    "client_id": "bench-client",
                    "auth_login_url": f"{PLATFORM}/authorize",
                    "auth_token_url": f"{PLATFORM}/token",
                    "key_set_url": f"{PLATFORM}/jwks",
                    "deployment_ids": ["bench-deployment"],
                }
            ]
        }
    )

    @app.post("/lti/login")
    def login():
        request = FlaskRequest()
        return FlaskOIDCLogin(request, config).redirect(request.get_param("target_link_uri"))

    @app.post("/lti/launch")
    def launch():
        message = FlaskMessageLaunch(FlaskRequest(), config)
        return render_template_string(PAGE, name=message.get_launch_data().get("name", ""))

    return app
