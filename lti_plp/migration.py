"""Bringing a database to the tables of this version."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, StaticPool, create_engine


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return config


def upgrade(engine: Engine) -> None:
    """Run every migration that this database has not seen, in one transaction."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Take migrations back to ``revision``; tables that came later are dropped with all that is in them."""
    config = _config()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


def is_current(connection: Connection) -> bool:
    """Say whether the database has the tables of this version."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == newest


def make_revision(message: str) -> None:
    """Write a migration for the difference between the tables in code and those of the existing migrations."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    upgrade(engine)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
        command.revision(config, message=message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    make_revision(sys.argv[1])
