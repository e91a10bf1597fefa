"""What a plan holds, kind by kind: which fields each has, and in which tables they stand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, insert, select
from sqlalchemy.orm import Session

from lti_plp.database import Base, table
from lti_plp.errors import NotFound
from lti_plp.plp.fields import (
    Address,
    Amount,
    Checklist,
    Choice,
    Choices,
    Day,
    Field,
    FileId,
    Flag,
    Line,
    Moment,
    Number,
    Papers,
    People,
    Reference,
    References,
    Vocabulary,
)
from lti_plp.plp.models import (
    Achievement,
    ActionStep,
    BaselineAssessment,
    Evidence,
    EvidenceLink,
    EvidenceProficiency,
    Goal,
    GoalProficiency,
    GoalProfileLink,
    GoalReview,
    GoalStep,
    PathwayParticipation,
    Plan,
    ProfileEntry,
    TransitionPlan,
)
from lti_plp.plp.models.items import AUDIENCES, ItemFields

LONG = 20_000
AUDIENCE = Choice("audience", among=AUDIENCES, first="team")
PROFICIENCIES = References("proficiency_ids", kind="proficiency")
"""What it is about; they belong to the district, not to the plan."""
STEP_STATES = ("planned", "in_progress", "done", "changed", "dropped")
PATHWAY_STATES = (
    "idea",
    "proposed",
    "declined",
    "approved",
    "under_way",
    "completed",
    "validated",
    "withdrawn",
)
TRANSITION_STATES = ("draft", "agreed", "handed_over")


@dataclass(frozen=True)
class Links:
    """A field whose ids stand in a table of links: ``own`` and ``other`` are its columns."""

    field: References
    table: Table
    own: str
    other: str


@dataclass(frozen=True)
class ItemKind:
    """One kind of item."""

    name: str
    model: type[Any]
    fields: Mapping[str, Field]
    links: tuple[Links, ...] = ()
    is_fixed: bool = False
    """Append-only: it can be added, and nothing else."""
    settled: frozenset[str] = field(default=frozenset())
    """Fields that only the engine writes, never a page."""

    def clean(self, values: Mapping[str, Any], vocabulary: Vocabulary) -> ItemFields:
        """Return the values as the history keeps them.

        :raise BadInput: for a field that there is not, or a value that it does not take.
        """
        unknown = [name for name in values if name not in self.fields or name in self.settled]
        if unknown:
            # The name came from outside and is not repeated.
            raise NotFound("There is no such field.", code="field_unknown")
        return {name: self.fields[name].clean(value, vocabulary) for name, value in values.items()}

    def read(self, session: Session, item: Any) -> ItemFields:
        """Return an item's fields as the history keeps them, links and ``removed`` included."""
        linked = {one.field.name: ids.get(item.id, []) for one, ids in self._linked(session, [item.id])}
        return self._fields_of(item, linked)

    def read_all(self, session: Session, plan_id: int) -> dict[int, ItemFields]:
        """Return id -> fields of every item of a plan, removed ones too, in two statements or a few more."""
        items = self.rows(session, plan_id)
        linked = self._linked(session, [item.id for item in items])
        return {
            item.id: self._fields_of(item, {one.field.name: ids.get(item.id, []) for one, ids in linked})
            for item in items
        }

    def rows(self, session: Session, plan_id: int) -> list[Any]:
        """Return the rows of every item of a plan, removed ones too."""
        column = self.model.id if self.model is Plan else self.model.plan_id
        # As the database has it, whatever the session remembers.
        found = select(self.model).where(column == plan_id).order_by(self.model.id)
        return list(session.scalars(found.execution_options(populate_existing=True)))

    def _fields_of(self, item: Any, linked: Mapping[str, list[int]]) -> ItemFields:
        plain = {
            name: one.from_column(getattr(item, name))
            for name, one in self.fields.items()
            if name not in linked
        }
        removed = {} if self.is_fixed or self.model is Plan else {"removed": item.removed_at is not None}
        return {**plain, **linked, **removed}

    def _linked(self, session: Session, ids: list[int]) -> list[tuple[Links, dict[int, list[int]]]]:
        found: list[tuple[Links, dict[int, list[int]]]] = []
        for one in self.links:
            own, other = one.table.c[one.own], one.table.c[one.other]
            by_item: dict[int, list[int]] = {}
            if ids:
                rows = session.execute(
                    select(own, other).where(_among(own, ids), other.is_not(None)).order_by(other)
                )
                for item_id, other_id in rows:
                    by_item.setdefault(item_id, []).append(other_id)
            found.append((one, by_item))
        return found

    def write(self, session: Session, item: Any, values: ItemFields) -> None:
        """Put values of the history into the item's row and tables of links."""
        links = {one.field.name: one for one in self.links}
        for name, value in values.items():
            if name not in links and name != "removed":
                setattr(item, name, self.fields[name].to_column(value))
        session.flush()
        for name, one in links.items():
            if name in values:
                _write_links(session, one, item.id, values[name])


