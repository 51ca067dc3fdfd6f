"""The tables of the store brought to what this engine knows."""

import logging
from importlib.resources import as_file, files
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from anonspark.errors import InputError

log = logging.getLogger(__name__)

LOCK: Final = 0x616E6F6E  # "anon"
"""The number of PostgreSQL's advisory lock under which tables are changed."""


def upgrade(engine: Engine, name: str) -> None:
    """Create the tables, or bring those of an older engine to this one's; several processes may do so at once.

    Args:
        engine: Of the database.
        name: What messages call it.

    Raises:
        InputError: A newer engine has changed the tables.
    """
    with as_file(files("anonspark.store") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        known = ScriptDirectory.from_config(config)
        head = known.get_current_head()
        with engine.connect() as connection:
            if _is_current(connection, known, head, name):
                return
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
            if not _is_current(connection, known, head, name):
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                log.info("the tables of %s are at %s now", name, head)


def _is_current(connection: Connection, known: ScriptDirectory, head: str | None, name: str) -> bool:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {script.revision for script in known.walk_revisions()}:
        raise InputError(
            f"The vault {name} was changed by a newer anonspark, to tables that this one does not know; upgrade "
            "anonspark, or name another vault.",
            field="settings.vault",
        )
    return found == head
