"""Tables of the adults around the plan; what is append-only among them, the database itself holds.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

from lti_plp import database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "element_mark",
    "pathway_version",
    "plan_look",
    "shared_template_feedback",
    "shared_template_version",
    "transition_agreement",
)
NEVER_DELETED = (
    "meeting",
    "meeting_note",
    "pathway",
    "pathway_participation",
    "relationship",
    "stand_in",
    "transition_plan",
)


def upgrade() -> None:
    op.create_table(
        "school_year",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("periods", sa.JSON(), nullable=False),
        sa.Column("plans_due_on", sa.Date(), nullable=True),
        sa.CheckConstraint("first_day < last_day", name=op.f("ck_school_year_dates")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_school_year_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school_year")),
        sa.UniqueConstraint("tenant_id", "first_day", name=op.f("uq_school_year_tenant_id_first_day")),
    )
    op.create_table(
        "pathway",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("provider", sa.String(length=255), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("aptitudes", sa.Text(), nullable=False),
        sa.Column("coursework", sa.Text(), nullable=False),
        sa.Column("readiness", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("first_grade", sa.Integer(), nullable=False),
        sa.Column("last_grade", sa.Integer(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("prerequisites", sa.JSON(), nullable=False),
        sa.Column("proficiencies", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("changed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("first_grade <= last_grade", name=op.f("ck_pathway_grades")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_pathway_dates")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_pathway_made_by_person")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_pathway_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pathway")),
        sa.UniqueConstraint("tenant_id", "title", name=op.f("uq_pathway_tenant_id_title")),
    )
    op.create_table(
        "relationship",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("adult_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("student_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('advisor', 'counselor', 'case_manager', 'mentor', 'advocate')",
            name=op.f("ck_relationship_kind"),
        ),
        sa.CheckConstraint("adult_id <> student_id", name=op.f("ck_relationship_two_people")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_relationship_dates")),
        sa.ForeignKeyConstraint(["adult_id"], ["person.id"], name=op.f("fk_relationship_adult_id_person")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_relationship_made_by_person")),
        sa.ForeignKeyConstraint(
            ["student_id"], ["person.id"], name=op.f("fk_relationship_student_id_person")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_relationship_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relationship")),
    )
    op.create_index(op.f("ix_relationship_student_id"), "relationship", ["student_id"], unique=False)
    op.create_index(
        "uq_relationship_open",
        "relationship",
        ["adult_id", "student_id", "kind"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_view_person_id_name")),
    )
    op.create_table(
        "shared_template",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("origin_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("scope IN ('school', 'everyone')", name=op.f("ck_shared_template_scope")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_shared_template_author_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["origin_id"], ["shared_template.id"], name=op.f("fk_shared_template_origin_id_shared_template")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_shared_template_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_template")),
    )
    op.create_index(op.f("ix_shared_template_tenant_id"), "shared_template", ["tenant_id"], unique=False)

    op.create_table(
        "starter_comment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_starter_comment_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_starter_comment")),
    )
    op.create_index(op.f("ix_starter_comment_person_id"), "starter_comment", ["person_id"], unique=False)

    op.create_table(
        "pathway_version",
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_pathway_version_made_by_person")),
        sa.ForeignKeyConstraint(
            ["pathway_id"], ["pathway.id"], name=op.f("fk_pathway_version_pathway_id_pathway")
        ),
        sa.PrimaryKeyConstraint("pathway_id", "number", name=op.f("pk_pathway_version")),
    )
    op.create_table(
        "shared_template_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("template_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by"], ["person.id"], name=op.f("fk_shared_template_version_made_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["shared_template.id"],
            name=op.f("fk_shared_template_version_template_id_shared_template"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_template_version")),
        sa.UniqueConstraint(
            "template_id", "number", name=op.f("uq_shared_template_version_template_id_number")
        ),
    )
    op.create_table(
        "stand_in",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tenant_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("for_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('substitute', 'co_teacher', 'co_advisor')", name=op.f("ck_stand_in_kind")
        ),
        sa.CheckConstraint("person_id <> for_id", name=op.f("ck_stand_in_two_people")),
        sa.CheckConstraint("valid_from <= valid_to", name=op.f("ck_stand_in_dates")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_stand_in_course_id_course")),
        sa.ForeignKeyConstraint(["for_id"], ["person.id"], name=op.f("fk_stand_in_for_id_person")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_stand_in_made_by_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_stand_in_person_id_person")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_stand_in_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_in")),
    )
    op.create_index(op.f("ix_stand_in_course_id"), "stand_in", ["course_id"], unique=False)
    op.create_index(op.f("ix_stand_in_for_id"), "stand_in", ["for_id"], unique=False)
    op.create_index(op.f("ix_stand_in_person_id"), "stand_in", ["person_id"], unique=False)

    op.create_table(
        "element_mark",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("element", sa.String(length=20), nullable=False),
        sa.Column("mark", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("marked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acting_role", sa.String(length=20), nullable=False),
        sa.Column("at", database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "mark IN ('present', 'partial', 'missing', 'computed')", name=op.f("ck_element_mark_mark")
        ),
        sa.ForeignKeyConstraint(["marked_by"], ["person.id"], name=op.f("fk_element_mark_marked_by_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_element_mark_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_element_mark")),
    )
    op.create_index("ix_element_mark_plan_id_element", "element_mark", ["plan_id", "element"], unique=False)

    op.create_table(
        "plan_look",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("acting_role", sa.String(length=20), nullable=False),
        sa.Column("section", sa.String(length=40), nullable=False),
        sa.Column("at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_plan_look_person_id_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_look_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_look")),
    )
    op.create_index(op.f("ix_plan_look_person_id"), "plan_look", ["person_id"], unique=False)
    op.create_index(
        "ix_plan_look_plan_id_person_id_at", "plan_look", ["plan_id", "person_id", "at"], unique=False
    )

    op.create_table(
        "shared_template_feedback",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("author_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["person.id"], name=op.f("fk_shared_template_feedback_author_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["shared_template_version.id"],
            name=op.f("fk_shared_template_feedback_version_id_shared_template_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_template_feedback")),
    )
    op.create_index(
        "ix_shared_template_feedback_version_id", "shared_template_feedback", ["version_id"], unique=False
    )

    op.create_table(
        "transition_plan",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("leaving", sa.String(length=255), nullable=False),
        sa.Column("going_to", sa.String(length=255), nullable=False),
        sa.Column("happens_on", sa.Date(), nullable=True),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("helps", sa.Text(), nullable=False),
        sa.Column("contacts", sa.JSON(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("supports", sa.JSON(), nullable=False),
        sa.Column("file_id", sa.String(length=36), nullable=True),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "audience IN ('me', 'team', 'family', 'class', 'public')",
            name=op.f("ck_transition_plan_audience"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'agreed', 'handed_over')", name=op.f("ck_transition_plan_state")
        ),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_transition_plan_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_transition_plan_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition_plan")),
    )
    op.create_index(op.f("ix_transition_plan_plan_id"), "transition_plan", ["plan_id"], unique=False)

    op.create_table(
        "meeting",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("starts_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=255), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("agenda", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column("help_request_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("revision_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("exception_attempts", sa.Text(), nullable=False),
        sa.Column("exception_reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("held_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'held') = (held_at IS NOT NULL)", name=op.f("ck_meeting_held_has_time")),
        sa.CheckConstraint(
            "kind IN ('initial', 'annual', 'interim', 'student_requested', 'transition', 'student_led')",
            name=op.f("ck_meeting_kind"),
        ),
        sa.CheckConstraint("state IN ('planned', 'held', 'cancelled')", name=op.f("ck_meeting_state")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_meeting_minutes")),
        sa.ForeignKeyConstraint(
            ["help_request_id"], ["help_request.id"], name=op.f("fk_meeting_help_request_id_help_request")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_meeting_made_by_person")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_meeting_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["revision_id"], ["plan_revision.id"], name=op.f("fk_meeting_revision_id_plan_revision")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting")),
        sa.UniqueConstraint("revision_id", name=op.f("uq_meeting_revision_id")),
    )
    op.create_index("ix_meeting_plan_id_starts_at", "meeting", ["plan_id", "starts_at"], unique=False)
    op.create_index(op.f("ix_meeting_starts_at"), "meeting", ["starts_at"], unique=False)

    op.create_table(
        "pathway_participation",
        sa.Column("pathway_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("pathway_version", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("learn", sa.Text(), nullable=False),
        sa.Column("expectation", sa.Text(), nullable=False),
        sa.Column("show", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("partners", sa.JSON(), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=10), nullable=False),
        sa.Column("created_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("removed_at", database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "(state IN ('approved', 'under_way', 'completed', 'validated')) <= (decided_by IS NOT NULL)",
            name=op.f("ck_pathway_participation_decided"),
        ),
        sa.CheckConstraint(
            "audience IN ('me', 'team', 'family', 'class', 'public')",
            name=op.f("ck_pathway_participation_audience"),
        ),
        sa.CheckConstraint(
            "state IN ('idea', 'proposed', 'declined', 'approved', 'under_way', 'completed', 'validated', 'withdrawn')",
            name=op.f("ck_pathway_participation_state"),
        ),
        sa.CheckConstraint(
            "starts_on IS NULL OR ends_on IS NULL OR starts_on <= ends_on",
            name=op.f("ck_pathway_participation_dates"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["person.id"], name=op.f("fk_pathway_participation_decided_by_person")
        ),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_pathway_participation_goal_id_goal")),
        sa.ForeignKeyConstraint(
            ["pathway_id"], ["pathway.id"], name=op.f("fk_pathway_participation_pathway_id_pathway")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_pathway_participation_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pathway_participation")),
    )
    op.create_index(
        op.f("ix_pathway_participation_goal_id"), "pathway_participation", ["goal_id"], unique=False
    )
    op.create_index(
        op.f("ix_pathway_participation_pathway_id"), "pathway_participation", ["pathway_id"], unique=False
    )
    op.create_index(
        op.f("ix_pathway_participation_plan_id"), "pathway_participation", ["plan_id"], unique=False
    )

    op.create_table(
        "transition_agreement",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("transition_version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("receiver", sa.String(length=255), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["person.id"], name=op.f("fk_transition_agreement_recorded_by_person")
        ),
        sa.ForeignKeyConstraint(
            ["transition_id"],
            ["transition_plan.id"],
            name=op.f("fk_transition_agreement_transition_id_transition_plan"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition_agreement")),
    )
    op.create_index(
        "ix_transition_agreement_transition_id", "transition_agreement", ["transition_id"], unique=False
    )

    op.create_table(
        "meeting_note",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("goal_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("next_step", sa.Text(), nullable=False),
        sa.Column("steps_stay", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("written_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("written_at", database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["goal_id"], ["goal.id"], name=op.f("fk_meeting_note_goal_id_goal")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_note_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["written_by"], ["person.id"], name=op.f("fk_meeting_note_written_by_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_note")),
        sa.UniqueConstraint("meeting_id", "goal_id", name=op.f("uq_meeting_note_meeting_id_goal_id")),
    )
    op.create_index(op.f("ix_meeting_note_goal_id"), "meeting_note", ["goal_id"], unique=False)

    op.create_table(
        "meeting_participant",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("meeting_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("proposed_by", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "state IN ('invited', 'attended', 'absent', 'excused')", name=op.f("ck_meeting_participant_state")
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meeting.id"], name=op.f("fk_meeting_participant_meeting_id_meeting")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_meeting_participant_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_participant")),
        sa.UniqueConstraint(
            "meeting_id", "person_id", name=op.f("uq_meeting_participant_meeting_id_person_id")
        ),
    )
    op.create_index("ix_meeting_participant_meeting_id", "meeting_participant", ["meeting_id"], unique=False)
    op.create_index(
        op.f("ix_meeting_participant_person_id"), "meeting_participant", ["person_id"], unique=False
    )

    op.add_column("enrolment", sa.Column("ended_at", database.UtcDateTime(timezone=True), nullable=True))

    op.add_column("plan", sa.Column("active_at", database.UtcDateTime(timezone=True), nullable=True))

    op.add_column(
        "reflection_template",
        sa.Column("activity", sa.String(length=20), server_default="reflection", nullable=False),
    )
    op.add_column(
        "reflection_template",
        sa.Column("shared_version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
    )

    op.add_column("resource_link", sa.Column("page", sa.String(length=20), server_default="", nullable=False))
    for table, operation in _guards():
        op.execute(_trigger(table, operation))


def downgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for table, operation in _guards():
        on_table = f" ON {table}" if is_postgresql else ""
        op.execute(f"DROP TRIGGER {_name(table, operation)}{on_table}")
    op.drop_column("resource_link", "page")

    op.drop_column("reflection_template", "shared_version_id")
    op.drop_column("reflection_template", "activity")

    op.drop_column("plan", "active_at")

    op.drop_column("enrolment", "ended_at")

    op.drop_table("meeting_participant")
    op.drop_table("meeting_note")
    op.drop_table("transition_agreement")
    op.drop_table("pathway_participation")
    op.drop_table("meeting")
    op.drop_table("transition_plan")
    op.drop_table("shared_template_feedback")
    op.drop_table("plan_look")
    op.drop_table("element_mark")
    op.drop_table("stand_in")
    op.drop_table("shared_template_version")
    op.drop_table("pathway_version")
    op.drop_table("starter_comment")
    op.drop_table("shared_template")
    op.drop_table("saved_view")
    op.drop_table("relationship")
    op.drop_table("pathway")
    op.drop_table("school_year")


def _guards() -> list[tuple[str, str]]:
    fixed = [(table, operation) for table in APPEND_ONLY for operation in ("UPDATE", "DELETE")]
    return [*fixed, *((table, "DELETE") for table in NEVER_DELETED)]


def _name(table: str, operation: str) -> str:
    return f"tr_{table}_no_{operation.lower()}"


def _trigger(table: str, operation: str) -> str:
    head = f"CREATE TRIGGER {_name(table, operation)} BEFORE {operation} ON {table} FOR EACH ROW"
    if op.get_bind().dialect.name == "postgresql":
        return f"{head} EXECUTE FUNCTION refuse_change()"
    return f"{head} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
