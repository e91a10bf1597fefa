"""How many statements a launch takes, counted in this process."""

import secrets
import tempfile
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from lti_plp.app import create_app
from lti_plp.settings import Settings
from lti_plp.views.database import db
from lti_plp.views.security import BROWSER_COOKIE
from tests.benchmarks.launching import Signer, Target
from tests.benchmarks.servers import platform_process, prepare
from tests.factories import traced


def queries_per_launch() -> dict[str, int]:
    """Statements of a login, and of a launch with its page, for somebody who was here before."""
    with tempfile.TemporaryDirectory() as folder, platform_process() as platform:
        settings = Settings(
            secret_key=secrets.token_urlsafe(32), database_url=f"sqlite:///{Path(folder) / 'tool.sqlite3'}"
        )
        signer = Signer()
        platform.control(jwks=signer.jwks())
        template_id = prepare(settings, platform.url)
        app = create_app(settings)
        target = Target("lti_plp", 8000, platform.url, signer, template_id)
        with app.app_context():
            engine = db.engine
        client = app.test_client()
        client.set_cookie(BROWSER_COOKIE, secrets.token_urlsafe(24), secure=True, path="/")
        counts = {}
        for _ in range(2):
            with traced(engine) as seen:
                answer = client.post("/lti/login", data=target._login())
            counts["login"] = len(seen)
            query = parse_qs(urlsplit(answer.location).query)
            token = signer.sign(target._claims(query["nonce"][0], 1))
            with traced(engine) as seen:
                answer = client.post("/lti/launch", data={"id_token": token, "state": query["state"][0]})
            counts["launch and page"] = len(seen)
            assert answer.status_code == 200
        engine.dispose()
        return counts
