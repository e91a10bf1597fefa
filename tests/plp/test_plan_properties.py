"""Whatever happens to a plan, in whatever order: what must hold, holds; on both databases."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.database import Base, table
from lti_plp.errors import PlpError
from lti_plp.plp.coherence import TAKES_PART
from lti_plp.plp.conversation import accept, ask_for_help, close_help, decline, suggest
from lti_plp.plp.evidence import validate_evidence, withdraw_validation
from lti_plp.plp.history import state_at, verify
from lti_plp.plp.items import KINDS, PATHWAY_STATES, plan_state
from lti_plp.plp.models import (
    EvidenceLink,
    GoalProfileLink,
    GoalReview,
    GoalStep,
    HelpRequest,
    PathwayParticipation,
    Plan,
    PlanChange,
    PlanRevision,
    Suggestion,
    TransitionAgreement,
)
from lti_plp.plp.participation import Decision, decide_pathway, move_pathway
from lti_plp.plp.plans import Edited, PlanEditor, open_plan
from lti_plp.plp.policy import PlanWork
from lti_plp.plp.revisions import ReviewDraft, begin_revision, finish_revision, review_goal
from lti_plp.plp.standing import Standing
from lti_plp.plp.transition import Agreeing, agree, family_agrees, family_takes_back, hand_over, tick
from tests.factories import School, make_school, minutes
from tests.plp.planning import vocabulary

TABS = 2
EXAMPLES = {"sqlite": 25, "postgresql": 5}
STEPS = 30

some = st.integers(0, 63)
"""Which of those that there are."""
several: st.SearchStrategy[list[int]] = st.lists(some, min_size=1, max_size=3) | st.just([])

TEXT_FIELDS = {
    "entry": ("text", "why"),
    "goal": ("statement", "why", "measure"),
    "step": ("text", "obstacle"),
    "evidence": ("text", "reason"),
    "pathway": ("learn", "why"),
    "transition": ("needs", "helps"),
}
HOSTILE: tuple[Mapping[str, Any], ...] = (
    {"version": 99},
    {"removed": True},
    {"plan_id": 1},
    {"state": "removed"},
    {"validated_by": 1},
    {"audience": None},
    {"goal_ids": [10**9]},
    {"goal_ids": "all"},
    {"parent_id": 10**30},
    {"course_id": 10**6},
    {"text": {"a": 1}},
    {"statement": "x" * 5001},
    {"why": "\ud800\x00"},
    {"position": -1},
)


class PlanMachine(RuleBasedStateMachine):
    """A student with two tabs, a teacher, and everything that they can do to one plan."""

    def __init__(self, sessions: sessionmaker[Session], school: School) -> None:
        super().__init__()
        self.session = school.session = sessions()
        self.teacher, self.student = school.teacher(), school.student()
        self.now, self.words = 0, 0
        self.plan = open_plan(self.session, self.student, minutes(0))
        self.session.commit()
        self.items: dict[str, list[int]] = {kind: [] for kind in KINDS} | {"plan": [self.plan.id]}
        self.seen: list[dict[tuple[str, int], int]] = [{} for _ in range(TABS)]
        """What version of an item each tab has on its page."""
        self.sent: list[str] = []
        self.finished: dict[int, Any] = {}
        self.states: dict[int, Any] = {}
        self.before = self.everything()
        self.begin()

    def begin(self) -> None:
        """Have a little of everything, so that whatever happens first has something to happen to."""
        self.add_entry("strength")
        self.add_goal("long", None, None, [0])
        self.add_goal("short", None, 0, [])
        self.add_goal("short", None, None, [])
        self.add_step([1], None)
        self.add_step([1, 2], None)
        self.add_evidence("text", [2], [0], [], "")
        self.add_pathway()
        self.add_transition()
        assert [len(self.items[kind]) for kind in TEXT_FIELDS] == [1, 3, 2, 1, 1, 1]

    # How an operation is tried.

    def attempt(self, work: Callable[[PlanEditor], Any], *words: str) -> Any:
        """Do it; when it is refused it must have changed nothing, although nothing was rolled back."""
        self.now += 1
        try:
            done = work(PlanEditor(self.session, self.plan, self.student, vocabulary, minutes(self.now)))
        except PlpError:
            self.session.flush()
            assert self.everything() == self.before
            self.session.commit()
            return None
        self.session.commit()
        self.before = self.everything()
        self.sent += words
        return done

    def everything(self) -> dict[str, list[Any]]:
        """Every row of the plan, as the database has it."""
        own = [kind.model for kind in KINDS.values() if kind.model is not Plan]
        models: list[type[Base]] = [*own, PlanChange, PlanRevision, Suggestion, HelpRequest]
        found = {
            one.__tablename__: self.rows(select(table(one)).where(table(one).c.plan_id == self.plan.id))
            for one in models
        }
        found["plan"] = self.rows(select(table(Plan)).where(table(Plan).c.id == self.plan.id))
        for link, item in ((GoalProfileLink, "goal"), (GoalStep, "goal"), (EvidenceLink, "evidence")):
            ids = [row[0] for row in self.session.execute(select(Base.metadata.tables[item].c.id))]
            rows = table(link)
            found[link.__tablename__] = self.rows(select(rows).where(rows.c[f"{item}_id"].in_(ids)))
        return found

    def rows(self, statement: Any) -> list[Any]:
        return sorted(json.dumps(list(row), default=str) for row in self.session.execute(statement))

    def text(self) -> str:
        self.words += 1
        return f"Words {self.words} of the student."

    def one(self, kind: str, which: int) -> int:
        """The id of one that there is, or of none."""
        ids = self.items[kind]
        return ids[which % len(ids)] if ids else 10**9

    def those(self, kind: str, which: list[int]) -> list[int]:
        return [self.one(kind, one) for one in which]

    def work(self) -> PlanWork:
        """The plan, as the policy sees it for the teacher."""
        standing = frozenset({Standing.TEACHER})
        return PlanWork(self.plan.tenant_id, self.plan.person_id, "team", standing)

    def add(self, kind: str, values: Mapping[str, Any], *words: str) -> None:
        item = self.attempt(lambda editor: editor.add(kind, values), *words)
        if item is not None:
            self.items[kind].append(item.id)

    # What may happen.

    @rule(kind=st.sampled_from(["strength", "interest", "own:oath", "nonsense"]))
    def add_entry(self, kind: str) -> None:
        words = self.text()
        self.add("entry", {"kind": kind, "text": words}, words)

    @rule(
        horizon=st.sampled_from(["short", "long"]),
        years=st.sampled_from([None, None, None, 5, 21]),
        parent=st.none() | some,
        entries=several,
    )
    def add_goal(self, horizon: str, years: int | None, parent: int | None, entries: list[int]) -> None:
        words = self.text()
        values = {
            "statement": words,
            "horizon": horizon,
            "years_ahead": years,
            "parent_id": None if parent is None else self.one("goal", parent),
            "entry_ids": self.those("entry", entries),
        }
        self.add("goal", values, words)

    @rule(goals=several, due=st.sampled_from([None, None, "2026-10-01", "never"]))
    def add_step(self, goals: list[int], due: str | None) -> None:
        words = self.text()
        self.add("step", {"text": words, "goal_ids": self.those("goal", goals), "due_on": due}, words)

    @rule(
        medium=st.sampled_from(["text", "text", "link", "file"]),
        goals=several,
        steps=several,
        entries=several,
        url=st.sampled_from(["", "https://maple.example/run"]),
    )
    def add_evidence(
        self, medium: str, goals: list[int], steps: list[int], entries: list[int], url: str
    ) -> None:
        words = self.text()
        values = {
            "medium": medium,
            "url": url,
            "text": words,
            "goal_ids": self.those("goal", goals),
            "step_ids": self.those("step", steps),
            "entry_ids": self.those("entry", entries),
        }
        self.add("evidence", values, words)

    @rule(replaces=st.none() | some)
    def add_baseline(self, replaces: int | None) -> None:
        words = self.text()
        values = {
            "kind": "academic",
            "result": words,
            "replaces_id": None if replaces is None else self.one("baseline", replaces),
        }
        self.add("baseline", values, words)

    @rule(
        step=st.booleans(),
        which=some,
        both=st.sampled_from([False, False, True]),
        progress=st.sampled_from(["", "begun", "reached"]),
    )
    def add_achievement(self, step: bool, which: int, both: bool, progress: str) -> None:
        words = self.text()
        values = {
            "goal_id": self.one("goal", which) if both or not step else None,
            "step_id": self.one("step", which) if both or step else None,
            "progress": progress,
            "claim": words,
            "occurred_at": "2026-09-14T12:00:00-04:00",
        }
        self.add("achievement", values, words)

    def edit(self, tab: int, kind: str, which: int, values: Mapping[str, Any], *words: str) -> None:
        item_id = self.one(kind, which)
        base = self.seen[tab].get((kind, item_id), 1)
        done = self.attempt(lambda editor: editor.edit(kind, item_id, base, values), *words)
        if isinstance(done, Edited):
            self.seen[tab][kind, item_id] = done.version

    @rule(
        tab=st.integers(0, TABS - 1),
        kind=st.sampled_from(sorted(TEXT_FIELDS)),
        which=some,
        fields=st.sets(some, min_size=1, max_size=2),
    )
    def write(self, tab: int, kind: str, which: int, fields: set[int]) -> None:
        names = {TEXT_FIELDS[kind][one % len(TEXT_FIELDS[kind])] for one in fields}
        values = {name: self.text() for name in sorted(names)}
        self.edit(tab, kind, which, values, *values.values())

    @rule(
        tab=st.integers(0, TABS - 1),
        which=some,
        parent=st.none() | some,
        more=st.sampled_from([{}, {"horizon": "short"}, {"horizon": "long", "years_ahead": 10}]),
        state=st.sampled_from(["draft", "active"]),
    )
    def reshape_goal(
        self, tab: int, which: int, parent: int | None, more: Mapping[str, Any], state: str
    ) -> None:
        parent_id = None if parent is None else self.one("goal", parent)
        self.edit(tab, "goal", which, {"parent_id": parent_id, "state": state, **more})

    @rule(
        tab=st.integers(0, TABS - 1),
        which=some,
        goals=several,
        state=st.sampled_from(["in_progress", "done", "dropped"]),
    )
    def reshape_step(self, tab: int, which: int, goals: list[int], state: str) -> None:
        self.edit(tab, "step", which, {"goal_ids": self.those("goal", goals), "state": state})

    @rule(tab=st.integers(0, TABS - 1), which=some, goals=several, steps=several)
    def reshape_evidence(self, tab: int, which: int, goals: list[int], steps: list[int]) -> None:
        links = {"goal_ids": self.those("goal", goals), "step_ids": self.those("step", steps)}
        self.edit(tab, "evidence", which, {**links, "entry_ids": []})

    @rule(tab=st.integers(0, TABS - 1), grade=st.integers(-1, 13))
    def say_grade(self, tab: int, grade: int) -> None:
        self.edit(tab, "plan", 0, {"grade": grade})

    @rule(tab=st.integers(0, TABS - 1))
    def look_at_the_page_again(self, tab: int) -> None:
        for kind in TEXT_FIELDS:
            model = KINDS[kind].model
            found = select(model.id, model.version).where(model.plan_id == self.plan.id)
            self.seen[tab].update({(kind, row[0]): row[1] for row in self.session.execute(found)})

    @rule(kind=st.sampled_from([*TEXT_FIELDS, "goal", "plan", "review"]), which=some)
    def remove(self, kind: str, which: int) -> None:
        self.attempt(lambda editor: editor.remove(kind, self.one(kind, which)))

    @rule(kind=st.sampled_from(sorted(TEXT_FIELDS)), which=some)
    def restore(self, kind: str, which: int) -> None:
        self.attempt(lambda editor: editor.restore(kind, self.one(kind, which)))

    @rule(
        which=some,
        outcome=st.sampled_from(["met", "continue", "extend", "revise", "revise", "remove", "nonsense"]),
        steps_stay=st.booleans(),
        not_met=st.booleans(),
        category=st.sampled_from(["reflection"] * 5 + ["nonsense"]),
        parent=st.none() | some,
    )
    def review(
        self, which: int, outcome: str, steps_stay: bool, not_met: bool, category: str, parent: int | None
    ) -> None:
        goal_id, reason, statement = self.one("goal", which), self.text(), self.text()
        changes: dict[str, Any] = {}
        if outcome == "extend":
            changes = {"target_on": "2027-06-01"}
        elif outcome == "revise":
            changes = {"statement": statement}
            changes |= {} if parent is None else {"parent_id": self.one("goal", parent)}

        def work(editor: PlanEditor) -> GoalReview:
            draft = ReviewDraft(
                outcome, category, reason, "", steps_stay=steps_stay, changes=changes, not_met=not_met
            )
            goal = editor.item(KINDS["goal"], goal_id)
            return review_goal(editor, goal_id, goal.version, draft)

        self.attempt(work, reason, *([statement] if outcome == "revise" else []))

    @rule(kind=st.sampled_from([None, None, "annual"]))
    def begin_revision(self, kind: str | None) -> None:
        self.attempt(lambda editor: begin_revision(editor, kind))

    @rule(begin=st.booleans())
    def finish_revision(self, begin: bool) -> None:
        if begin:
            self.attempt(begin_revision)
        revision = self.attempt(lambda editor: finish_revision(editor, "A version"))
        if revision is not None:
            self.finished[revision.id] = self.sealed(revision.id)
            self.states[self.now] = plan_state(self.session, self.plan.id)

    def sealed(self, revision_id: int) -> list[Any]:
        return self.rows(select(table(PlanRevision)).where(table(PlanRevision).c.id == revision_id))

    @rule(kind=st.sampled_from([*TEXT_FIELDS, *TEXT_FIELDS, *KINDS]), which=st.none() | some)
    def suggest(self, kind: str, which: int | None) -> None:
        name = next(iter(TEXT_FIELDS.get(kind, ("grade",))))
        work = self.work()
        item = kind, None if which is None else self.one(kind, which)
        values = {name: self.text()} | ({"kind": "interest"} if kind == "entry" else {})
        self.attempt(
            lambda _: suggest(
                *(self.session, self.plan, self.teacher, work, item, values, "", vocabulary),
                minutes(self.now),
            )
        )

    @rule(which=some, answer=st.sampled_from(["", "Thank you", "Yes", "x" * 5001]), yes=st.booleans())
    def answer(self, which: int, answer: str, yes: bool) -> None:
        ids = self.session.scalars(select(Suggestion.id).where(Suggestion.plan_id == self.plan.id)).all()
        if not ids:
            return
        found = self.session.get_one(Suggestion, ids[which % len(ids)])
        words = [
            text for text in found.fields.values() if isinstance(text, str) and text.endswith("student.")
        ]
        deed: Callable[..., Any] = accept if yes else decline
        done = self.attempt(lambda editor: deed(editor, found.id, answer), *(words if yes else []))
        if done is not None and found.item_id is None:
            self.items[found.item_kind].append(done.item_id)
        if not yes or done is None:
            self.sent = [one for one in self.sent if one not in words]

    @rule(kind=st.sampled_from(["goal", "step", "plan", "entry"]), which=some, close=st.booleans())
    def call_for_help(self, kind: str, which: int, close: bool) -> None:
        call = self.attempt(
            lambda editor: ask_for_help(editor, "stuck", (kind, self.one(kind, which)), "Help", ["Ms Rivera"])
        )
        if close and call is not None:
            self.attempt(lambda editor: close_help(editor, call.id))

    @rule(which=some, deed=st.sampled_from([validate_evidence, withdraw_validation]), by=st.booleans())
    def confirm(self, which: int, deed: Callable[..., Any], by: bool) -> None:
        work = self.work()
        actor = self.teacher if by else self.student
        self.attempt(
            lambda _: deed(self.session, actor, work, self.one("evidence", which), minutes(self.now))
        )

    @rule()
    def add_pathway(self) -> None:
        words = self.text()
        self.add("pathway", {"title": words, "learn": "Something"}, words)

    @rule(which=some, to=st.sampled_from(PATHWAY_STATES), by=st.booleans())
    def move_pathway(self, which: int, to: str, by: bool) -> None:
        item_id, work = self.one("pathway", which), self.work()

        def decided(_: PlanEditor) -> Any:
            item = self.session.get(PathwayParticipation, item_id, populate_existing=True)
            decision = Decision(to, item.version if item else 1, "Words", "A credit")
            return decide_pathway(self.session, self.teacher, work, item_id, decision, minutes(self.now))

        self.attempt(decided if by else lambda editor: move_pathway(editor, item_id, to))

    @rule()
    def add_transition(self) -> None:
        words = self.text()
        self.add("transition", {"needs": words, "checklist": [{"text": "Visit", "done": False}]}, words)

    @rule(which=some, receiver=st.sampled_from(["Ms. Dube", "Ms. Dube", ""]))
    def agree(self, which: int, receiver: str) -> None:
        item_id = self.one("transition", which)
        agreeing = Agreeing(10**6, "Maya", ("goals",), receiver)
        self.attempt(lambda editor: agree(editor, item_id, agreeing))

    @rule(
        which=some,
        deed=st.sampled_from(["agree", "agree", "hand_over", "take_back", "tick"]),
        by=st.booleans(),
    )
    def help_with_a_transition(self, which: int, deed: str, by: bool) -> None:
        item_id, work = self.one("transition", which), self.work()
        actor = self.teacher if by else self.student
        newest = select(func.max(TransitionAgreement.id)).where(
            TransitionAgreement.transition_id == item_id, TransitionAgreement.role == "student"
        )

        def helped(_: PlanEditor) -> Any:
            asked = self.session.scalar(newest) or 0
            now, session = minutes(self.now), self.session
            if deed == "agree":
                return family_agrees(session, actor, work, item_id, asked, "Rosa", now=now)
            if deed == "hand_over":
                return hand_over(session, actor, work, item_id, asked, now)
            if deed == "tick":
                return tick(session, actor, work, item_id, "Visit", True, now)
            return family_takes_back(session, actor, work, item_id, now)

        self.attempt(helped)

    @rule(
        kind=st.sampled_from(sorted(KINDS)),
        which=st.none() | some,
        values=st.sampled_from(HOSTILE),
        goal=some,
    )
    def send_nonsense(self, kind: str, which: int | None, values: Mapping[str, Any], goal: int) -> None:
        if which is None:
            self.add(kind, {"goal_ids": [self.one("goal", goal)], **values})
        else:
            self.edit(0, kind, which, values)

    # What must hold.

    @invariant()
    def it_holds_together(self) -> None:
        if self.now % 5 == 0:
            self.check_state(plan_state(self.session, self.plan.id))

    def check_state(self, state: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        goals = state["goal"]
        for goal_id, goal in goals.items():
            seen = {goal_id}
            while not goal["removed"] and goal["parent_id"] is not None:
                parent = str(goal["parent_id"])
                assert parent not in seen, "a goal leads to itself"
                seen.add(parent)
                goal = goals[parent]
                assert (goal["horizon"], goal["removed"]) == ("long", False)
        for step in state["step"].values():
            assert step["goal_ids"]
            if not step["removed"]:
                assert any(not goals[str(one)]["removed"] for one in step["goal_ids"])
        for shown in state["evidence"].values():
            assert any(shown[name] for name in ("goal_ids", "step_ids", "entry_ids", "reflection_ids"))
        for way in state["pathway"].values():
            assert not (way["removed"] and way["state"] in TAKES_PART)
        replaced = [one["replaces_id"] for one in state["baseline"].values() if one["replaces_id"]]
        assert len(replaced) == len(set(replaced))

    def teardown(self) -> None:
        try:
            self.check_all()
        finally:
            self.session.rollback()
            self.session.close()

    def check_all(self) -> None:
        self.check_state(plan_state(self.session, self.plan.id))
        assert verify(self.session, self.plan.id) == []
        changes = self.session.scalars(
            select(PlanChange).where(PlanChange.plan_id == self.plan.id).order_by(PlanChange.number)
        ).all()
        assert [one.number for one in changes] == list(range(1, len(changes) + 1))
        written = json.dumps([[one.fields, one.reason] for one in changes])
        assert [one for one in self.sent if one not in written] == []
        for revision_id, row in self.finished.items():
            assert self.sealed(revision_id) == row
        for minute, state in self.states.items():
            assert state_at(self.session, self.plan.id, minutes(minute)) == state


@pytest.fixture
def school(sessions: sessionmaker[Session]) -> School:
    session = sessions()
    school = make_school(session)
    session.commit()
    session.close()
    return school


def test_any_interleaving_keeps_every_invariant(sessions: sessionmaker[Session], school: School) -> None:
    examples = EXAMPLES[sessions.kw["bind"].dialect.name]
    run_state_machine_as_test(
        lambda: PlanMachine(sessions, school),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
