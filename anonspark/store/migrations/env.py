"""What Alembic runs: the migrations on the connection that `store/migrate.py` hands over."""

from alembic import context

from anonspark.store.models import Base

# The caller's transaction holds a lock, so that two processes do not migrate at once.
context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
