"""Who came, from where, to which course: what a launch tells is recorded here, in few statements.

A launch of somebody known, in a known course, through a known link, writes nothing.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    ScalarSelect,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from lti_plp.database import table
from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.copies import Opening, template_meant
from lti_plp.lms.coursework_models import CourseworkReading
from lti_plp.lms.models import TEACHES, Course, Deployment, Enrolment, Identity, Person, ResourceLink
from lti_plp.lms.reflection_work import note_link
from lti_plp.plp.actor import Role
from lti_plp.plp.models import Reflection
from lti_plp.plp.texts import storable
from lti_plp.prepared import Prepared

_deployment, _identity, _person_, _course_ = table(Deployment), table(Identity), table(Person), table(Course)
_enrolment_, _link_, _reading_ = table(Enrolment), table(ResourceLink), table(CourseworkReading)

MOST_COPIED_FROM = 20
"""So many courses that one was copied from are kept; whatever was worth copying of older ones was copied since."""
PAGES = ("my_plan", "my_class")
"""What a link may open that stands for no template; anything else that a link names is ignored."""


def shown_name(name: str, given_name: str, family_name: str) -> str:
    """Return a name to show; some platforms tell the parts of a name only."""
    return name or f"{given_name} {family_name}".strip()


def teacher_name_in(course_id: ColumnElement[int]) -> ScalarSelect[str]:
    """Return a column with the name of a course's teacher; null when there are several, or none has come yet."""
    return (
        select(case((func.count() == 1, func.min(_person_.c.name))))
        .select_from(_enrolment_.join(_person_, _person_.c.id == _enrolment_.c.person_id))
        .where(_enrolment_.c.course_id == course_id, _enrolment_.c.status == "active", TEACHES)
        .correlate_except(_enrolment_, _person_)
        .scalar_subquery()
    )


_KNOWN = Prepared(
    select(
        _deployment.c.id.label("deployment_id"),
        _deployment.c.tenant_id,
        _deployment.c.status.label("deployment_status"),
        _deployment.c.platform_name,
        _deployment.c.platform_guid,
        _deployment.c.notices_url,
        _identity.c.id.label("identity_id"),
        _identity.c.lms_id,
        _person_.c.id.label("person_id"),
        _person_.c.name,
        _person_.c.given_name,
        _person_.c.family_name,
        _person_.c.student_number,
        _course_.c.id.label("course_id"),
        _course_.c.title.label("context_title"),
        _course_.c.label.label("context_label"),
        _course_.c.memberships_url,
        _course_.c.line_items_url,
        _course_.c.ags_scopes,
        _course_.c.copied_from,
        _course_.c.missing_since,
        _course_.c.gone_at,
        _enrolment_.c.id.label("enrolment_id"),
        _enrolment_.c.subject,
        _enrolment_.c.roles,
        _enrolment_.c.mentor_of,
        _enrolment_.c.status,
        _enrolment_.c.ended_at,
        _link_.c.id.label("link_id"),
        _link_.c.course_id.label("link_course_id"),
        _link_.c.title.label("link_title"),
        _link_.c.template_id,
        _link_.c.named_template,
        _link_.c.line_item_url,
        _link_.c.page,
        teacher_name_in(_course_.c.id).label("teacher_name"),
        _reading_.c.tried_at.label("coursework_tried_at"),
    )
    .select_from(_deployment)
    .outerjoin(
        _identity,
        and_(
            _identity.c.tenant_id == _deployment.c.tenant_id,
            _identity.c.issuer == bindparam("this_issuer"),
            _identity.c.subject == bindparam("this_subject"),
        ),
    )
    .outerjoin(_person_, _person_.c.id == _identity.c.person_id)
    .outerjoin(
        _course_,
        and_(
            _course_.c.deployment_id == _deployment.c.id,
            _course_.c.lti_context_id == bindparam("this_context"),
        ),
    )
    .outerjoin(
        _enrolment_,
        and_(_enrolment_.c.course_id == _course_.c.id, _enrolment_.c.person_id == _person_.c.id),
    )
    .outerjoin(
        _link_,
        and_(
            _link_.c.deployment_id == _deployment.c.id,
            _link_.c.lti_resource_link_id == bindparam("this_link"),
        ),
    )
    .outerjoin(_reading_, _reading_.c.course_id == _course_.c.id)
    .where(
        _deployment.c.registration_id == bindparam("this_registration"),
        _deployment.c.lti_deployment_id == bindparam("this_deployment"),
    )
)


