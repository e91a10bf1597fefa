"""Rating several students for one proficiency on one page, as after a discussion in class."""

from datetime import datetime

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.class_list import StudentLine
from lti_plp.lms.naming import titles_of_courses
from lti_plp.plp.growth.choosing import offer, search
from lti_plp.plp.growth.frameworks import Proficiency, read_one
from lti_plp.plp.growth.ratings import RatingDraft, rate, rated_proficiency
from lti_plp.plp.growth.standings import newest_rating
from lti_plp.plp.policy import Action, may
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.adults.proficiencies import rated_work
from lti_plp.views.adults.students import listed
from lti_plp.views.rating_form import after_sent, level_sent, moment_of
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/rate")
def choose_proficiency() -> ResponseReturnValue:
    """Ask what is rated; ``q`` looks for it."""
    here, words = visit(), request.args.get("q", "")[:100]
    return page(
        "rate_choose",
        section="students",
        words=words,
        course=request.args.get("course", "")[:20],
        offer=offer(here.db, here.tenant_id, None),
        found=search(here.db, here.tenant_id, words),
    )


@bp.get("/students/rate/<int:proficiency_id>")
def rate_many(proficiency_id: int) -> ResponseReturnValue:
    """Show the students with the levels to choose from."""
    return _page(proficiency_id)


def _page(proficiency_id: int, problem: str = "") -> str:
    here = visit()
    tree = read_one(here.db, here.tenant_id, proficiency_id)
    course = request.values.get("course", "")[:20]
    found = listed({"course": course, "sort": "name"})
    return page(
        "rate_many",
        section="students",
        one=rated_proficiency(tree, proficiency_id),
        lines=[one for one in found.lines if _may_rate(one)],
        course=course,
        courses=titles_of_courses(here.db, here.tenant_id, found.courses),
        newest=newest_rating(here.db, here.tenant_id),
        problem=problem,
        typed=request.form,
        said=request.args.get("said", "")[:6],
    )


def _may_rate(line: StudentLine) -> bool:
    return may(visit().actor, Action.RATE_PROFICIENCY, rated_work(line.tie))


@bp.post("/students/rate/<int:proficiency_id>")
def keep_many(proficiency_id: int) -> ResponseReturnValue:
    """Keep the ratings of all for whom a level was chosen, or none of them."""
    here, form, now = visit(), request.form, toolbox().clock()
    tree = read_one(here.db, here.tenant_id, proficiency_id)
    one = rated_proficiency(tree, proficiency_id)
    course = form.get("course", "")[:20]
    try:
        drafts = _drafts(one, listed({"course": course, "sort": "name"}).lines, now)
        for line, draft in drafts:
            rate(here.db, here.actor, rated_work(line.tie), tree, draft, now)
    except BadInput as problem:
        here.db.rollback()
        return _page(proficiency_id, problem.code), problem.status
    here.db.commit()
    address = url_for(
        "adults.rate_many", proficiency_id=proficiency_id, course=course or None, said=len(drafts)
    )
    return redirect(address, 303)


def _drafts(
    one: Proficiency, lines: tuple[StudentLine, ...], now: datetime
) -> list[tuple[StudentLine, RatingDraft]]:
    """Return what the form says of each student; in the order of their ids, in which their levels are locked.

    :raise BadInput: ``nothing_given`` when it says nothing of anybody, ``rating_day`` for what is no day.
    """
    form = request.form
    done = moment_of(form.get("done_on", ""), now)
    chosen = [line for line in lines if form.get(f"level-{line.student_id}")]
    if not chosen:
        raise BadInput("No level is chosen.", code="nothing_given")
    note = form.get("note", "").replace("\r\n", "\n")
    after = after_sent(form)
    return [
        (line, RatingDraft(one.id, level_sent(form[f"level-{line.student_id}"]), done, note, after=after))
        for line in sorted(chosen, key=lambda line: line.student_id)
    ]
