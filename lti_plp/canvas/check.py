"""What is missing until everything flows from a school's Canvas, as stable names for a page that says it in words."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.canvas.api_keys import Key, api_key, ask_token
from lti_plp.canvas.models import CanvasGrant
from lti_plp.canvas.permissions import redirect_uri
from lti_plp.database import reading
from lti_plp.launch.claims import SCOPE_LINE_ITEM, SCOPE_RESULT, SCOPE_SCORE
from lti_plp.launch.models import NoticeHandler, Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.gateway import GatewayProblem, Refused
from lti_plp.lms.models import Course, Deployment, Enrolment, Identity, Person


@dataclass(frozen=True)
class Found:
    """One thing that was looked at."""

    what: str
    """``launches``, ``scopes``, ``roster``, ``names``, ``ids``, ``observers``, ``copies``, ``key``, ``permission``,
    ``reading``."""
    state: str
    """``good``, ``missing``, or ``unknown`` as long as nothing has shown it."""
    detail: str = ""
    """Which scope, or the name of a problem."""


def check_canvas(toolbox: Toolbox, deployment_id: int) -> list[Found]:
    """Look at everything that a deployment of Canvas needs, in the order in which an administrator sets it up."""
    with reading(), toolbox.sessions() as session:
        found = [
            *_told_by_launches(session, deployment_id),
            *_told_by_people(session, deployment_id),
            _copies(session, deployment_id),
        ]
        key = api_key(toolbox, session, deployment_id)
        after = [_permission(session, deployment_id), _reading(session, deployment_id)]
    return [*found, _key(toolbox, key), *(after if key else [])]


def _told_by_launches(session: Session, deployment_id: int) -> list[Found]:
    rows = session.execute(
        select(Course.memberships_url, Course.ags_scopes)
        .where(Course.deployment_id == deployment_id, Course.lti_context_id.not_like("link:%"))
        .order_by(Course.id.desc())
        .limit(200)
    ).all()
    if not rows:
        return [Found("launches", "missing")]
    granted = {scope for row in rows for scope in row.ags_scopes.split()}
    missing = [name for name in (SCOPE_LINE_ITEM, SCOPE_SCORE, SCOPE_RESULT) if name not in granted]
    roster = "good" if any(row.memberships_url for row in rows) else "missing"
    return [
        Found("launches", "good"),
        Found("scopes", "missing" if missing else "good", " ".join(missing)),
        Found("roster", roster),
    ]


def _told_by_people(session: Session, deployment_id: int) -> list[Found]:
    """See what the people of its courses were called by: names, the numbers of Canvas, whom observers observe."""
    counts = session.execute(
        select(
            func.count(),
            func.count().filter(Identity.lms_id != ""),
            func.count().filter(Person.name != ""),
        )
        .select_from(Deployment)
        .join(Registration, Registration.id == Deployment.registration_id)
        .join(
            Identity, (Identity.issuer == Registration.issuer) & (Identity.tenant_id == Deployment.tenant_id)
        )
        .join(Person, Person.id == Identity.person_id)
        .where(Deployment.id == deployment_id, Person.is_test.is_(False))
    ).one()
    everybody, with_id, with_name = counts
    observers = session.scalars(
        select(Enrolment.mentor_of)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Course.deployment_id == deployment_id, Enrolment.roles.like("%mentor%"))
        .limit(200)
    ).all()
    return [
        Found("names", _of_those(everybody, with_name)),
        Found("ids", _of_those(everybody, with_id)),
        Found("observers", _of_those(len(observers), sum(bool(one) for one in observers))),
    ]


def _of_those(all_of_them: int, with_it: int) -> str:
    if not all_of_them:
        return "unknown"
    return "good" if with_it else "missing"


def _copies(session: Session, deployment_id: int) -> Found:
    """See whether Canvas tells when a course is copied; copied courses work without it, too."""
    handler = session.get(NoticeHandler, deployment_id)
    if handler is None or not (handler.registered_at or handler.problem):
        return Found("copies", "unknown")
    return Found("copies", "good" if handler.registered_at else "missing", handler.problem)


def _key(toolbox: Toolbox, key: Key | None) -> Found:
    """Try the API key: a code that nobody was given is refused, but in another way than a wrong key."""
    if key is None:
        return Found("key", "missing")
    form = {"grant_type": "authorization_code", "code": "check", "redirect_uri": redirect_uri(toolbox)}
    try:
        ask_token(toolbox, key, form)
    except Refused as problem:
        if problem.code == "no_consent":
            return Found("key", "good")
        return Found("key", "missing", problem.code)
    except GatewayProblem as problem:
        return Found("key", "unknown", problem.code)
    return Found("key", "good")


def _permission(session: Session, deployment_id: int) -> Found:
    given = session.scalar(
        select(func.count()).where(CanvasGrant.deployment_id == deployment_id, CanvasGrant.ended_at.is_(None))
    )
    return Found("permission", "good" if given else "missing")


def _reading(session: Session, deployment_id: int) -> Found:
    newest = session.execute(
        select(CourseworkReading.read_at, CourseworkReading.problem)
        .join(Course, Course.id == CourseworkReading.course_id)
        .where(Course.deployment_id == deployment_id, CourseworkReading.tried_at.is_not(None))
        .order_by(CourseworkReading.tried_at.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        return Found("reading", "unknown")
    return Found("reading", "missing" if newest.problem else "good", newest.problem)
