"""What every part of launching works with, made once for a process."""

from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.clock import Clock, utc_now
from lti_plp.database import SecretBox
from lti_plp.launch.jwks import PlatformKeys
from lti_plp.launch.keys import KeyRing
from lti_plp.launch.platforms import HeldPlatforms
from lti_plp.launch.services.http import PlatformHttp
from lti_plp.settings import Settings


@dataclass(frozen=True)
class Toolbox:
    """Settings, clock, secrets, keys and the way out to platforms; shared by all threads of a process."""

    settings: Settings
    clock: Clock
    secrets: SecretBox
    keys: KeyRing
    platform_keys: PlatformKeys
    platforms: HeldPlatforms
    http: PlatformHttp
    engine: Engine
    """For prepared statements on a connection, where every tenth of a millisecond counts."""
    sessions: sessionmaker[Session]
    """Short transactions of their own, such as those around a call to a platform."""


def make_toolbox(settings: Settings, engine: Engine, clock: Clock = utc_now) -> Toolbox:
    """Put a process's toolbox together."""
    secrets = SecretBox(settings.secrets)
    return Toolbox(
        settings=settings,
        clock=clock,
        secrets=secrets,
        keys=KeyRing(secrets),
        platform_keys=PlatformKeys(engine, clock, settings.jwks_timeout_seconds),
        platforms=HeldPlatforms(engine, clock),
        http=PlatformHttp(settings),
        engine=engine,
        sessions=sessionmaker(engine, expire_on_commit=False),
    )