class UnannouncedDeployment(Exception):
    """The platform is known, its deployment is not."""


@dataclass(frozen=True)
class Arrival:
    """What a launch says about people and places, in our own words."""

    registration_id: int
    lti_deployment_id: str
    issuer: str
    subject: str
    roles: frozenset[Role]
    is_test: bool
    mentor_of: tuple[str, ...]
    name: str
    given_name: str
    family_name: str
    student_number: str
    platform_name: str
    context_id: str
    context_title: str
    context_label: str
    memberships_url: str
    line_items_url: str
    line_item_url: str
    ags_scopes: str
    resource_link_id: str
    """Empty for a message that belongs to no link."""
    resource_link_title: str
    template_id: str
    """As the link carries it; checked here."""
    page: str = ""
    """Likewise, of a link that stands for no template."""
    lms_id: str = ""
    """What the platform's own services call the person, where it can be relied on; else empty."""
    history: tuple[str, ...] = ()
    """Contexts that this one was copied from, newest first, as far as the platform tells them."""
    own_history: tuple[str, ...] = ()
    """The same, where only the tool's installation can have said so: none for placed content."""
    notices_url: str = ""
    """Where the platform is told what this tool wants to hear of; empty when it does not offer it."""
    platform_guid: str = ""
    """Which instance of the platform it is; empty when it does not say."""


@dataclass(frozen=True)
class PlacedLink:
    """A placed link, as its row stands after the arrival."""

    id: int
    title: str
    template_id: str | None
    line_item_url: str
    page: str
    """One of :data:`PAGES`, of a link that stands for no template; else empty."""


@dataclass(frozen=True)
class Whereabouts:
    """What our rows say of all that, after the arrival."""

    deployment_id: int
    tenant_id: int
    person_id: int
    person_name: str
    course_id: int
    course_title: str
    teacher_name: str
    """As it stood before the arrival; empty when there are several, or none has come or been named yet."""
    link: PlacedLink | None
    coursework_tried_at: datetime | None = None
    """When reading the course's work was last tried; ``None`` where it is not read at all."""
    offers_notices: bool = False
    """Whether the platform says for the first time, or at another address than before, that it sends notices."""


def role_text(roles: frozenset[Role]) -> str:
    """Return roles as the text that columns hold."""
    return " ".join(sorted(roles))


def roles_from_text(text: str) -> frozenset[Role]:
    """Read what :func:`role_text` wrote."""
    return frozenset(Role(word) for word in text.split())


def record_arrival(connection: Connection, arrival: Arrival, now: datetime) -> Whereabouts:
    """Find or make person, course, enrolment and link; replace what the platform says differently now.

    :raise UnannouncedDeployment: when nobody has told us of this deployment yet.
    :raise PlpError: 403 when it is switched off or waits for an administrator.
    :raise NotFound: when the link is known to belong to another course.
    """
    known = _look_up(connection, arrival)
    _require_open(known)
    offers_notices = _deployment_facts(connection, arrival, known)
    person_id = _person(connection, arrival, known, now)
    course_id = _course(connection, arrival, known, now)
    _enrolment(connection, arrival, known, person_id, course_id)
    link = _link(connection, arrival, known, course_id, now) if arrival.resource_link_id else None
    return Whereabouts(
        deployment_id=known.deployment_id,
        tenant_id=known.tenant_id,
        person_id=person_id,
        person_name=arrival.name or known.name or "",
        course_id=course_id,
        course_title=arrival.context_title or known.context_title or "",
        teacher_name=known.teacher_name or "",
        link=link,
        coursework_tried_at=known.coursework_tried_at,
        offers_notices=offers_notices,
    )


