"""Any order of grading, delivering, killing and failing ends with the last grade in the gradebook.

Every example uses its own link and students, on one database and one platform per test.
"""

import json
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.clock import Clock
from lti_plp.lms.gateway import Gateway
from lti_plp.lms.models import OutboxScore
from lti_plp.lms.outbox import LEASE
from lti_plp.plp.reflections import LinkFacts
from tests.lms.conftest import Office, OpenOffice, moment

STUDENTS = 2

report = st.tuples(st.just("report"), st.integers(0, STUDENTS - 1), st.sampled_from([None, "3", "5", "8"]))
wait = st.tuples(st.just("wait"), st.sampled_from([0.01, 3, 60, 400, 4000]))
deliver = st.tuples(
    st.just("deliver"),
    st.sampled_from(["well", "killed before", "killed after", "killed settling", "lost", "lost after"]),
)
fault = st.tuples(st.just("fault"), st.sampled_from([429, 500, 503]), st.integers(1, 2))
stories = st.lists(st.one_of(report, report, deliver, deliver, wait, fault), max_size=25)


class Killed(BaseException):
    """The worker's process is gone."""


class DangerousGateway:
    """The real way to a platform, on which the worker dies before or after sending."""

    def __init__(self, gateway: Gateway, point: str) -> None:
        self._gateway = gateway
        self._point = point

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def send_score(self, *arguments: Any) -> None:
        if self._point == "killed before":
            raise Killed
        self._gateway.send_score(*arguments)
        if self._point == "killed after":
            raise Killed


@dataclass
class Story:
    """One example: what was intended, and what is done about it."""

    office: Office
    link: LinkFacts
    students: list[int]
    intended: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def report(self, student: int, points: str | None) -> None:
        person = self.students[student]
        self.office.report(person, points, link=self.link)
        self.intended[person].append(None if points is None else int(points))
        self.office.clock.forward(seconds=0.001)

    def wait(self, seconds: float) -> None:
        self.office.clock.forward(seconds=seconds)

    def fault(self, status: int, times: int) -> None:
        self.office.platform.fail("/scores", status, times)

    def deliver(self, how: str) -> None:
        if how == "lost":
            self.office.platform.fail("/scores", 504)
        if how == "lost after":
            self.office.platform.swallow("/scores", 504)
        arguments: dict[str, Any] = {}
        if how in {"killed before", "killed after"}:
            arguments["gateway_for"] = self._dangerous(how)
        if how == "killed settling":
            arguments["clock"] = self._deadly()
        with suppress(Killed):
            self.office.deliver(**arguments)

    def _dangerous(self, point: str) -> Any:
        def gateway_for(session: Session, deployment: int) -> Any:
            return DangerousGateway(self.office.gateway_for(session, deployment), point)

        return gateway_for

    def _deadly(self) -> Clock:
        """A clock on which the worker dies when it looks at it after sending: between the answer and the settling."""
        before = self.office.posts()

        def clock() -> datetime:
            if self.office.posts() > before:
                raise Killed
            return self.office.clock()

        return clock

    def finish(self) -> None:
        """Let time pass until everything that can be delivered is."""
        for _ in range(60):
            self.office.clock.ahead += LEASE + timedelta(seconds=1)
            self.office.deliver()
            if not {"waiting", "sending"} & set(self.rows().values()):
                return
            self.office.clock.ahead += timedelta(hours=1)
        raise AssertionError(f"never settled: {self.rows()}")

    def rows(self) -> dict[int, str]:
        with self.office.sessions() as session:
            found = session.execute(
                select(OutboxScore.id, OutboxScore.state).where(
                    OutboxScore.resource_link_id == self.link.resource_link_id
                )
            )
            return {row.id: row.state for row in found}

    def check(self) -> None:
        assert set(self.rows().values()) <= {"sent"}
        for person, wanted in self.intended.items():
            mine = [one for one in self.office.platform.scores if one["userId"] == f"subject-{person}"]
            assert [one.get("scoreGiven") for one in mine] == wanted, "each once, in order, the last one last"
            times = [moment(one["timestamp"]) for one in mine]
            assert times == sorted(set(times))
        self._check_meanings()

    def _check_meanings(self) -> None:
        """One student and time never stand for two different messages."""
        meanings: dict[tuple[str, str], set[bytes]] = defaultdict(set)
        for request in self.office.platform.requests:
            if request.path.endswith("/scores"):
                body = json.loads(request.body)
                meanings[body["userId"], body["timestamp"]].add(request.body)
        assert [one for one in meanings.values() if len(one) > 1] == []


@pytest.mark.parametrize("kind", ["canvas", "moodle"])
def test_the_gradebook_ends_with_the_last_intention(open_office: OpenOffice, kind: str) -> None:
    office = open_office(kind)

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(story=stories)
    def run(story: list[tuple[Any, ...]]) -> None:
        office.platform.requests.clear()
        office.platform._faults.clear()
        told = Story(office, office.place(), [office.student() for _ in range(STUDENTS)])
        for step, *arguments in story:
            getattr(told, step)(*arguments)
        told.finish()
        told.check()

    run()
