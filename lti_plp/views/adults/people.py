"""Who stands in for whom, and, for administrators, who advises whom."""

from datetime import date
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.naming import titles_of_courses
from lti_plp.lms.people import (
    RELATIONS,
    courses_of,
    end_relation,
    end_stand_in,
    name_stand_in,
    relate,
    relations,
    staff_of,
    stand_ins,
)
from lti_plp.lms.roster import students_of
from lti_plp.plp.policy import Action, SchoolWide, may, require
from lti_plp.plp.standing import Standing
from lti_plp.views.adults.desk import bp, page, ties
from lti_plp.views.links import number_in
from lti_plp.views.visit import toolbox, visit


@bp.get("/students/people")
def people() -> ResponseReturnValue:
    """Show who stands in, and who advises whom."""
    return _people_page()


def _people_page(problem: str = "") -> str:
    here, today = visit(), toolbox().clock().date()
    manages = may(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))
    taught = {course for tie in ties().values() if Standing.TEACHER in tie.standing for course in tie.courses}
    of_course = number_in(request.values.get("of_course", "")) if manages else 0
    courses = courses_of(here.db, here.tenant_id) if manages else {}
    return page(
        "people",
        section="people",
        manages=manages,
        stand_ins=stand_ins(here.db, here.tenant_id, today, None if manages else here.actor.person_id),
        staff=[one for one in staff_of(here.db, here.tenant_id) if manages or one.id != here.actor.person_id],
        taught=titles_of_courses(here.db, here.tenant_id, taught),
        advises=any(Standing.ADVISOR in tie.standing for tie in ties().values()),
        relations=relations(here.db, here.tenant_id, today) if manages else [],
        relation_kinds=RELATIONS,
        courses=courses,
        of_course=of_course,
        learners=students_of(here.db, of_course) if of_course in courses else [],
        typed=request.form,
        typed_students=set(request.form.getlist("student")),
        problem=problem,
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError:
        return None


@bp.post("/students/people/stand-in")
def stand_in() -> ResponseReturnValue:
    """Let a colleague stand in."""
    here, today = visit(), toolbox().clock().date()
    where, first, last = request.form.get("where", ""), _day("first") or today, _day("last")

    def do() -> None:
        require(here.actor, Action.NAME_STAND_IN, SchoolWide(here.tenant_id))
        if last is None:
            raise BadInput("A last day is missing.", code="stand_in_dates")
        kind, person = request.form.get("kind", ""), number_in(request.form.get("person", ""))
        course = None if where == "advisees" else number_in(where)
        if course is None and kind == "co_teacher":
            kind = "co_advisor"
        name_stand_in(here.db, here.actor, person, kind, course, first, last, toolbox().clock())

    return _done(do)


def _done(do: Any) -> ResponseReturnValue:
    here = visit()
    try:
        do()
    except BadInput as problem:
        here.db.rollback()
        return _people_page(problem.code), problem.status
    here.db.commit()
    return redirect(url_for("adults.people"), 303)


@bp.post("/students/people/stand-in/<int:stand_in_id>/end")
def end_stand_in_early(stand_in_id: int) -> ResponseReturnValue:
    """End it today."""
    here = visit()
    return _done(lambda: end_stand_in(here.db, here.actor, stand_in_id, toolbox().clock()))


@bp.post("/students/people/relations")
def add_relations() -> ResponseReturnValue:
    """Say that an adult advises students."""
    here, form, now = visit(), request.form, toolbox().clock()
    wanted = [number_in(one) for one in form.getlist("student")]
    adult, kind, first = number_in(form.get("adult", "")), form.get("kind", ""), _day("first") or now.date()
    return _done(lambda: relate(here.db, here.actor, adult, wanted, kind, first, _day("last"), now))


@bp.post("/students/people/relations/<int:relation_id>/end")
def end_relation_now(relation_id: int) -> ResponseReturnValue:
    """End it."""
    here = visit()
    return _done(lambda: end_relation(here.db, here.actor, relation_id, toolbox().clock()))
