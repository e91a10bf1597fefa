"""A step that is an assignment of a course: which one, when it is done by it, and a result kept as evidence."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.errors import PlpError
from lti_plp.lms.coursework_models import Coursework, CourseworkResult
from lti_plp.lms.step_works import Tied, choices_for, hold_results, levels_to_reach, show_result, ties_of_step
from lti_plp.lms.step_works import tie_step as tie
from lti_plp.lms.step_works import untie_step as untie
from lti_plp.plp.growth.mapping import VERSION
from lti_plp.plp.models import ActionStep
from lti_plp.plp.plans import PlanEditor
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, own_plan, pen
from lti_plp.views.visit import visit


def coursework_on(step: ActionStep) -> dict[str, Any]:
    """Return what the page of a step says of coursework."""
    here, plan = visit(), own_plan()
    choices = choices_for(here.db, here.actor.person_id, step)
    asked = number_in(request.args.get("work", ""))
    chosen = next((one for one in choices if one.work_id == asked), choices[0] if choices else None)
    return {
        "ties": ties_of_step(here.db, plan, step.id),
        "choices": choices,
        "chosen": chosen,
        "reachable": levels_to_reach(here.db, chosen.work_id) if chosen else [],
    }


@bp.post("/plan/steps/<int:step_id>/coursework")
def tie_step(step_id: int) -> ResponseReturnValue:
    """Say that a step is a piece of coursework."""
    form = request.form
    work_id = number_in(form.get("work", ""))
    return _change(step_id, lambda editor: tie(editor, step_id, work_id, _condition()))


def _condition() -> dict[str, Any]:
    """Return when a step is to be done, as the form says it, unchecked; a level is ``level:<proficiency>:<code>``."""
    when = request.form.get("when", "")
    if when.startswith("level:"):
        _kind, number, code = (*when.split(":", 2), "", "")[:3]
        return {"version": VERSION, "when": "level", "proficiency_id": number_in(number), "level": code}
    return {"version": VERSION, "when": when, "share": request.form.get("share", "")}


@bp.post("/plan/steps/<int:step_id>/coursework/<int:tie_id>/end")
def untie_step(step_id: int, tie_id: int) -> ResponseReturnValue:
    """Let a step no longer be a piece of coursework."""
    return _change(step_id, lambda editor: untie(editor, step_id, tie_id))


@bp.post("/plan/steps/<int:step_id>/coursework/<int:tie_id>/evidence")
def show_work(step_id: int, tie_id: int) -> ResponseReturnValue:
    """Keep what the LMS says now as evidence, with the student's reason."""
    reason = request.form.get("reason", "")
    return _change(
        step_id,
        lambda editor: show_result(editor, step_id, tie_id, lambda tied: (_words_of(tied), reason)),
    )


def _words_of(tied: Tied) -> str:
    return snapshot(tied.work, tied.newest, tied.course) if tied.newest else ""


def snapshot(work: Coursework, result: CourseworkResult, course: str) -> str:
    """Return in words what the LMS says now of a student's work, where and since when."""
    at = result.graded_at or result.submitted_at or result.read_at
    if result.score is not None and work.points:
        got = _("%(score)s of %(points)s points", score=_plain(result.score), points=_plain(work.points))
    else:
        got = result.grade or _("Handed in")
    return _(
        "%(work)s: %(got)s. %(course)s, %(day)s.",
        work=work.title,
        got=got,
        course=course,
        day=at.date().isoformat(),
    )


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _change(step_id: int, act: Callable[[PlanEditor], Any]) -> ResponseReturnValue:
    """Change something about a step's work, and return to its page; what was refused is said there."""
    here = visit()
    hold_results(here.db, here.actor.person_id)
    try:
        act(pen())
    except PlpError as problem:
        here.db.rollback()
        if problem.status == 400:
            return redirect(
                url_for(
                    "plan.step",
                    step_id=step_id,
                    work=request.form.get("work") or None,
                    work_problem="1",
                    _anchor="work-title",
                ),
                303,
            )
        raise
    here.db.commit()
    return redirect(url_for("plan.step", step_id=step_id, _anchor="work-title"), 303)
