"""The page behind a course's menu: which reflections there are, and how far they are."""

from dataclasses import dataclass
from datetime import datetime

from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, exists, func, select, true
from sqlalchemy.orm import aliased

from lti_plp.errors import NotAllowed
from lti_plp.lms.models import ResourceLink
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.ties import ties_of
from lti_plp.plp.actor import Role
from lti_plp.plp.models import Reflection, ReflectionTemplate
from lti_plp.plp.policy import Action, Place, may
from lti_plp.plp.standing import Standing
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import page_blueprint, toolbox, visit

bp = page_blueprint("course", __name__)


@dataclass(frozen=True)
class PlacedReflection:
    """One reflection of the course; ``sent`` counts students who sent it (1 or 0 for a student's own page)."""

    link_id: int
    title: str
    due_at: datetime | None
    begun: int
    sent: int


@bp.get("/course")
def course() -> ResponseReturnValue:
    """List the course's reflections, for its teachers and its students."""
    here = visit()
    if here.is_in_no_course:
        raise NotAllowed("There is no course here.", code="may_not_see_course")
    place = Place(here.tenant_id, here.course.id)
    sees_class = may(here.actor, Action.SEE_CLASS, place)
    if not sees_class and not here.actor.is_learner:
        raise NotAllowed("This page is for people of the course.", code="may_not_see_course")
    mine = None if sees_class else here.actor.person_id
    return render_template("course.html", placed=_placed(mine), sees_class=sees_class)


@bp.get("/visitor")
def visitor() -> ResponseReturnValue:
    """Greet somebody whom the platform gives no role in the course; the launch is good, and opens nothing."""
    return render_template("visitor.html", why="role")


@bp.get("/visitor/no-course")
def no_course() -> ResponseReturnValue:
    """Greet somebody who came from no course and whom we know from none."""
    return render_template("visitor.html", why="course")


@bp.get("/visitor/no-administrator")
def no_administrator() -> ResponseReturnValue:
    """Greet somebody who came from the account's menu and does not administer the whole account."""
    return render_template("visitor.html", why="administrator")


@bp.get("/observer")
def observer() -> ResponseReturnValue:
    """Say whom an observer follows, or that it is nobody.

    :raise NotAllowed: for everybody else.
    """
    here, box = visit(), toolbox()
    if Role.MENTOR not in here.actor.roles:
        raise NotAllowed("This page is for observers.", code="may_not_see_course")
    grace = box.settings.grace_days
    ties = ties_of(here.db, here.tenant_id, here.actor.person_id, box.clock(), grace)
    followed = [one.student_id for one in ties.values() if Standing.FAMILY in one.standing]
    names = names_of_people(here.db, here.tenant_id, followed)
    return render_template("observer.html", followed=sorted(names.values()))


def _placed(person_id: int | None) -> list[PlacedReflection]:
    here = visit()
    begun = func.count(Reflection.id)
    sent = func.count(Reflection.submitted_at)
    joined = Reflection.resource_link_id == ResourceLink.id
    is_out: ColumnElement[bool] = true()
    if person_id is not None:
        # What no student has begun may not be published yet: then only the platform knows the way to it.
        anybodys = aliased(Reflection)
        is_out = exists().where(anybodys.resource_link_id == ResourceLink.id)
        joined = joined & (Reflection.person_id == person_id)
    rows = here.db.execute(
        select(
            ResourceLink.id,
            ReflectionTemplate.title,
            ReflectionTemplate.due_at,
            begun.label("begun"),
            sent.label("sent"),
        )
        .join(ReflectionTemplate, ReflectionTemplate.id == ResourceLink.template_id)
        .outerjoin(Reflection, joined)
        .where(ResourceLink.course_id == here.course.id, is_out)
        .group_by(ResourceLink.id, ReflectionTemplate.title, ReflectionTemplate.due_at)
        .order_by(ResourceLink.id.desc())
    )
    return [PlacedReflection(row.id, row.title, row.due_at, row.begun, row.sent) for row in rows]
