"""A school on a real platform server, with a tool that can reach it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.adapters import gateways
from lti_plp.launch.toolbox import Toolbox, make_toolbox
from lti_plp.lms.gateway import ActivityProgress, GatewayFor, GradingProgress, Score
from lti_plp.lms.models import OutboxScore, ResourceLink
from lti_plp.lms.outbox import Delivery, deliver_due, enqueue
from lti_plp.plp.reflections import LinkFacts
from lti_plp.settings import Settings
from tests.factories import School, make_school
from tests.fixtures_database import SECRET
from tests.fixtures_tool import MovableClock
from tests.platform_server import PlatformServer


@pytest.fixture
def box(engine: Engine, database_url: str, clock: MovableClock) -> Toolbox:
    settings = Settings(secret_key=SECRET, database_url=database_url, http_timeout_seconds=2)
    return make_toolbox(settings, engine, clock)


@dataclass
class Office:
    """Everything between a school's outbox and its platform's gradebook."""

    sessions: sessionmaker[Session]
    clock: MovableClock
    platform: PlatformServer
    gateway_for: GatewayFor
    school: School
    link: LinkFacts
    line_item: str
    numbers: Any = field(default_factory=lambda: iter(range(1, 10**6)))

    def student(self) -> int:
        """The person id of one more student."""
        with self.sessions.begin() as session:
            self.school.session = session
            return self.school.student().person_id

    def place(self, **changes: Any) -> LinkFacts:
        """One more placed reflection, whose line item the platform has when it has an address."""
        with self.sessions.begin() as session:
            self.school.session = session
            link = self.school.link(self.school.template(self.school.teacher()), **changes)
            url = session.get_one(ResourceLink, link.resource_link_id).line_item_url
        if url:
            self.platform.line_items[url] = {"id": url, "label": "Reflection", "scoreMaximum": 10}
        return link

    def report(
        self, person_id: int, points: str | None = "8", link: LinkFacts | None = None, **changes: Any
    ) -> int:
        """Put a grade, or with ``points=None`` a submission, into the outbox; the row's id."""
        score = score_of(person_id, points, **changes)
        with self.sessions.begin() as session:
            row = session.get_one(ResourceLink, (link or self.link).resource_link_id)
            added = enqueue(session, row, person_id, score, f"test:{next(self.numbers)}", self.clock())
            assert added
            return added.id

    def deliver(self, **how: Any) -> Delivery:
        """One round of a worker, without chance in its pauses."""
        facts: dict[str, Any] = {"gateway_for": self.gateway_for, "clock": self.clock, "jitter": lambda: 1.0}
        return deliver_due(self.sessions, **(facts | how))

    def row(self, row_id: int) -> OutboxScore:
        """A row as it stands in the database."""
        with self.sessions() as session:
            return session.get_one(OutboxScore, row_id)

    def states(self) -> list[str]:
        """The states of all rows, in order."""
        with self.sessions() as session:
            return list(session.scalars(select(OutboxScore.state).order_by(OutboxScore.id)))

    def given(self, person_id: int | None = None) -> list[Any]:
        """The points that the platform accepted, in order; ``None`` for a score without points."""
        return [
            score.get("scoreGiven")
            for score in self.platform.scores
            if person_id is None or score["userId"] == f"subject-{person_id}"
        ]

    def posts(self) -> int:
        """How many scores were posted, accepted or not."""
        return sum(request.path.endswith("/scores") for request in self.platform.requests)


def score_of(person_id: int, points: str | None = "8", **changes: Any) -> Score:
    """A grade, or with ``points=None`` a submission."""
    graded = points is not None
    facts: dict[str, Any] = {
        "subject": f"subject-{person_id}",
        "activity": ActivityProgress.COMPLETED if graded else ActivityProgress.SUBMITTED,
        "grading": GradingProgress.FULLY_GRADED if graded else GradingProgress.PENDING_MANUAL,
        "points": Decimal(points) if points is not None else None,
        "maximum": Decimal(10) if graded else None,
        "new_submission": not graded,
    }
    return Score(**(facts | changes))


OpenOffice = Callable[..., Office]


@pytest.fixture
def open_office(
    sessions: sessionmaker[Session], clock: MovableClock, platform: PlatformServer, box: Toolbox
) -> OpenOffice:
    """Make a school of one kind of platform with a placed reflection."""

    def make(kind: str = "canvas") -> Office:
        with sessions.begin() as session:
            school = make_school(session, base=platform.url, kind=kind)
            link = school.link(school.template(school.teacher()))
            line_item = session.get_one(ResourceLink, link.resource_link_id).line_item_url
        platform.line_items[line_item] = {"id": line_item, "label": "Reflection", "scoreMaximum": 10}
        return Office(sessions, clock, platform, gateways(box), school, link, line_item)

    return make


@pytest.fixture
def office(open_office: OpenOffice) -> Office:
    return open_office()


def moment(text: str) -> datetime:
    """A time as the platform got it."""
    return datetime.fromisoformat(text)
