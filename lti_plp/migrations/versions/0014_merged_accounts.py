"""Which instance of a platform a deployment is, what each course calls its people, and nothing new of who was joined.

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = "this person was joined to another"
# What moves when two people are joined, or ends then, names nobody who was given up. A score is not held up: it is of
# the gradebook's student, whoever that is here.
GUARDED = {
    "person_id": (
        *("identity", "enrolment", "stand_in", "web_session", "canvas_grant", "canvas_consent", "plan"),
        *("reflection", "hand_in", "handed_in_copy", "judgement", "rating", "meeting_participant"),
        *("saved_view", "starter_comment"),
    ),
    "author_id": ("reflection", "reflection_template"),
    "owner_id": ("stored_file",),
    "adult_id": ("relationship",),
    "student_id": ("relationship",),
    "for_id": ("stand_in",),
}
# Until now nobody had two names with one issuer.
FILL = """
UPDATE enrolment SET subject = coalesce((
    SELECT min(identity.subject) FROM identity
    JOIN registration ON registration.issuer = identity.issuer
    JOIN deployment ON deployment.registration_id = registration.id
    JOIN course ON course.deployment_id = deployment.id
    WHERE course.id = enrolment.course_id AND identity.person_id = enrolment.person_id
), '')
"""


def upgrade() -> None:
    for table, column in (("deployment", "platform_guid"), ("enrolment", "subject")):
        op.add_column(table, sa.Column(column, sa.String(255), server_default="", nullable=False))
    op.execute(FILL)
    op.create_index("ix_person_judgement_second_id", "person_judgement", ["second_id"])
    for column, tables in GUARDED.items():
        if _is_postgresql():
            op.execute(_function(column))
        for table in tables:
            for operation in ("INSERT", f"UPDATE OF {column}"):
                op.execute(_trigger(table, column, operation))


def downgrade() -> None:
    for column, tables in GUARDED.items():
        for table in tables:
            for operation in ("INSERT", "UPDATE"):
                on_table = f" ON {table}" if _is_postgresql() else ""
                op.execute(f"DROP TRIGGER {_name(table, column, operation)}{on_table}")
        if _is_postgresql():
            op.execute(f"DROP FUNCTION refuse_joined_{column}()")
    op.drop_index("ix_person_judgement_second_id", "person_judgement")
    op.drop_column("enrolment", "subject")
    op.drop_column("deployment", "platform_guid")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _was_joined(column: str) -> str:
    # The column is one of ours.
    given_up = f"kept_id <> NEW.{column} AND NEW.{column} IN (first_id, second_id)"
    return f"EXISTS (SELECT 1 FROM person_judgement WHERE {given_up})"  # noqa: S608


def _function(column: str) -> str:
    # Joining holds the row of the person: whoever comes meanwhile waits, and sees then what was said.
    return (
        f"CREATE FUNCTION refuse_joined_{column}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" PERFORM 1 FROM person WHERE id = NEW.{column} FOR KEY SHARE;"
        f" IF {_was_joined(column)} THEN"
        f" RAISE EXCEPTION '{TEXT}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
        " RETURN NEW; END $$"
    )


def _name(table: str, column: str, operation: str) -> str:
    return f"tr_{table}_{column}_joined_{operation.split(maxsplit=1)[0].lower()}"


def _trigger(table: str, column: str, operation: str) -> str:
    head = f"CREATE TRIGGER {_name(table, column, operation)} BEFORE {operation} ON {table} FOR EACH ROW"
    if _is_postgresql():
        return f"{head} EXECUTE FUNCTION refuse_joined_{column}()"
    return f"{head} WHEN {_was_joined(column)} BEGIN SELECT RAISE(ABORT, '{TEXT}'); END"