def _look_up(connection: Connection, arrival: Arrival) -> Row[Any]:
    """Read all that is known about an arrival in one statement."""
    keys = {
        "this_registration": arrival.registration_id,
        "this_deployment": arrival.lti_deployment_id,
        "this_issuer": arrival.issuer,
        "this_subject": arrival.subject,
        "this_context": arrival.context_id,
        "this_link": arrival.resource_link_id,
    }
    known = _KNOWN.row(connection, keys)
    if known is None:
        raise UnannouncedDeployment
    return cast(Row[Any], known)


def _require_open(known: Row[Any]) -> None:
    if known.deployment_status == "disabled":
        raise PlpError("deployment_disabled", 403, "This deployment is switched off.")
    if known.deployment_status != "active":
        raise PlpError("deployment_pending", 403, "This deployment waits for an administrator.")


def record_unannounced(engine: Engine, registration_id: int, lti_deployment_id: str, now: datetime) -> None:
    """Record a deployment that nobody announced, so that an administrator can open it or leave it shut."""
    row = {
        "registration_id": registration_id,
        "lti_deployment_id": lti_deployment_id,
        "status": "pending",
        "first_seen_at": now,
    }
    # Two people of one school may come at the same moment: it is recorded then, which is all we want.
    with suppress(IntegrityError), engine.begin() as connection:
        connection.execute(insert(_deployment), row)


def _deployment_facts(connection: Connection, arrival: Arrival, known: Row[Any]) -> bool:
    """Take what a message says of the platform; return whether it offers notices in a new way."""
    # Not every message names the platform and its services.
    facts = {
        "platform_name": arrival.platform_name,
        "platform_guid": arrival.platform_guid,
        "notices_url": arrival.notices_url,
    }
    changes = _changes(known, {k: v for k, v in facts.items() if v})
    _update(connection, Deployment, known.deployment_id, changes)
    return "notices_url" in changes


def _person(connection: Connection, arrival: Arrival, known: Row[Any], now: datetime) -> int:
    names = {
        "name": arrival.name,
        "given_name": arrival.given_name,
        "family_name": arrival.family_name,
        "student_number": arrival.student_number,
    }
    if known.person_id is not None:
        # A platform that keeps names or numbers to itself today does not take away those of yesterday.
        _update(connection, Person, known.person_id, _changes(known, {k: v for k, v in names.items() if v}))
        if arrival.lms_id:
            _update(connection, Identity, known.identity_id, _changes(known, {"lms_id": arrival.lms_id}))
        return int(known.person_id)
    person_id = _insert(
        connection, Person, tenant_id=known.tenant_id, is_test=arrival.is_test, created_at=now, **names
    )
    _insert(
        connection,
        Identity,
        tenant_id=known.tenant_id,
        person_id=person_id,
        issuer=arrival.issuer,
        subject=arrival.subject,
        lms_id=arrival.lms_id,
        created_at=now,
    )
    return person_id


def _course(connection: Connection, arrival: Arrival, known: Row[Any], now: datetime) -> int:
    facts = {
        "memberships_url": arrival.memberships_url,
        "line_items_url": arrival.line_items_url,
        "ags_scopes": arrival.ags_scopes,
        "copied_from": "\n".join(arrival.own_history[:MOST_COPIED_FROM]),
    }
    titles = {"context_title": arrival.context_title, "context_label": arrival.context_label}
    if known.course_id is not None:
        # Service addresses may change, and the newest hold; but not every message carries them, nor a history.
        changes = _changes(known, {k: v for k, v in (facts | titles).items() if v})
        changes = {k.removeprefix("context_"): v for k, v in changes.items()}
        _update(connection, Course, known.course_id, changes | _there_again(known))
        return int(known.course_id)
    return _insert(
        connection,
        Course,
        tenant_id=known.tenant_id,
        deployment_id=known.deployment_id,
        lti_context_id=arrival.context_id,
        title=arrival.context_title,
        label=arrival.context_label,
        created_at=now,
        **facts,
    )


