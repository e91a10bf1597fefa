"""The Gateway of Canvas: LTI as everywhere, and coursework by its REST services in the name of a teacher."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.canvas.api_keys import Key, api_key
from lti_plp.canvas.coursework import read_course
from lti_plp.canvas.models import CanvasGrant
from lti_plp.canvas.outcomes import read_all_outcomes
from lti_plp.canvas.permissions import Permission, ask_address, take_back
from lti_plp.canvas.places import hold_places
from lti_plp.canvas.rest import CanvasRest
from lti_plp.database import reading
from lti_plp.launch.gateway import LtiGateway
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import Consent, CourseAddress, CourseworkAnswer, OutcomesAnswer, Refused
from lti_plp.lms.models import TEACHES, Deployment, Enrolment

_COURSE = re.compile(r"/api/lti/courses/(\d{1,20})/")
"""Where a course's number stands in the addresses of its services, which the platform signs with each launch."""

Read = TypeVar("Read")
NEXT_ONE = frozenset({"no_consent", "no_permission", "gone"})
"""Problems that somebody else's permission may not have."""


class CanvasGateway(LtiGateway):
    """Speaks to one deployment's Canvas."""

    def __init__(self, toolbox: Toolbox, registration: Registration, deployment: Deployment) -> None:
        """Keep plain values only, as its parent does."""
        super().__init__(toolbox, registration, deployment.lti_deployment_id)
        self._toolbox = toolbox
        self._deployment_id = deployment.id

    def read_coursework(
        self, course: CourseAddress, since: datetime | None, on_page: Callable[[int, int], None]
    ) -> CourseworkAnswer:
        """Read everything that a course gives students to do, as a teacher who allowed it.

        Without an API key of the school, what plain LTI tells.

        :raise Refused: ``no_consent`` when no teacher of the course has allowed it; else as :func:`read_course`.
        :raise TryLater: as :func:`read_course`; ``busy`` when too much is being read from this Canvas already.
        """
        with reading(), self._toolbox.sessions() as session:
            key = api_key(self._toolbox, session, self._deployment_id)
            permissions = self._permissions(session, course.course_id)
        if key is None:
            return super().read_coursework(course, since, on_page)
        number = course_number(course)
        return self._as_somebody(
            key, permissions, course, lambda rest: read_course(rest, number, since, on_page)
        )

    def read_outcomes(self, course: CourseAddress, person_id: int) -> OutcomesAnswer:
        """Read outcomes as a person who allowed it, else as a teacher of the course who did.

        :raise Refused: ``not_offered`` without an API key; ``no_consent`` when nobody has allowed it; else as
            :func:`read_all_outcomes`.
        :raise TryLater: as :func:`read_all_outcomes`; ``busy`` when too much is being read from this Canvas already.
        :raise DraftProblems: as :func:`read_all_outcomes`.
        """
        with reading(), self._toolbox.sessions() as session:
            key = api_key(self._toolbox, session, self._deployment_id)
            own = session.get(CanvasGrant, (self._deployment_id, person_id))
            permissions = self._permissions(session, course.course_id)
        if key is None:
            raise Refused("not_offered")
        mine = Permission(self._deployment_id, person_id)
        if own is not None and own.ended_at is None:
            permissions = [mine, *(one for one in permissions if one != mine)]
        number = course_number(course)
        return self._as_somebody(key, permissions, course, lambda rest: read_all_outcomes(rest, number))

    def consent_of(self, person_id: int) -> Consent:
        """Say whether a person has allowed this tool to read Canvas in their name."""
        with reading(), self._toolbox.sessions() as session:
            if api_key(self._toolbox, session, self._deployment_id) is None:
                return Consent.NOT_OFFERED
            grant = session.get(CanvasGrant, (self._deployment_id, person_id))
        if grant is None:
            return Consent.MISSING
        return Consent.GIVEN if grant.ended_at is None else Consent.ENDED

    def ask_consent(self, person_id: int) -> str:
        """Return the address at which Canvas asks a person; raises as :func:`ask_address`."""
        return ask_address(self._toolbox, Permission(self._deployment_id, person_id))

    def take_consent_back(self, person_id: int) -> None:
        """Forget a person's tokens, and tell Canvas so."""
        take_back(self._toolbox, Permission(self._deployment_id, person_id))

    def _permissions(self, session: Session, course_id: int) -> list[Permission]:
        """Return whose permission can be used for a course: its teachers', the newest first."""
        people = session.scalars(
            select(CanvasGrant.person_id)
            .join(Enrolment, Enrolment.person_id == CanvasGrant.person_id)
            .where(
                CanvasGrant.deployment_id == self._deployment_id,
                CanvasGrant.ended_at.is_(None),
                Enrolment.course_id == course_id,
                Enrolment.status == "active",
                TEACHES,
            )
            .order_by(CanvasGrant.granted_at.desc())
        )
        return [Permission(self._deployment_id, person_id) for person_id in people]

    def _as_somebody(
        self,
        key: Key,
        permissions: Sequence[Permission],
        course: CourseAddress,
        read: Callable[[CanvasRest], Read],
    ) -> Read:
        """Read with the first permission that Canvas accepts.

        :raise Refused: ``no_consent`` when there is none; else what Canvas said to the last.
        """
        problem, box = Refused("no_consent"), self._toolbox
        for permission in permissions:
            try:
                with hold_places(box.sessions, box.clock, key.client, permission.name) as places:
                    return read(CanvasRest(box, key, permission, places, hosts_of(course)))
            except Refused as refused:
                if refused.code not in NEXT_ONE:
                    raise
                problem = refused
        raise problem


def course_number(course: CourseAddress) -> str:
    """Return what Canvas's REST services call a course.

    :raise Refused: ``not_offered`` when its launches brought no address of a service.
    """
    for url in (course.line_items_url, course.memberships_url):
        if found := _COURSE.search(url):
            return found[1]
    raise Refused("not_offered")


def hosts_of(course: CourseAddress) -> frozenset[str]:
    """Return the hosts of a course's services: the same Canvas, under the names that it signed itself."""
    found = (urlsplit(url).netloc for url in (course.line_items_url, course.memberships_url))
    return frozenset(host for host in found if host)
