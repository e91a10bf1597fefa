"""What is append-only, the database itself holds.

Revision: 0002
Follows: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Table -> when a row may not change any more, and whether it may be deleted before; None: from its first moment.
FIXED: dict[str, str | None] = {
    "achievement": None,
    "baseline_assessment": None,
    "goal_review": None,
    "kept_answer": None,
    "plan_change": None,
    "plan_revision": "OLD.finished_at IS NOT NULL",
    "plan_template_feedback": None,
    "plan_template_version": "OLD.published_at IS NOT NULL",
    "reflection_rating": None,
    "reflection_submission": None,
}
NEVER_DELETED = (
    "plan",
    "profile_entry",
    "goal",
    "action_step",
    "evidence",
    "suggestion",
    "comment",
    "help_request",
)
FIRST_DEVELOPED = "OLD.first_developed_at <> NEW.first_developed_at"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';"
            " END $$"
        )
    for table, operation, condition in _guards():
        op.execute(_trigger(table, operation, condition))


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, operation, _ in _guards():
        on_table = f" ON {table}" if is_postgresql else ""
        op.execute(f"DROP TRIGGER {_name(table, operation)}{on_table}")
    if is_postgresql:
        op.execute("DROP FUNCTION refuse_change()")


def _guards() -> list[tuple[str, str, str | None]]:
    fixed = [(table, operation, when) for table, when in FIXED.items() for operation in ("UPDATE", "DELETE")]
    kept = [(table, "DELETE", None) for table in NEVER_DELETED]
    return [*fixed, *kept, ("plan", "UPDATE", FIRST_DEVELOPED)]


def _name(table: str, operation: str) -> str:
    return f"tr_{table}_no_{operation.lower()}"


def _trigger(table: str, operation: str, condition: str | None) -> str:
    head = f"CREATE TRIGGER {_name(table, operation)} BEFORE {operation} ON {table} FOR EACH ROW"
    when = f" WHEN ({condition})" if condition else ""
    if op.get_bind().dialect.name == "postgresql":
        return f"{head}{when} EXECUTE FUNCTION refuse_change()"
    return f"{head}{when} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
