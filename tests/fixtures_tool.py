"""The tool under test: a real application on a real database, and a platform that it knows."""

import functools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from lti_plp.app import create_app
from lti_plp.clock import utc_now
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.models import Deployment, Tenant
from lti_plp.migration import upgrade
from lti_plp.settings import Settings
from lti_plp.views.database import db
from tests.fixtures_database import SECRET
from tests.launching import Browser
from tests.platform_server import PlatformServer


@dataclass
class MovableClock:
    """The present moment, plus what a test adds."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def forward(self, **duration: float) -> None:
        """Let time pass."""
        self.ahead += timedelta(**duration)


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def platform() -> Iterator[PlatformServer]:
    with PlatformServer() as server:
        yield server


@pytest.fixture
def tool_settings(tmp_path: Path, sqlite_original: Path) -> Settings:
    """A database of the test's own; its tables and its key are copied, which is much quicker than making them."""
    file = shutil.copy(sqlite_original, tmp_path / "tool.sqlite3")
    return Settings(
        secret_key=SECRET,
        database_url=f"sqlite:///{file}",
        allow_private_networks=True,
        # On a busy machine the test platform may take its time; what a slow one does, tests that say so look at.
        jwks_timeout_seconds=20,
    )


class CompiledOnce(BytecodeCache):
    """Code of templates, for all applications of a test process: it follows from the text and the language alone."""

    _made: ClassVar[dict[tuple[str, str, str], CodeType]] = {}

    def __init__(self, locale: str) -> None:
        self._locale = locale

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        bucket.code = self._made.get((self._locale, bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled now."""
        if bucket.code:
            self._made[self._locale, bucket.key, bucket.checksum] = bucket.code


@pytest.fixture(scope="session")
def rules_compiled_once() -> Iterator[None]:
    """Each address's pattern becomes a function once for a test process, not for each application anew.

    That is nine tenths of what making an application takes. The function takes the rule as its argument, and knows
    nothing of it but the pattern's parts.
    """
    compiled = Rule._compile_builder
    made: dict[Any, Any] = {}

    @functools.wraps(compiled)
    def compile_once(self: Rule, append_unknown: bool = True) -> Any:
        key = (self.rule, tuple(self._trace), repr(self.defaults), append_unknown)
        if key not in made:
            made[key] = compiled(self, append_unknown)
        return made[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        yield


@pytest.fixture
def app(tool_settings: Settings, clock: MovableClock, rules_compiled_once: None) -> Iterator[Flask]:
    """The application on a database of its own, with a signing key."""
    app = create_app(tool_settings, clock)
    for locale, environment in app.extensions["lti_plp_environments"].items():
        environment.bytecode_cache = CompiledOnce(locale)
    box: Toolbox = app.extensions["lti_plp"]
    with app.app_context():
        if not inspect(db.engine).has_table("plan"):
            upgrade(db.engine)
    with box.sessions.begin() as session:
        box.keys.ensure_key(session, clock())
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def toolbox(app: Flask) -> Toolbox:
    box: Toolbox = app.extensions["lti_plp"]
    return box


Register = Callable[..., Registration]


@pytest.fixture
def register(toolbox: Toolbox) -> Register:
    """Make a registration of a platform, with one active deployment, in a tenant of the given name."""

    def make(platform: PlatformServer, tenant: str = "Maple Hollow", kind: str = "canvas") -> Registration:
        with toolbox.sessions.begin() as session:
            registration = registration_of(platform, kind)
            session.add(registration)
            session.flush()
            session.add(
                Deployment(
                    registration_id=registration.id,
                    tenant_id=tenant_id(session, tenant),
                    lti_deployment_id=platform.deployment_id,
                    status="active",
                    first_seen_at=utc_now(),
                )
            )
        return registration

    return make


def registration_of(platform: PlatformServer, kind: str = "canvas") -> Registration:
    """A registration row for a platform, not yet stored."""
    return Registration(
        kind=kind,
        name="Maple Hollow School",
        issuer=platform.issuer,
        client_id=platform.client_id,
        auth_url=f"{platform.url}/authorize",
        token_url=f"{platform.url}/token",
        jwks_url=f"{platform.url}/jwks",
        created_at=utc_now(),
    )


def tenant_id(session: Session, name: str) -> int:
    """The tenant of this name, made if need be."""
    found = session.scalar(select(Tenant.id).where(Tenant.name == name))
    if found is None:
        tenant = Tenant(name=name, created_at=utc_now())
        session.add(tenant)
        session.flush()
        found = tenant.id
    return found


@pytest.fixture
def registration(register: Register, platform: PlatformServer) -> Registration:
    """The platform is known to the tool."""
    return register(platform)


@pytest.fixture
def browser(app: Flask, platform: PlatformServer, registration: Registration) -> Browser:
    """A browser that keeps cookies, before a tool that knows the platform."""
    return Browser(app, platform)