def _there_again(known: Row[Any]) -> dict[str, None]:
    """Return what a launch takes back: nobody comes from a course that is not there."""
    if known.gone_at is not None:
        # Everybody's part in it had ended, so the roster is to be read anew, at once.
        return dict.fromkeys(("missing_since", "gone_at", "roster_read_at", "roster_tried_at"))
    return {"missing_since": None} if known.missing_since is not None else {}


def _enrolment(
    connection: Connection, arrival: Arrival, known: Row[Any], person_id: int, course_id: int
) -> None:
    facts = {
        "subject": arrival.subject,
        "roles": role_text(arrival.roles),
        "mentor_of": list(arrival.mentor_of),
        "status": "active",
        "ended_at": None,
    }
    if known.enrolment_id is not None:
        _update(connection, Enrolment, known.enrolment_id, _changes(known, facts))
    else:
        _insert(connection, Enrolment, person_id=person_id, course_id=course_id, **facts)


def _link(
    connection: Connection, arrival: Arrival, known: Row[Any], course_id: int, now: datetime
) -> PlacedLink:
    page = arrival.page if arrival.page in PAGES else ""
    # Of 36 characters at most, and ASCII; what is no UUID names nothing, and an administrator is told of it.
    named = storable(arrival.template_id).lower()
    if known.link_id is None:
        template_id = _template_meant(connection, arrival, known, course_id, now)
        shown: dict[str, Any] = {
            "title": arrival.resource_link_title,
            "template_id": template_id,
            "line_item_url": arrival.line_item_url,
            "page": "" if template_id else page,
        }
        link_id = _insert(
            connection,
            ResourceLink,
            tenant_id=known.tenant_id,
            deployment_id=known.deployment_id,
            course_id=course_id,
            lti_resource_link_id=arrival.resource_link_id,
            named_template=named,
            created_at=now,
            **shown,
        )
        if template_id:
            note_link(connection, course_id, link_id, arrival.resource_link_title, template_id, now)
        return PlacedLink(link_id, **shown)
    if known.link_course_id != course_id:
        raise NotFound("This link belongs to another course.", code="link_of_other_course")
    facts = {"link_title": arrival.resource_link_title, "line_item_url": arrival.line_item_url}
    changes = _changes(known, {k: v for k, v in facts.items() if v})
    changes = {k.removeprefix("link_"): v for k, v in changes.items()}
    if named and (named != known.named_template or known.template_id is None):
        changes |= {"named_template": named} if named != known.named_template else {}
        template_id = _template_meant(connection, arrival, known, course_id, now)
        # A link whose questions somebody has begun to answer keeps them.
        if template_id not in (None, known.template_id) and not connection.scalar(
            select(exists().where(Reflection.resource_link_id == known.link_id))
        ):
            changes["template_id"] = template_id
    if page and page != known.page and not changes.get("template_id", known.template_id):
        changes["page"] = page
    _update(connection, ResourceLink, known.link_id, changes)
    if template_id := changes.get("template_id"):
        note_link(connection, course_id, known.link_id, arrival.resource_link_title, template_id, now)
    standing = {
        "title": known.link_title,
        "template_id": known.template_id,
        "line_item_url": known.line_item_url,
        "page": known.page,
    }
    changes.pop("named_template", None)
    return PlacedLink(known.link_id, **standing | changes)


def _template_meant(
    connection: Connection, arrival: Arrival, known: Row[Any], course_id: int, now: datetime
) -> str | None:
    """Return the template that the link stands for in this course; another tenant's does not exist here."""
    if not arrival.template_id:
        return None
    opening = Opening(
        tenant_id=known.tenant_id,
        deployment_id=known.deployment_id,
        course_id=course_id,
        context_id=arrival.context_id,
        named=arrival.template_id,
        history=arrival.history,
    )
    return template_meant(connection, opening, now)


def _changes(known: Row[Any], facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if getattr(known, name) != value}


def _insert(connection: Connection, model: Any, **values: Any) -> int:
    return int(connection.execute(insert(model).values(**values).returning(model.id)).scalar_one())


def _update(connection: Connection, model: Any, key: int, changes: Mapping[str, Any]) -> None:
    if changes:
        connection.execute(update(model).where(model.id == key).values(**changes))
