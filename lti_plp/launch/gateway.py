"""The Gateway of every platform that speaks LTI 1.3, with what is special about each as data."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO

from lti_plp.launch.models import Registration
from lti_plp.launch.services.ags import GradeService
from lti_plp.launch.services.connector import HardenedConnector
from lti_plp.launch.services.nrps import read_members
from lti_plp.launch.services.own_columns import read_own_columns
from lti_plp.launch.services.tokens import service_client
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import (
    Capabilities,
    Consent,
    CourseAddress,
    CourseworkAnswer,
    HandedIn,
    Member,
    OutcomesAnswer,
    Refused,
    Score,
    Since,
)

_UNKNOWN = Capabilities(
    kind="other",
    pending_clears_grade=True,
    score_spacing_seconds=1.1,
    submission_extension=False,
    comments_pile_up=False,
    roster_by_link=False,
    coursework="own",
    tells_changes=False,
    needs_consent=False,
    outcomes=False,
    handed_in=False,
)
"""Of a platform that we know nothing about, the stricter habits are assumed."""

CAPABILITIES = {
    # What is read beyond LTI, lti_plp.canvas reads. That a submission clears no grade is what the extension says.
    "canvas": Capabilities(
        kind="canvas",
        pending_clears_grade=False,
        score_spacing_seconds=0,
        submission_extension=True,
        comments_pile_up=True,
        roster_by_link=True,
        coursework="all",
        tells_changes=True,
        needs_consent=True,
        outcomes=True,
        handed_in=True,
    ),
    # Nothing is known of what Schoology does with an ungraded score, so the stricter habit is assumed.
    "schoology": replace(_UNKNOWN, kind="schoology", score_spacing_seconds=0),
    # Moodle compares a score's time with the moment at which it stored the last one, in whole seconds.
    "moodle": replace(_UNKNOWN, kind="moodle"),
    "other": _UNKNOWN,
}


class LtiGateway:
    """Speaks to one deployment's platform by AGS and NRPS."""

    def __init__(self, toolbox: Toolbox, registration: Registration, lti_deployment_id: str) -> None:
        """Keep plain values only: the gateway outlives the session that read ``registration``."""
        client = service_client(registration, lti_deployment_id)
        self._capabilities = CAPABILITIES[client.kind]
        self._issuer = client.issuer
        self._connector = HardenedConnector(toolbox, client)
        self._grades = GradeService(
            self._connector, submission_extension=self._capabilities.submission_extension
        )

    @property
    def capabilities(self) -> Capabilities:
        """How this platform differs from others."""
        return self._capabilities

    @property
    def issuer(self) -> str:
        """Under which issuer this platform names people."""
        return self._issuer

    def send_score(self, line_item_url: str, score: Score, timestamp: datetime) -> None:
        """Store one score; raises as :meth:`GradeService.send_score`."""
        self._grades.send_score(line_item_url, score, timestamp)

    def read_roster(self, memberships_url: str, lti_context_id: str = "") -> list[Member]:
        """Return the whole roster; raises as :func:`read_members`."""
        link_id = lti_context_id if self._capabilities.roster_by_link else ""
        return read_members(self._connector, memberships_url, link_id=link_id)

    def read_coursework(
        self, course: CourseAddress, since: Since | None, on_page: Callable[[int, int], None]
    ) -> CourseworkAnswer:
        """Return what is graded in columns that this tool made; raises as :func:`read_own_columns`."""
        return read_own_columns(self._grades, course, on_page)

    def read_outcomes(self, course: CourseAddress, person_id: int) -> OutcomesAnswer:
        """Plain LTI knows no outcomes.

        :raise Refused: ``not_offered``.
        """
        raise Refused("not_offered")

    def read_handed_in(self, course: CourseAddress, person_id: int, work: str) -> HandedIn:
        """Refuse it: LTI tells nothing of what a student handed in elsewhere."""
        raise Refused("not_offered")

    def copy_file(
        self, course: CourseAddress, person_id: int, file_id: str, into: BinaryIO, most_bytes: int
    ) -> None:
        """Refuse it, as above."""
        raise Refused("not_offered")

    def consent_of(self, person_id: int) -> Consent:
        """Plain LTI is between the platform and this tool: nobody is asked."""
        return Consent.NOT_NEEDED

    def ask_consent(self, person_id: int) -> str:
        """There is nothing to allow.

        :raise Refused: ``not_offered``.
        """
        raise Refused("not_offered")

    def take_consent_back(self, person_id: int) -> None:
        """There is nothing to take back."""

    def find_or_create_line_item(
        self, line_items_url: str, resource_link_id: str, label: str, maximum: Decimal
    ) -> str:
        """Return the line item of a link, made if there is none."""
        return self._grades.find_or_create(line_items_url, resource_link_id, label, maximum)
