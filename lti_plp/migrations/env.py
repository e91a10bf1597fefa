"""How Alembic finds tables and database; the connection is handed in by ``lti_plp.migration``."""

from alembic import context

import lti_plp.canvas.models
import lti_plp.files.models
import lti_plp.launch.models
import lti_plp.lms.coursework_models
import lti_plp.lms.models
import lti_plp.plp.models  # noqa: F401  these fill the metadata
from lti_plp.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters a table by making it anew.
    render_as_batch=True,
    compare_type=True,
    user_module_prefix="database.",
)
with context.begin_transaction():
    context.run_migrations()
