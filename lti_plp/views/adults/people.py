"""Who stands in for whom, and, for administrators, who advises whom."""

from collections.abc import Callable, Collection
from datetime import date

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput
from lti_plp.lms.naming import names_of_people, titles_of_courses
from lti_plp.lms.people import (
    RELATIONS,
    caseloads,
    courses_of,
    end_relation,
    end_stand_in,
    name_stand_in,
    relate,
    relations,
    staff_of,
    stand_ins,
)
from lti_plp.lms.roster import Classmate, students_of
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
    mine = list(ties().values())
    taught = {course for tie in mine if Standing.TEACHER in tie.standing for course in tie.courses}
    courses = courses_of(here.db, here.tenant_id) if manages else {}
    of_adult = number_in(request.args.get("of_adult", "")) if manages else 0
    return page(
        "people",
        section="people",
        manages=manages,
        stand_ins=stand_ins(here.db, here.tenant_id, today, None if manages else here.actor.person_id),
        staff=[one for one in staff_of(here.db, here.tenant_id) if manages or one.id != here.actor.person_id],
        places=courses or titles_of_courses(here.db, here.tenant_id, taught),
        advises=manages or any(Standing.ADVISOR in tie.standing for tie in mine),
        caseloads=caseloads(here.db, here.tenant_id, today) if manages else [],
        of_adult=of_adult,
        relations=relations(here.db, here.tenant_id, today, of_adult) if of_adult else [],
        relation_kinds=RELATIONS,
        courses=courses,
        of_course=_of_course(courses),
        learners=_learners(courses) if manages else [],
        typed=request.form,
        typed_students=set(request.form.getlist("student")),
        problem=problem,
    )


def _of_course(courses: Collection[int]) -> int:
    """Return the course whose students an administrator looks at; 0 for none."""
    asked = number_in(request.values.get("of_course", ""))
    return asked if asked in courses else 0


def _learners(courses: Collection[int]) -> list[Classmate]:
    """Return between whom an administrator chooses: students of a course, else those who were chosen elsewhere."""
    here = visit()
    if course := _of_course(courses):
        return students_of(here.db, course)
    ids = [number_in(one) for one in request.form.getlist("student")]
    names = names_of_people(here.db, here.tenant_id, ids)
    return sorted((Classmate(one, name, "", "") for one, name in names.items()), key=lambda one: one.name)


@bp.post("/students/people")
def choose_advisor() -> ResponseReturnValue:
    """Show the form that names an adult for students who were chosen in the list; nothing is said yet."""
    here = visit()
    require(here.actor, Action.MANAGE_SCHOOL, SchoolWide(here.tenant_id))
    return _people_page()


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
        away = number_in(request.form.get("away", "")) or None
        course = None if where == "advisees" else number_in(where)
        if course is None and kind == "co_teacher":
            kind = "co_advisor"
        name_stand_in(here.db, here.actor, person, kind, course, first, last, toolbox().clock(), away)

    return _done(do)


def _done(do: Callable[[], object]) -> ResponseReturnValue:
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
