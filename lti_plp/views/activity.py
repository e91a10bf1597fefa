"""What a placed link asks to be done in the plan: what was done so far, and the way to the right page."""

from dataclasses import dataclass

from flask import current_app, url_for

from lti_plp.lms.activities import asked_work
from lti_plp.plp.activities import Activity, load_activities
from lti_plp.plp.activity_work import ActivityWork
from lti_plp.plp.plans import find_plan
from lti_plp.plp.reading import read_goals
from lti_plp.plp.reflections import LinkFacts
from lti_plp.plp.templates import Template
from lti_plp.views.visit import toolbox, visit

MOST_GOALS = 5
"""Goals that are offered by name; with more, the plan's own page has them all."""


@dataclass(frozen=True)
class Way:
    """A page of the plan; ``goal`` is the one that it is about."""

    address: str
    goal: str = ""


@dataclass(frozen=True)
class AskedActivity:
    """What the student's page shows of an activity."""

    work: ActivityWork
    ways: tuple[Way, ...]
    """Where it is done; several when the student may choose among her goals."""
    needs_goal: bool = False
    """There is no goal yet, and it takes one: that comes first."""


def activities() -> dict[str, Activity]:
    """Return what can be asked to be done in a plan."""
    return dict(load_activities(toolbox().settings.config_folder))


def activity_asked(template: Template, link: LinkFacts, *, is_preview: bool = False) -> AskedActivity | None:
    """Return what a link asks to be done; ``None`` for a reflection, and for what only a newer version knows."""
    activity = activities().get(template.activity)
    if activity is None:
        return None
    if is_preview:
        return AskedActivity(ActivityWork(activity), ())
    here = visit()
    work = asked_work(here.db, link, here.actor.person_id, activity)
    ways, needs_goal = _ways(activity.page)
    return AskedActivity(work, ways, needs_goal)


def _ways(page: str) -> tuple[tuple[Way, ...], bool]:
    if page in {"steps", "progress"}:
        return _goals_first(page)
    return (Way(url_for(_endpoint(page))),), False


def _goals_first(anchor: str) -> tuple[tuple[Way, ...], bool]:
    here = visit()
    plan = find_plan(here.db, here.tenant_id, here.actor.person_id)
    goals = [one for one in read_goals(here.db, plan.id) if one.is_open] if plan else []
    if not goals:
        return (Way(url_for("plan.new_goal")),), True
    if len(goals) > MOST_GOALS:
        return (Way(url_for("plan.home")),), False
    return tuple(
        Way(url_for("plan.goal", goal_id=one.id, _anchor=anchor), one.statement) for one in goals
    ), False


def _endpoint(page: str) -> str:
    """Return the page's endpoint; where an installation lacks it, the nearest one."""
    wanted = {
        "conference": ("plan.meetings", "plan.revision"),
        "transition": ("plan.transition", "plan.home"),
    }.get(page, (f"plan.{page}",))
    return next(one for one in wanted if one in current_app.view_functions)
