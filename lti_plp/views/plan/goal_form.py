"""Forms about goals as they were typed, so that they can be shown again as they were."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lti_plp.errors import PlpError
from lti_plp.plp.items import STEP
from lti_plp.plp.kinds import Kind
from lti_plp.plp.revisions import ReviewDraft
from lti_plp.views.links import number_in
from lti_plp.views.plan.incoming import fields_in_form

NOW, FIVE, TEN = "now", "5", "10"
AHEAD = (NOW, FIVE, TEN)
"""When a goal is to be reached, as the form asks; years, or now."""
NOT_MET = "not_met"
"""The sixth answer to how a goal went: it was not reached, and ends in sight."""
_REWORDED = ("statement", "measure")


@dataclass(frozen=True)
class NewGoal:
    """What the form for a new goal holds."""

    ahead: str = NOW
    statement: str = ""
    why: str = ""
    measure: str = ""
    target_on: str = ""
    kind: str = ""
    """Empty while it follows from when the goal is to be reached."""
    parent_id: int = 0
    proficiency_ids: tuple[int, ...] = ()

    def values(self, kinds: tuple[Kind, ...]) -> dict[str, Any]:
        """Return the fields of the goal; ``kinds`` are those that the plan's form has."""
        is_long = self.ahead != NOW
        return {
            "statement": self.statement,
            "why": self.why,
            "measure": self.measure,
            "target_on": self.target_on,
            "kind": self.kind or _kind(kinds, is_long=is_long),
            "horizon": "long" if is_long else "short",
            "years_ahead": int(self.ahead) if is_long else None,
            "parent_id": self.parent_id or None,
            "proficiency_ids": list(self.proficiency_ids),
        }


def _kind(kinds: tuple[Kind, ...], *, is_long: bool) -> str:
    ids = [one.id for one in kinds]
    return "postsecondary" if is_long and "postsecondary" in ids else ids[0]


def wanted_goal(arguments: Mapping[str, str]) -> NewGoal:
    """Return the form as an address asks for it: ``horizon=long``, ``years``, ``parent``."""
    years = arguments.get("years", TEN if arguments.get("horizon") == "long" else NOW)
    return NewGoal(
        ahead=_ahead(years),
        parent_id=number_in(arguments.get("parent", "")),
        proficiency_ids=tuple(filter(None, [number_in(arguments.get("proficiency", ""))])),
    )


def new_goal_sent(form: Any) -> NewGoal:
    """Read what was sent."""
    return NewGoal(
        ahead=_ahead(form.get("ahead", "")),
        statement=form.get("statement", ""),
        why=form.get("why", ""),
        measure=form.get("measure", ""),
        target_on=form.get("target_on", ""),
        kind=form.get("kind", ""),
        parent_id=number_in(form.get("parent_id", "")),
        proficiency_ids=tuple(filter(None, map(number_in, form.getlist("proficiency_ids")))),
    )


def _ahead(text: str) -> str:
    return text if text in AHEAD else NOW


@dataclass(frozen=True)
class Typed:
    """What stands in the small forms of a goal's page."""

    step: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    """Field -> code of what is wrong with it."""


def step_sent(form: Any) -> dict[str, Any]:
    """Read a new step."""
    sent = fields_in_form(STEP, form)
    return {name: sent[name] for name in ("text", "due_on", "planned_evidence") if name in sent}


def said_sent(form: Any) -> dict[str, Any]:
    """Read a word on how far a goal is."""
    sent: dict[str, Any] = {name: form.get(name, "") for name in ("progress", "claim")}
    sent["kind"] = form.get("kind", "") or "self_assessment"
    return {**sent, "evidence_id": form.get("evidence_id", "")}


@dataclass(frozen=True)
class ReviewForm:
    """What the form for a look at a goal holds."""

    version: int
    outcome: str = ""
    """One of the vocabulary, or ``not_met``."""
    reason_category: str = ""
    reason: str = ""
    next_step: str = ""
    steps_stay: bool = False
    target_on: str = ""
    statement: str = ""
    measure: str = ""

    def draft(self) -> ReviewDraft:
        """Return what is said; only the fields that go with the outcome change the goal."""
        changes: dict[str, Any] = {}
        if self.outcome == "extend":
            changes = {"target_on": self.target_on}
        elif self.outcome == "revise":
            changes = {name: getattr(self, name) for name in _REWORDED}
        return ReviewDraft(
            outcome="remove" if self.outcome == NOT_MET else self.outcome,
            reason_category=self.reason_category,
            reason=self.reason,
            next_step=self.next_step,
            steps_stay=self.steps_stay and self.outcome in {"extend", "revise"},
            changes=changes or None,
            not_met=self.outcome == NOT_MET,
        )

    def missing(self) -> dict[str, str]:
        """Return field -> code of everything that has to be said and is not."""
        needed = {"outcome": self.outcome, "reason_category": self.reason_category, "reason": self.reason}
        if self.outcome == "extend":
            needed["target_on"] = self.target_on
        elif self.outcome == "revise":
            needed["statement"] = self.statement
        return {name: "field_missing" for name, text in needed.items() if not text.strip()}


def review_of(goal: Any) -> ReviewForm:
    """Return a form that nobody has touched."""
    return ReviewForm(goal.version, statement=goal.statement, measure=goal.measure)


def review_sent(form: Mapping[str, str]) -> ReviewForm:
    """Read what was sent."""
    texts = {
        name: form.get(name, "").replace("\r\n", "\n")
        for name in (
            "outcome",
            "reason_category",
            "reason",
            "next_step",
            "target_on",
            "statement",
            "measure",
        )
    }
    return ReviewForm(
        version=number_in(form.get("version", "")), steps_stay=form.get("steps_stay") == "1", **texts
    )


def problems_of(problem: PlpError) -> dict[str, str]:
    """Return field -> code of what was refused, for a page that shows everything typed again.

    :raise PlpError: the same, when it is about something that no such page can mend.
    """
    if problem.status not in {400, 409}:
        raise problem
    return {str((problem.details or {}).get("field", "all")): problem.code}
