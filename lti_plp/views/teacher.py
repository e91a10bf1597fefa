"""The teacher's pages: the class, and one student's reflection to read and rate."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from flask import make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput, PlpError
from lti_plp.lms.copied import Copied, copied
from lti_plp.lms.models import Course
from lti_plp.lms.outbox import Trouble, resend, troubles
from lti_plp.lms.queue import DELIVER_SCORES, REFRESH_ROSTER
from lti_plp.lms.roster import Classmate, students_of
from lti_plp.lms.scores import rate_and_report
from lti_plp.plp.policy import Action, may, require
from lti_plp.plp.reflections import ClassWork, LinkFacts, Work, class_work, student_work, template_of
from lti_plp.plp.templates import Template
from lti_plp.views.links import decimal_in, link_of_page, number_in
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import gateway, page_blueprint, toolbox, visit, wake

bp = page_blueprint("teacher", __name__)

MENDABLE = frozenset({"newer_submission", "points_out_of_range", "comment_too_long", "nothing_given"})
"""What a teacher can mend on the page itself, with everything that was typed still there."""

ROSTER_AGE = timedelta(minutes=15)
"""An older class list is read anew when a teacher looks at it."""

ROSTER_QUESTIONS = 20
"""How often a page asks, every other second, whether the new list is there."""


@dataclass(frozen=True)
class Row:
    """One line of the class list."""

    student: Classmate
    work: ClassWork | None
    trouble: Trouble | None

    @property
    def state(self) -> str:
        """``new``, ``writing``, ``sent``, ``sent_again`` or ``rated``."""
        return self.work.state if self.work else "new"

    @property
    def needs_you(self) -> bool:
        """Whether there is something to read."""
        return self.state in {"sent", "sent_again"}


@dataclass(frozen=True)
class ClassList:
    """The class with all its lines."""

    template: Template
    rows: list[Row]
    is_fresh: bool
    """Whether reading the platform's roster was tried a short while ago, or cannot be tried."""
    was_read: bool
    """Whether it was ever read, or cannot be."""

    @property
    def waiting(self) -> list[Row]:
        """Those whose reflections are to be read."""
        return [row for row in self.rows if row.needs_you]

    @property
    def troubled(self) -> list[Row]:
        """Those whose grade is not where it should be."""
        return [row for row in self.rows if row.trouble]


def _class_list(link: LinkFacts) -> ClassList:
    here = visit()
    works = class_work(here.db, here.actor, link)
    course = here.db.get_one(Course, link.course_id)
    found = {trouble.person_id: trouble for trouble in troubles(here.db, link.resource_link_id)}
    rows = [
        Row(student, works.get(student.person_id), found.get(student.person_id))
        for student in students_of(here.db, link.course_id)
    ]
    tried_at, has_none = course.roster_tried_at, not course.memberships_url
    is_fresh = has_none or (tried_at is not None and toolbox().clock() - tried_at <= ROSTER_AGE)
    was_read = has_none or course.roster_read_at is not None
    return ClassList(template_of(here.db, link), rows, is_fresh, was_read)


@bp.get("/review", defaults={"link_id": None})
@bp.get("/links/<int:link_id>/review")
def review(link_id: int | None = None) -> ResponseReturnValue:
    """Show the class, or with ``begin=1`` the first who waits.

    A page whose roster is old asks for ``part=list`` some times until the list is new.
    """
    link = link_of_page(link_id)
    found = _class_list(link)
    only_waiting, asked = request.args.get("show") == "waiting", _asked()
    shown = {"found": found, "link_id": link_id, "only_waiting": only_waiting, "asked": asked + 1}
    if not asked:
        if not found.is_fresh:
            wake(REFRESH_ROSTER, link.course_id)
        if found.waiting and request.args.get("begin"):
            first = found.waiting[0].student.person_id
            return redirect(url_for("teacher.one", person_id=first, link_id=link_id), 303)
        return render_template("teacher/class.html", copied=_copied(link), **shown)
    if not found.is_fresh and asked < ROSTER_QUESTIONS:
        return render_template("teacher/_waiting.html", **shown)
    answer = make_response(render_template("teacher/_list.html", **shown))
    answer.headers["HX-Retarget"] = "#class-list"
    return answer


