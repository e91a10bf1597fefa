"""The Gateway of Canvas: LTI as everywhere, and coursework by its REST services in the name of a teacher."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import BinaryIO
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.canvas import handed_in
from lti_plp.canvas.api_keys import Key, api_key
from lti_plp.canvas.coursework import NEXT_ONE, read_course
from lti_plp.canvas.models import CanvasGrant
from lti_plp.canvas.outcomes import read_all_outcomes
from lti_plp.canvas.permissions import Permission, ask_address, take_back
from lti_plp.canvas.places import hold_places
from lti_plp.canvas.rest import CanvasRest
from lti_plp.database import reading
from lti_plp.launch.gateway import LtiGateway
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import (
    Consent,
    CourseAddress,
    CourseworkAnswer,
    HandedIn,
    OutcomesAnswer,
    Refused,
    Since,
    TryLater,
)
from lti_plp.lms.models import TEACHES, Deployment, Enrolment

_COURSE = re.compile(r"/api/lti/courses/(\d{1,20})/")
"""Where a course's number stands in the addresses of its services, which the platform signs with each launch."""


class CanvasGateway(LtiGateway):
    """Speaks to one deployment's Canvas."""

    def __init__(self, toolbox: Toolbox, registration: Registration, deployment: Deployment) -> None:
        """Keep plain values only, as its parent does."""
        super().__init__(toolbox, registration, deployment.lti_deployment_id)
        self._toolbox = toolbox
        self._deployment_id = deployment.id

    def read_coursework(
        self, course: CourseAddress, since: Since | None, on_page: Callable[[int, int], None]
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
        problem = Refused("no_consent")
        for place in range(len(permissions)):
            try:
                return self._read(key, permissions[place:], course, number, since, on_page)
            except Refused as refused:
                if refused.code not in NEXT_ONE:
                    raise
                problem = refused
        raise problem

    def read_outcomes(self, course: CourseAddress, person_id: int) -> OutcomesAnswer:
        """Read outcomes as a person who allowed it, else as a teacher of the course who did.

        :raise Refused: ``not_offered`` without an API key; ``no_consent`` when nobody has allowed it; else as
            :func:`read_all_outcomes`.
        :raise TryLater: as :func:`read_all_outcomes`; ``busy`` when too much is being read from this Canvas already.
        :raise DraftProblems: as :func:`read_all_outcomes`.
        """
        with reading(), self._toolbox.sessions() as session:
            people = [one.person_id for one in self._permissions(session, course.course_id)]
        number, problem = course_number(course), Refused("no_consent")
        for one in (person_id, *(other for other in people if other != person_id)):
            try:
                with self._in_name_of(one, course) as rest:
                    return read_all_outcomes(rest, number)
            except Refused as refused:
                if refused.code not in NEXT_ONE:
                    raise
                problem = refused
        raise problem

    def read_handed_in(self, course: CourseAddress, person_id: int, work: str) -> HandedIn:
        """Read what a student handed in, in the student's name; raises as :func:`handed_in.read_handed_in`."""
        number = course_number(course)
        with self._in_name_of(person_id, course) as rest:
            return handed_in.read_handed_in(rest, number, work)

    def copy_file(
        self, course: CourseAddress, person_id: int, file_id: str, into: BinaryIO, most_bytes: int
    ) -> None:
        """Copy a file that a student handed in; raises as :func:`handed_in.copy_file`."""
        with self._in_name_of(person_id, course) as rest:
            handed_in.copy_file(rest, file_id, into, most_bytes)

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

    @contextmanager
    def _in_name_of(self, person_id: int, course: CourseAddress) -> Iterator[CanvasRest]:
        """Hold one place, in the name of somebody who allowed it."""
        box, permission = self._toolbox, Permission(self._deployment_id, person_id)
        with reading(), box.sessions() as session:
            key = api_key(box, session, self._deployment_id)
        if key is None:
            raise Refused("not_offered")
        with hold_places(box.sessions, box.clock, key.client, permission.name, most=1) as places:
            yield CanvasRest(box, key, permission, places, hosts_of(course))

    def _read(
        self,
        key: Key,
        permissions: Sequence[Permission],
        course: CourseAddress,
        number: str,
        since: Since | None,
        on_page: Callable[[int, int], None],
    ) -> CourseworkAnswer:
        """Read a course by the first permission; the second one helps where everything is read."""
        with ExitStack() as held:
            readers = [self._reader(held, key, permissions[0], course)]
            for helper in permissions[1:2] if since is None else ():
                # As many readings as ever find a place, if a slow one.
                with suppress(TryLater):
                    readers.append(self._reader(held, key, helper, course, leave=1))
            return read_course(readers, number, since, on_page)

    def _reader(
        self, held: ExitStack, key: Key, permission: Permission, course: CourseAddress, leave: int = 0
    ) -> CanvasRest:
        box = self._toolbox
        places = hold_places(box.sessions, box.clock, key.client, permission.name, leave)
        return CanvasRest(box, key, permission, held.enter_context(places), hosts_of(course))


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