def _among(column: ColumnElement[int], ids: Iterable[int]) -> ColumnElement[bool]:
    listed = list(ids)
    return column == listed[0] if len(listed) == 1 else column.in_(listed)


def _write_links(session: Session, links: Links, item_id: int, wanted: list[int]) -> None:
    own, other = links.table.c[links.own], links.table.c[links.other]
    there = set(session.scalars(select(other).where(own == item_id, other.is_not(None))))
    if gone := there - set(wanted):
        session.execute(delete(links.table).where(own == item_id, other.in_(gone)))
    if new := [one for one in wanted if one not in there]:
        session.execute(insert(links.table), [{links.own: item_id, links.other: one} for one in new])


def _kind(
    name: str,
    model: type[Base],
    fields: Iterable[Field],
    links: Mapping[str, tuple[type[Base], str, str]] | None = None,
    *,
    is_fixed: bool = False,
    settled: Iterable[str] = (),
) -> ItemKind:
    by_name = {one.name: one for one in fields}
    tables = tuple(
        Links(cast(References, by_name[field_name]), table(link_model), own, other)
        for field_name, (link_model, own, other) in (links or {}).items()
    )
    return ItemKind(name, model, by_name, tables, is_fixed, frozenset(settled))


ENTRY = _kind(
    "entry",
    ProfileEntry,
    [
        Choice("kind", group="profile_kind", prefix="own:"),
        Field("text"),
        Field("why"),
        FileId("file_id"),
        Field("alternative"),
        AUDIENCE,
    ],
)
BASELINE = _kind(
    "baseline",
    BaselineAssessment,
    [
        Choice("kind", group="baseline_kind"),
        Line("instrument"),
        Day("taken_on", optional=False),
        Field("result"),
        Line("scale"),
        Address("url"),
        FileId("file_id"),
        Reference("replaces_id", kind="baseline"),
        AUDIENCE,
    ],
    is_fixed=True,
)
GOAL = _kind(
    "goal",
    Goal,
    [
        Reference("parent_id", kind="goal"),
        Choice("kind", group="goal_kind", first="secondary"),
        Choice("area", group="goal_area", optional=True),
        Choice("horizon", among=("short", "long"), first="short"),
        Number("years_ahead", least=1, most=20),
        Field("statement"),
        Field("why"),
        Field("measure"),
        Day("target_on"),
        Field("challenge"),
        Field("commitment"),
        Field("expectation"),
        Field("pathway"),
        Choice("post_option", group="post_option", optional=True),
        Field("preparation"),
        Choices("outcomes", group="outcome"),
        People("supporters"),
        Choice("support_level", group="support_level", optional=True),
        # The others follow from a review, or from removing it.
        Choice("state", among=("draft", "active"), first="draft"),
        Number("position", first=0),
        References("entry_ids", kind="entry"),
        PROFICIENCIES,
        AUDIENCE,
    ],
    {
        "entry_ids": (GoalProfileLink, "goal_id", "entry_id"),
        PROFICIENCIES.name: (GoalProficiency, "goal_id", "proficiency_id"),
    },
)
STEP = _kind(
    "step",
    ActionStep,
    [
        Choice("kind", group="step_kind", first="activity"),
        Field("text"),
        Day("starts_on"),
        Day("due_on"),
        Field("planned_evidence"),
        People("supports"),
        Field("obstacle"),
        Field("then_plan"),
        Address("url"),
        Choice("state", among=STEP_STATES, first="planned"),
        Number("position", first=0),
        References("goal_ids", kind="goal"),
        AUDIENCE,
    ],
    {"goal_ids": (GoalStep, "step_id", "goal_id")},
)
EVIDENCE = _kind(
    "evidence",
    Evidence,
    [
        Choice("medium", among=("file", "link", "text", "lms"), first="text"),
        Line("title"),
        FileId("file_id"),
        Address("url"),
        Field("text", LONG),
        Field("reason"),
        Field("alternative", LONG),
        Choice("kind", group="evidence_kind", optional=True),
        Day("captured_on", optional=False),
        Choice("origin", among=("in_school", "out_of_school"), first="in_school"),
        Number("course_id", least=1),
        Number("validated_by", least=1),
        References("goal_ids", kind="goal"),
        References("step_ids", kind="step"),
        References("entry_ids", kind="entry"),
        References("reflection_ids", kind="reflection"),
        PROFICIENCIES,
        AUDIENCE,
    ],
    {
        "goal_ids": (EvidenceLink, "evidence_id", "goal_id"),
        "step_ids": (EvidenceLink, "evidence_id", "step_id"),
        "entry_ids": (EvidenceLink, "evidence_id", "entry_id"),
        "reflection_ids": (EvidenceLink, "evidence_id", "reflection_id"),
        PROFICIENCIES.name: (EvidenceProficiency, "evidence_id", "proficiency_id"),
    },
    settled=("validated_by",),
)
ACHIEVEMENT = _kind(
    "achievement",
    Achievement,
    [
        Reference("goal_id", kind="goal"),
        Reference("step_id", kind="step"),
        Choice("kind", group="achievement_kind", first="self_assessment"),
        Choice("source", among=("manual", "lms", "import"), first="manual"),
        Choice("progress", group="progress", optional=True),
        Field("claim"),
        Reference("evidence_id", kind="evidence"),
        Amount("raw_score"),
        Amount("raw_maximum"),
        Moment("occurred_at"),
    ],
    is_fixed=True,
    settled=("source", "raw_score", "raw_maximum"),
)
REVIEW = _kind(
    "review",
    GoalReview,
    [
        Reference("goal_id", kind="goal"),
        Number("goal_version", least=1),
        Number("revision_id", least=1),
        Choice("outcome", group="review_outcome"),
        Choice("reason_category", group="reason"),
        Field("reason"),
        Field("next_step"),
        Flag("steps_stay"),
    ],
    is_fixed=True,
    settled=("goal_id", "goal_version", "revision_id"),
)
PATHWAY = _kind(
    "pathway",
    PathwayParticipation,
    [
        Number("pathway_id", least=1),
        Number("pathway_version", least=1),
        Choice("kind", group="pathway_type", first="own_design"),
        Line("title"),
        Field("learn"),
        Field("expectation"),
        Field("show"),
        Field("why"),
        Field("place"),
        People("partners"),
        Reference("goal_id", kind="goal"),
        Day("starts_on"),
        Day("ends_on"),
        Choice("state", among=PATHWAY_STATES, first="idea"),
        Field("answer"),
        Number("decided_by", least=1),
        Field("credit"),
        AUDIENCE,
    ],
    settled=("pathway_id", "pathway_version", "state", "answer", "decided_by", "credit"),
)
TRANSITION = _kind(
    "transition",
    TransitionPlan,
    [
        Choice("kind", group="transition_kind", first="other"),
        Line("leaving"),
        Line("going_to"),
        Day("happens_on"),
        Field("needs"),
        Field("helps"),
        People("contacts"),
        Checklist("checklist"),
        Papers("supports"),
        FileId("file_id"),
        Address("url"),
        Choice("state", among=TRANSITION_STATES, first="draft"),
        AUDIENCE,
    ],
    settled=("state",),
)
PLAN = _kind(
    "plan", Plan, [Number("grade", least=0, most=12), Number("revision", first=0)], settled=("revision",)
)

KINDS: Mapping[str, ItemKind] = {
    one.name: one
    for one in (PLAN, ENTRY, BASELINE, GOAL, STEP, EVIDENCE, ACHIEVEMENT, REVIEW, PATHWAY, TRANSITION)
}
"""Item kind by its name in the history and in addresses."""


def item_kind(name: str) -> ItemKind:
    """Return a kind by name.

    :raise NotFound: when there is none.
    """
    try:
        return KINDS[name]
    except KeyError:
        raise NotFound("A plan holds no such thing.", code="item_not_here") from None


def plan_state(session: Session, plan_id: int) -> dict[str, dict[str, ItemFields]]:
    """Return the whole plan as it stands: item kind -> id (as text) -> fields."""
    return {
        name: {str(item_id): fields for item_id, fields in kind.read_all(session, plan_id).items()}
        for name, kind in KINDS.items()
    }