def _copied(link: LinkFacts) -> Copied | None:
    """Return where the reflection was copied from, for those who may change it."""
    here = visit()
    return copied(here.db, link) if may(here.actor, Action.PLACE_REFLECTION, link.place) else None


def _asked() -> int:
    """Return how often this page has asked for a new list."""
    number = request.args.get("asked", "")
    return min(int(number), ROSTER_QUESTIONS) if number.isdecimal() and len(number) < 4 else 0


@bp.get("/review/<int:person_id>", defaults={"link_id": None})
@bp.get("/links/<int:link_id>/review/<int:person_id>")
def one(person_id: int, link_id: int | None) -> ResponseReturnValue:
    """Show one student's reflection to read and rate."""
    here, link = visit(), link_of_page(link_id)
    return _review_page(student_work(here.db, here.actor, link, person_id), link, link_id, person_id)


def _review_page(
    work: Work,
    link: LinkFacts,
    link_id: int | None,
    person_id: int,
    problem: str = "",
    typed: dict[str, str] | None = None,
) -> str:
    here = visit()
    rows = _readable(link)
    ids = [row.student.person_id for row in rows]
    place = ids.index(person_id) if person_id in ids else -1
    return render_template(
        "teacher/review.html",
        work=work,
        link_id=link_id,
        person_id=person_id,
        student=rows[place].student if place >= 0 else None,
        number=place + 1,
        count=len(rows),
        before=rows[place - 1].student if place > 0 else None,
        after=rows[place + 1].student if 0 <= place < len(rows) - 1 else None,
        can_rate=here.actor.is_staff and not here.actor.is_test,
        problem=problem,
        typed=typed or {},
    )


def _readable(link: LinkFacts) -> list[Row]:
    return [row for row in _class_list(link).rows if row.state not in {"new", "writing"}]


@bp.post("/review/<int:person_id>", defaults={"link_id": None})
@bp.post("/links/<int:link_id>/review/<int:person_id>")
def rate(person_id: int, link_id: int | None) -> ResponseReturnValue:
    """Rate, comment, send; then go on to the next who waits."""
    here, link, form = visit(), link_of_page(link_id), request.form
    submission = form.get("submission_id", "")
    comment = form.get("comment", "").replace("\r\n", "\n")
    try:
        given = _given(form.get("points", ""), comment)
        rate_and_report(
            here.db,
            here.actor,
            link,
            gateway(),
            person_id,
            number_in(submission),
            given,
            comment,
            toolbox().clock(),
        )
    except PlpError as problem:
        if problem.code not in MENDABLE:
            raise
        here.db.rollback()
        work = student_work(here.db, here.actor, link, person_id)
        page = _review_page(work, link, link_id, person_id, problem.code, form.to_dict())
        return page, problem.status
    here.db.commit()
    wake(DELIVER_SCORES)
    return redirect(_next(link, link_id, person_id), 303)


def _given(text: str, comment: str) -> Decimal | None:
    """Read points; empty means a comment without a rating.

    :raise BadInput: when they are no number, or when there is neither a rating nor a comment.
    """
    plain = text.strip()
    if not plain and not comment.strip():
        raise BadInput("There is neither a rating nor a comment.", code="nothing_given")
    if not plain:
        return None
    points = decimal_in(plain)
    if points is None:
        raise BadInput("The points are no number.", code="points_out_of_range")
    return points


def _next(link: LinkFacts, link_id: int | None, person_id: int) -> str:
    """Return the page of the next student after this one who waits, else the first who does, else the class."""
    rows = _readable(link)
    ids = [row.student.person_id for row in rows]
    start = ids.index(person_id) + 1 if person_id in ids else 0
    for row in rows[start:] + rows[:start]:
        if row.needs_you:
            return url_for("teacher.one", person_id=row.student.person_id, link_id=link_id)
    return url_for("teacher.review", link_id=link_id)


@bp.post("/review/resend", defaults={"link_id": None})
@bp.post("/links/<int:link_id>/review/resend")
def send_again(link_id: int | None) -> ResponseReturnValue:
    """Send every grade again that did not arrive."""
    here, link = visit(), link_of_page(link_id)
    require(here.actor, Action.SEE_CLASS, link.place)
    resend(here.db, link.resource_link_id, toolbox().clock())
    here.db.commit()
    wake(DELIVER_SCORES)
    return redirect(url_for("teacher.review", link_id=link_id), 303)
