"""What a teacher places: making a template, and finding it again."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.orm import Session

from lti_plp.database import table
from lti_plp.errors import BadInput
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.plp.policy import Action, Place, require
from lti_plp.plp.prompts import STEPS
from lti_plp.plp.texts import one_line, storable

MAX_TITLE, MAX_INSTRUCTIONS, MAX_QUESTIONS, MAX_QUESTION, MAX_POINTS = 255, 5000, 20, 1000, Decimal(10000)
MAX_LOCALE = 10
GRADINGS = ("points", "complete", "none")
LAYOUTS = ("one", "all")
OWN = "own"
"""Kind of a template that no step of the cycle stands behind."""
REFLECTION = "reflection"
"""Activity of a template that is answered, and needs nothing besides."""
MAX_ACTIVITY = 20


@dataclass(frozen=True)
class QuestionDraft:
    """A question as the teacher wants it; ``source_id`` names the one of the bank it began as."""

    text: str
    source_id: str | None = None


@dataclass(frozen=True)
class AskedQuestion:
    """A question of a template, with other words perhaps; a new one has no ``key`` yet."""

    key: str
    text: str


@dataclass(frozen=True)
class TemplateDraft:
    """Everything that makes a template."""

    title: str
    questions: tuple[QuestionDraft, ...]
    instructions: str = ""
    kind: str = OWN
    activity: str = REFLECTION
    """What students do with it: see :mod:`lti_plp.plp.activities`."""
    shared_version_id: int | None = None
    locale: str = "en"
    grading: str = "points"
    max_points: Decimal | None = None
    layout: str = "one"
    allow_resubmit: bool = True
    due_at: datetime | None = None

    def problems(self) -> dict[str, str]:
        """Return what is wrong, as field -> stable name of the problem; empty when all is well."""
        return dict(self._problems())

    def _problems(self) -> Iterator[tuple[str, str]]:
        if not one_line(self.title):
            yield "title", "missing"
        elif len(self.title) > MAX_TITLE:
            yield "title", "too_long"
        if len(self.instructions) > MAX_INSTRUCTIONS:
            yield "instructions", "too_long"
        # What is done in the plan may be asked for without a question.
        fewest = 1 if self.activity == REFLECTION else 0
        if not fewest <= len(self.questions) <= MAX_QUESTIONS:
            yield "questions", "missing" if not self.questions else "too_many"
        for number, question in enumerate(self.questions):
            if not storable(question.text).strip():
                yield f"question_{number}", "missing"
            elif len(question.text) > MAX_QUESTION:
                yield f"question_{number}", "too_long"
        yield from self._choice_problems()
        yield from self._grading_problems()

    def _choice_problems(self) -> Iterator[tuple[str, str]]:
        if self.layout not in LAYOUTS:
            yield "layout", "unknown"
        if self.kind not in (*STEPS, OWN):
            yield "kind", "unknown"
        if not self.activity.isidentifier() or len(self.activity) > MAX_ACTIVITY:
            yield "activity", "unknown"
        if not 2 <= len(self.locale) <= MAX_LOCALE:
            yield "locale", "unknown"

    def _grading_problems(self) -> Iterator[tuple[str, str]]:
        points = self.max_points
        if self.grading not in GRADINGS:
            yield "grading", "unknown"
        elif self.grading != "points":
            return
        elif points is None or not points.is_finite() or not 0 < points <= MAX_POINTS:
            yield "max_points", "out_of_range"
        elif points != round(points, 2):
            yield "max_points", "too_fine"


def create_template(
    session: Session, actor: Actor, place: Place, draft: TemplateDraft, now: datetime
) -> ReflectionTemplate:
    """Make a template.

    :raise NotAllowed: when the actor may not place reflections there.
    :raise BadInput: with every problem by field in its details; nothing was made then.
    """
    require(actor, Action.PLACE_REFLECTION, place)
    if problems := draft.problems():
        raise BadInput(
            "The reflection cannot be placed like this.", code="template_problems", details=problems
        )
    template = template_row(draft, str(uuid.uuid4()), place.tenant_id, actor.person_id, now)
    session.add(template)
    session.flush()
    return template


def template_row(
    draft: TemplateDraft, key: str, tenant_id: int, author_id: int, now: datetime
) -> ReflectionTemplate:
    """Return a draft without problems as the row to be stored."""
    points = {"points": draft.max_points, "complete": Decimal(1), "none": None}[draft.grading]
    return ReflectionTemplate(
        id=key,
        tenant_id=tenant_id,
        author_id=author_id,
        kind=draft.kind,
        activity=draft.activity,
        shared_version_id=draft.shared_version_id,
        locale=draft.locale,
        title=one_line(draft.title),
        instructions=storable(draft.instructions).strip(),
        questions=[
            {"key": f"q{number}", "text": storable(question.text).strip(), "source": question.source_id}
            for number, question in enumerate(draft.questions, start=1)
        ],
        grading=draft.grading,
        max_points=points,
        layout=draft.layout,
        allow_resubmit=draft.allow_resubmit,
        due_at=draft.due_at,
        created_at=now,
    )


@dataclass(frozen=True)
class Template:
    """A template as it was placed; fields as in :class:`~lti_plp.plp.models.ReflectionTemplate`."""

    id: str
    tenant_id: int
    kind: str
    activity: str
    locale: str
    title: str
    instructions: str
    questions: list[dict[str, Any]]
    grading: str
    max_points: Decimal | None
    layout: str
    allow_resubmit: bool
    due_at: datetime | None


COLUMNS = tuple(table(ReflectionTemplate).c[one.name] for one in fields(Template))
"""Columns of a :class:`Template`, in its order; they may stand in other statements too."""

# Built once: building a statement anew costs more than running it.
_FIND = select(*COLUMNS).where(
    ReflectionTemplate.id == bindparam("template"), ReflectionTemplate.tenant_id == bindparam("tenant")
)


def find_template(connection: Connection | Session, tenant_id: int, template_id: str) -> Template | None:
    """Return a template of this tenant; another tenant's does not exist here, and what is no UUID names none."""
    try:
        key = str(uuid.UUID(template_id))
    except ValueError:
        return None
    row = connection.execute(_FIND, {"template": key, "tenant": tenant_id}).one_or_none()
    return Template(*row) if row else None


