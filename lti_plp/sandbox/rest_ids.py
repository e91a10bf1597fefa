"""How addresses of the REST interface name things: numbers, ``self``, and numbers of the school's records."""

from flask import request

from lti_plp.sandbox.lms import database
from lti_plp.sandbox.rest import Caller, RestRefusal, not_found
from lti_plp.sandbox.school import (
    Course,
    Person,
    course_by_id,
    course_number,
    courses,
    number_of,
    people,
    person_by,
)


def course_named(caller: Caller, name: str) -> Course:
    """Return a course that the caller may enter, by its id, ``sis_course_id:…`` or ``lti_context_id:…``.

    :raise RestRefusal: 404 when there is none, or none for the caller.
    """
    db = database()
    kind, _, value = name.rpartition(":")
    course = None
    if not kind and value.isdecimal():
        course = course_by_id(db, int(value))
    elif kind == "lti_context_id":
        row = db.execute("SELECT id FROM course WHERE context_id = ?", (value,)).fetchone()
        course = course_by_id(db, row["id"]) if row else None
    elif kind == "sis_course_id":
        course = next((one for one in courses(db, caller.person) if course_number(one) == value), None)
    if course is None or caller.role(course) is None:
        raise not_found()
    return course


def person_named(caller: Caller, name: str) -> Person:
    """Return somebody, by their id, ``self`` or ``sis_user_id:…``.

    :raise RestRefusal: 404 when there is nobody.
    """
    if name == "self":
        return caller.person
    kind, _, value = name.rpartition(":")
    found = None
    if not kind and value.isdecimal():
        found = person_by(database(), "id", int(value))
    elif kind == "sis_user_id":
        found = next((one for one in people(database()) if number_of(one) == value), None)
    if found is None:
        raise not_found()
    return found


def numbers(name: str) -> list[int]:
    """Return the numbers of a parameter ``name[]``.

    :raise RestRefusal: 400 when one is none.
    """
    found = request.args.getlist(f"{name}[]")
    if not all(one.isdecimal() for one in found):
        raise RestRefusal(400, {"errors": [{"message": f"{name}[] must be numbers"}]})
    return [int(one) for one in found]
