"""The first page of a plan: where am I, what is next, this week, goals, evidence, then and now."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask.typing import ResponseReturnValue

from lti_plp.lms.plan_page import named_page_of
from lti_plp.lms.students import DueWork, due_of
from lti_plp.plp.cycle import next_thing
from lti_plp.plp.reading import PlanPage, StepCard
from lti_plp.prepared import ask_both
from lti_plp.views.plan.desk import bp, page, today
from lti_plp.views.plan.evidence import files_of
from lti_plp.views.visit import visit

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """What is at hand."""

    late: tuple[StepCard, ...]
    steps: tuple[StepCard, ...]
    """Due within a week, or being worked on."""
    due: tuple[DueWork, ...]
    """Reflections that courses wait for, and that are due within two weeks."""


@bp.get("/plan")
def home() -> ResponseReturnValue:
    """Show the plan, or how to begin one."""
    here = visit()
    person_id = here.actor.person_id
    (shown, names), due = ask_both(here.db, named_page_of(here.tenant_id, person_id), due_of(person_id))
    if shown is None:
        return page("begin", section="plan")
    return page(
        "home",
        card=shown.plan,
        section="plan",
        shown=shown,
        next=next_thing(shown.facts(today())),
        week=_week(shown, due, today()),
        titles=titles(shown),
        names=names,
        files=files_of(shown.evidence),
    )


def _week(shown: PlanPage, due: tuple[DueWork, ...], day: date) -> Week:
    open_goals = {one.id for one in shown.goals if one.is_open}
    open_steps = [
        one
        for one in shown.steps
        if one.state in {"planned", "in_progress"} and not open_goals.isdisjoint(one.goal_ids)
    ]
    soon = day + WEEK
    return Week(
        late=tuple(one for one in open_steps if one.due_on and one.due_on < day),
        steps=tuple(
            one
            for one in open_steps
            if (one.due_on and day <= one.due_on <= soon)
            or (one.due_on is None and one.state == "in_progress")
        ),
        due=tuple(
            one for one in due if one.state != "sent" and one.due_at and one.due_at.date() <= day + 2 * WEEK
        ),
    )


def titles(shown: PlanPage) -> dict[str, str]:
    """Return ``goal:12`` -> its words, for everything that the page may name."""
    found = {f"goal:{one.id}": one.statement for one in shown.goals}
    found.update({f"step:{one.id}": one.text for one in shown.steps})
    return found