def copy_template(connection: Connection, template_id: str, now: datetime) -> str:
    """Make a template that asks the same, and return its id; nobody's answers belong to it.

    A day on which it was due and that is over belongs to last year's class; the platform tells students the new one.
    """
    rows = table(ReflectionTemplate)
    facts = dict(connection.execute(select(rows).where(rows.c.id == template_id)).one()._mapping)
    due_at = facts["due_at"]
    facts |= {
        "id": str(uuid.uuid4()),
        "created_at": now,
        "due_at": due_at if due_at and due_at > now else None,
    }
    connection.execute(insert(rows).values(facts))
    return str(facts["id"])


def change_words(template: ReflectionTemplate, instructions: str, questions: Sequence[AskedQuestion]) -> None:
    """Put other words into a template that nobody has begun to answer; a question without words is left out.

    A question keeps its key, so that an answer that is on its way finds it.

    :raise BadInput: with every problem by field in its details; nothing was changed then.
    """
    known = {one["key"]: one for one in template.questions}
    kept = [one for one in questions if storable(one.text).strip()]
    draft = TemplateDraft(
        title=template.title,
        questions=tuple(QuestionDraft(one.text) for one in kept),
        instructions=instructions,
        activity=template.activity,
        grading="none",
    )
    if problems := draft.problems():
        raise BadInput("The questions cannot be like this.", code="template_problems", details=problems)
    free = (key for number in count(1) if (key := f"q{number}") not in known)
    taken: set[str] = set()
    rows = []
    for one in kept:
        old = known.get(one.key) if one.key not in taken else None
        key = one.key if old else next(free)
        taken.add(key)
        text = storable(one.text).strip()
        rows.append({"key": key, "text": text, "source": old["source"] if old else None})
    template.questions, template.instructions = rows, storable(instructions).strip()
