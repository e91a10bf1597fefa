"""Every setting once: name, type, default, one line of meaning.

A setting ``database_url`` is read from the environment variable ``LTI_PLP_DATABASE_URL``, else from the key
``LTI_PLP_DATABASE_URL`` of the TOML file that ``LTI_PLP_CONFIG`` names, else it has its default.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PREFIX = "LTI_PLP_"


def _setting(default: Any, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Settings:
    """All settings of one running tool."""

    public_url: str = _setting(
        "http://127.0.0.1:8000", "Address of the tool as browsers and platforms see it."
    )
    secret_key: str = _setting(
        "", "Secret of at least 32 characters; encrypts stored keys and tokens, signs form tokens."
    )
    old_secret_keys: str = _setting("", "Earlier secrets, separated by commas, still accepted for reading.")
    database_url: str = _setting("sqlite:///lti_plp.sqlite3", "SQLAlchemy URL of the database.")
    queue_url: str = _setting(
        "",
        "Where signals to workers wait: empty for beside or in the database, or a redis:// or postgresql:// URL.",
    )
    storage_url: str = _setting(
        "",
        "Where files are kept: empty for a folder `files` beside the SQLite database or in the working folder, "
        "or a file:/// or s3:// URL.",
    )
    upload_dir: str = _setting(
        "",
        "Folder of unfinished uploads, which all web processes must share; empty for `uploads` beside `files`.",
    )
    upload_hours: int = _setting(24, "An upload that is not finished after this many hours is cleared away.")
    max_file_megabytes: int = _setting(200, "Larger files are refused.")
    student_quota_megabytes: int = _setting(2000, "How much one person's files may take up together.")
    config_dir: str = _setting(
        "", "Folder of prompts and other data files; empty for the one that was installed."
    )
    default_locale: str = _setting("en", "Language of pages when neither launch nor browser says one.")
    session_idle_minutes: int = _setting(120, "A web session ends after this many minutes without a request.")
    session_max_hours: int = _setting(12, "A web session ends after this many hours in any case.")
    login_minutes: int = _setting(10, "How long a login may take until its launch arrives.")
    grace_days: int = _setting(
        14, "How long a teacher still sees a student's plan after one of them has left the course."
    )
    clock_leeway_seconds: int = _setting(60, "How far a platform's clock may differ from ours.")
    http_timeout_seconds: int = _setting(10, "How long one answer of a platform is awaited.")
    jwks_timeout_seconds: int = _setting(3, "How long a platform's key set is awaited.")
    max_body_kilobytes: int = _setting(512, "Larger request bodies are refused.")
    trusted_proxies: int = _setting(0, "How many reverse proxies in front set X-Forwarded-* headers.")
    allow_private_networks: bool = _setting(
        False, "Let dynamic registration reach this machine's own addresses, for a trial."
    )
    log_level: str = _setting("INFO", "Least severe log line that is written.")

    @property
    def config_folder(self) -> Path:
        """Folder of data files: as set, else the installed one, else the checkout's."""
        if self.config_dir:
            return Path(self.config_dir)
        beside = Path(__file__).parent.parent
        installed = beside / "lti_plp_config"
        return installed if installed.is_dir() else beside / "config"

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of the public address."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def secrets(self) -> list[str]:
        """The present secret first, then earlier ones."""
        earlier = [secret.strip() for secret in self.old_secret_keys.split(",")]
        return [secret for secret in [self.secret_key, *earlier] if secret]

    def checked(self) -> "Settings":
        """Return these settings when they make sense together.

        :raise ValueError: when a setting is missing or out of bounds; the message names it and says how to mend it.
        """
        if len(self.secret_key) < 32:
            raise ValueError(f"{PREFIX}SECRET_KEY is missing or shorter than 32 characters.")
        parts = urlsplit(self.public_url)
        loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
            raise ValueError(f"{PREFIX}PUBLIC_URL must begin with https:// (http:// only on this machine).")
        if parts.path not in {"", "/"} or parts.query or parts.fragment:
            raise ValueError(f"{PREFIX}PUBLIC_URL must be an origin without a path.")
        return self


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read settings from overrides, the environment and the TOML file, in this order of precedence.

    :raise ValueError: when a value has the wrong type, or a name in the file is not a setting.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    from_file = _read_file(environ.get(f"{PREFIX}CONFIG", ""))
    known = {PREFIX + item.name.upper(): item for item in fields(Settings)}
    unknown = sorted(set(from_file) - set(known))
    if unknown:
        raise ValueError(f"Unknown settings in the configuration file: {', '.join(unknown)}")
    for name, item in known.items():
        if name in environ:
            values[item.name] = _convert(name, environ[name], type(item.default))
        elif name in from_file:
            values[item.name] = _convert(name, from_file[name], type(item.default))
    values.update(overrides)
    return Settings(**values)


def _read_file(path: str) -> dict[str, Any]:
    if not path:
        return {}
    with Path(path).open("rb") as file:
        return tomllib.load(file)


def _convert(name: str, value: Any, wanted: type) -> Any:
    if wanted is bool:
        text = str(value).strip().lower()
        if text in {"1", "true", "yes", "on"}:
            return True
        if text in {"0", "false", "no", "off", ""}:
            return False
        raise ValueError(f"{name} must be true or false.")
    try:
        return wanted(value)
    except ValueError as problem:
        raise ValueError(f"{name} must be of type {wanted.__name__}.") from problem
