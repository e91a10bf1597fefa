"""Somebody with the database's password alters a plan behind the engine's back: whatever it is, it is noticed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Date,
    Engine,
    String,
    Table,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeEngine

from lti_plp.database import UtcDateTime, table
from lti_plp.plp.evidence import validate_evidence
from lti_plp.plp.history import verify
from lti_plp.plp.items import ACHIEVEMENT, KINDS
from lti_plp.plp.models import (
    Evidence,
    EvidenceLink,
    Goal,
    GoalProfileLink,
    GoalStep,
    Plan,
    PlanChange,
    PlanRevision,
    ProfileEntry,
    Reflection,
    RevisionReflection,
)
from lti_plp.plp.plans import open_plan
from lti_plp.plp.reflections import save_answer, submit
from lti_plp.plp.revisions import ReviewDraft, begin_revision, finish_revision, review_goal
from tests.factories import minutes
from tests.fixtures_database import connect
from tests.plp.planning import Planning

WORDS = (
    "altered",
    "me",
    "public",
    "long",
    "short",
    "active",
    "met",
    "done",
    "link",
    "text",
    "lms",
    "out_of_school",
)
MORE_WORDS = (
    *("primary", "import", "edit", "add", "kept", "interim", "initial", "extend", "begun", "x"),
    *("withdrawn", "agreed"),
)
NOT_OF_THE_HISTORY = {
    ("plan", "tenant_id"),
    ("plan", "person_id"),
    ("plan", "template_version_id"),
    ("plan", "active_at"),
}
"""Whose the plan is, and its form: no change of the plan. When the student was last at it is told for lists only."""


@pytest.fixture
def here(session: Session) -> Planning:
    """A plan with something of everything, two finished revisions, and words that were kept aside."""
    planning = Planning(session)
    editor = planning.editor(1)
    entry = editor.add("entry", {"kind": "strength", "text": "I keep at it"})
    goal, other = planning.goal(entry_ids=[entry.id]), planning.goal(horizon="long", years_ahead=5)
    step = planning.step(goal, at=2, due_on="2026-11-02")
    shown = planning.evidence(goal, at=3, step_ids=[step.id])
    first = editor.add("baseline", {"kind": "academic", "result": "4", "taken_on": "2026-09-01"})
    editor.add("baseline", {"kind": "academic", "result": "5", "replaces_id": first.id})
    said = {"goal_id": goal.id, "progress": "begun", "occurred_at": "2026-09-14T12:00:00+00:00"}
    settled = {"source": "lms", "raw_score": "4.12345", "raw_maximum": "5"}
    editor.add("achievement", said, settled=settled)
    editor.add("achievement", {**said, "goal_id": None, "step_id": step.id})
    editor.add("pathway", {"title": "Work at the boatyard", "goal_id": goal.id, "ends_on": "2026-10-31"})
    editor.add("transition", {"kind": "other", "checklist": [{"text": "Visit", "done": False}]})
    begin_revision(editor)
    finish_revision(editor, "First", [reflection(planning)])
    editor = planning.editor(20)
    validate_evidence(session, planning.teacher, planning.work(), shown.id, minutes(21))
    review_goal(
        editor,
        goal.id,
        goal.version,
        ReviewDraft("extend", "reflection", "It takes longer", "", True, {"target_on": "2027-01-31"}),
    )
    editor.edit("goal", goal.id, 1, {"target_on": "2027-02-28"})
    editor.remove("goal", other.id)
    review_goal(editor, other.id, other.version, ReviewDraft("remove", "changed_interest", "I sing now"))
    finish_revision(planning.editor(30), "Second")
    session.commit()
    assert verify(session, planning.plan.id) == []
    return planning


def reflection(planning: Planning) -> int:
    link = planning.school.link(planning.school.template(planning.teacher))
    save_answer(planning.session, planning.student, link, "q1", "It went well", 0, minutes(4))
    submit(planning.session, planning.student, link, minutes(5))
    return planning.session.scalars(select(Reflection.id)).one()


@pytest.fixture
def intruder(here: Planning, database_url: str) -> Iterator[Session]:
    """A session on which neither triggers nor foreign keys hold anything."""
    here.session.close()
    engine = connect(database_url)
    is_sqlite = engine.dialect.name == "sqlite"
    off = "PRAGMA foreign_keys=OFF" if is_sqlite else "SET session_replication_role = replica"

    @event.listens_for(engine, "connect")
    def let_go(connection: Any, _: Any) -> None:
        connection.execute(off)
        connection.commit()

    with sessionmaker(engine)() as session:
        if is_sqlite:
            for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                session.execute(text(f"DROP TRIGGER {name}"))
        session.commit()
        yield session
    engine.dispose()


def others(value: Any, held: TypeEngine[Any]) -> list[Any]:
    """Other values that a column of this type may take."""
    if isinstance(held, Boolean):
        return [not value]
    if isinstance(held, UtcDateTime | Date):
        return [(value or minutes(0)) + timedelta(days=1)]
    if isinstance(held, String):
        return [one for one in (*WORDS, *MORE_WORDS) if one != value]
    if isinstance(held, JSON):
        return [{"altered": [1, 2]}, [], "altered", {"items": []}]
    return [(value or 0) + 1000, (value or 0) + 1]


def is_noticed(session: Session, plan_id: int, *statements: Any) -> bool | None:
    """Say whether it is noticed, and undo it; ``None`` when the database itself refuses it."""
    try:
        for statement in statements:
            session.execute(statement)
        return verify(session, plan_id) != []
    except DBAPIError:
        return None
    finally:
        session.rollback()
        session.expunge_all()


def unnoticed(session: Session, plan_id: int, there: Table, *, every_row: bool) -> tuple[list[str], set[str]]:
    """Alter every column of every row, or of the first row in which the database lets it be altered.

    Return what nobody noticed, and the columns that could be altered at all.
    """
    keys = list(there.primary_key.columns)
    column = there.c.id if there.name == "plan" else there.c.plan_id
    rows = session.execute(select(there).where(column == plan_id).order_by(*keys)).all()
    session.rollback()
    missed: list[str] = []
    altered: set[str] = set()
    for row in rows:
        where = [key == getattr(row, key.name) for key in keys]
        for name in list(there.c.keys()):
            if (there.name, name) in NOT_OF_THE_HISTORY or (name in altered and not every_row):
                continue
            for value in others(getattr(row, name), there.c[name].type):
                seen = is_noticed(session, plan_id, update(there).where(*where).values({name: value}))
                if seen is not None:
                    altered.add(name)
                    if not seen:
                        missed.append(f"{there.name}.{name} of row {row[:2]}")
                    break
    return missed, altered


@pytest.mark.parametrize("model", [PlanChange, PlanRevision], ids=["change", "revision"])
def test_every_column_of_the_history(here: Planning, intruder: Session, model: type[Any]) -> None:
    # Every row on SQLite; the code that looks is the same, so on PostgreSQL one is enough.
    every_row = intruder.get_bind().dialect.name == "sqlite"
    missed, altered = unnoticed(intruder, here.plan.id, table(model), every_row=every_row)
    assert missed == []
    assert altered == set(table(model).c.keys())


def test_every_column_of_an_item(here: Planning, intruder: Session) -> None:
    for kind in KINDS.values():
        there = table(kind.model)
        missed, altered = unnoticed(intruder, here.plan.id, there, every_row=False)
        assert missed == []
        assert altered == {one.name for one in there.c if (there.name, one.name) not in NOT_OF_THE_HISTORY}


def test_rows_that_are_taken_away_or_brought_in(here: Planning, intruder: Session) -> None:
    plan_id = here.plan.id
    changes = table(PlanChange)
    last = intruder.scalar(select(func.max(changes.c.number)))
    assert last is not None
    for number in (1, 2, last // 2, last - 1, last):
        assert is_noticed(intruder, plan_id, delete(changes).where(changes.c.number == number)), number
    assert is_noticed(intruder, plan_id, delete(changes).where(changes.c.number > last // 2))
    assert is_noticed(intruder, plan_id, delete(changes))
    revisions = table(PlanRevision)
    for number in (1, 2):
        assert is_noticed(intruder, plan_id, delete(revisions).where(revisions.c.number == number)), number
    assert is_noticed(intruder, plan_id, delete(revisions))
    for model in (Goal, ProfileEntry, Evidence, ACHIEVEMENT.model, GoalStep, GoalProfileLink, EvidenceLink):
        assert is_noticed(intruder, plan_id, delete(table(model))), model
    linked = table(RevisionReflection)
    assert is_noticed(intruder, plan_id, delete(linked))
    assert is_noticed(intruder, plan_id, insert(linked).values(revision_id=2, reflection_id=7))
    goal = intruder.execute(select(table(Goal)).limit(1)).one()
    assert is_noticed(intruder, plan_id, insert(table(Goal)).values({**goal._mapping, "id": 999}))


def test_the_end_cut_off_and_the_count_put_right(here: Planning, intruder: Session) -> None:
    changes, plans = table(PlanChange), table(Plan)
    last = intruder.execute(select(changes).order_by(changes.c.number.desc()).limit(1)).one()
    cut = delete(changes).where(changes.c.number == last.number)
    for mended in (
        {"changes": last.number - 1},
        {"changes": last.number - 1, "last_hash": last.previous_hash},
    ):
        assert is_noticed(intruder, here.plan.id, cut, update(plans).values(mended))


def test_two_rows_that_change_places(here: Planning, intruder: Session) -> None:
    changes = table(PlanChange)

    def put(number: int, other: int) -> Any:
        return update(changes).where(changes.c.number == number).values(number=other)

    assert is_noticed(intruder, here.plan.id, put(3, 1000), put(4, 3), put(1000, 4))
    rows = intruder.execute(select(changes).where(changes.c.number.in_((3, 4)))).all()
    moved = [
        update(changes)
        .where(changes.c.number == number)
        .values({name: row._mapping[name] for name in row._mapping if name not in {"number", "plan_id"}})
        for number, row in zip((4, 3), rows, strict=True)
    ]
    assert is_noticed(intruder, here.plan.id, *moved)


def test_a_revision_that_is_opened_again(here: Planning, intruder: Session) -> None:
    open_again = update(table(PlanRevision)).values(finished_at=None, snapshot=None, hash=None)
    for number in (1, 2):
        statement = open_again.where(table(PlanRevision).c.number == number)
        assert is_noticed(intruder, here.plan.id, statement), number


def test_a_row_moved_to_another_plan_is_missed_in_both(here: Planning, intruder: Session) -> None:
    here.school.session = intruder
    other = open_plan(intruder, here.school.student(), minutes(1))
    intruder.commit()
    changes = table(PlanChange)
    move = update(changes).where(changes.c.number == 3).values(plan_id=other.id)
    assert verify(intruder, other.id) == []
    for plan_id in (here.plan.id, other.id):
        assert is_noticed(intruder, plan_id, move)


def test_what_cannot_be_read_is_a_finding_and_no_crash(here: Planning, intruder: Session) -> None:
    if intruder.get_bind().dialect.name == "sqlite":
        spoilt = text("UPDATE plan_change SET fields = '{' WHERE number = 2")
        assert is_noticed(intruder, here.plan.id, spoilt)
    unknown = text("UPDATE plan_change SET item_kind = 'dragon', fields = 'null' WHERE number = 2")
    assert is_noticed(intruder, here.plan.id, unknown)


def test_there_is_no_such_plan(engine: Engine) -> None:
    with Session(engine) as session:
        assert verify(session, 7) == ["plan 7 does not exist"]
