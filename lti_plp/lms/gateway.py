"""The one interface through which a plan speaks to any LMS, and what it says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from sqlalchemy.orm import Session

from lti_plp.lms.results import Results
from lti_plp.lms.work import Work
from lti_plp.plp.actor import Role
from lti_plp.plp.growth.drafts import FrameworkDraft


@dataclass(frozen=True)
class Capabilities:
    """How one LMS differs from another, as data. A method exists only where behaviour differs."""

    kind: str
    pending_clears_grade: bool
    """Whether a score that is not fully graded wipes the grade that stands (Moodle does)."""
    score_spacing_seconds: float
    """How far apart two scores for the same line item and student must be sent, seconds."""
    submission_extension: bool
    """Whether Canvas's submission extension of a score is understood."""
    comments_pile_up: bool
    """Whether each comment is added to those before (Canvas), instead of taking their place."""
    roster_by_link: bool
    """Whether a roster that is asked for by the course's own id as ``rlid`` tells custom parameters of each member."""
    coursework: str
    """What can be read of a course's work: ``own`` (what this tool placed) or ``all``."""
    tells_changes: bool
    """Whether the LMS can be asked for what changed since a moment only."""
    needs_consent: bool
    """Whether coursework is read in the name of a person who allowed it once."""
    outcomes: bool
    """Whether it keeps outcomes of its own, which can become a framework."""
    handed_in: bool
    """Whether what a student handed in can be read in the student's own name."""


class ActivityProgress(StrEnum):
    """How far the student is (AGS 2.0, activityProgress)."""

    INITIALIZED = "Initialized"
    STARTED = "Started"
    IN_PROGRESS = "InProgress"
    SUBMITTED = "Submitted"
    COMPLETED = "Completed"


class GradingProgress(StrEnum):
    """How far the grading is (AGS 2.0, gradingProgress)."""

    NOT_READY = "NotReady"
    FAILED = "Failed"
    PENDING = "Pending"
    PENDING_MANUAL = "PendingManual"
    FULLY_GRADED = "FullyGraded"


@dataclass(frozen=True)
class Score:
    """One score for one student (AGS 2.0, section 3.4.4); the time of sending is added by the outbox."""

    subject: str
    """The platform's id of the student."""
    activity: ActivityProgress
    grading: GradingProgress
    points: Decimal | None = None
    maximum: Decimal | None = None
    comment: str = ""
    started_at: datetime | None = None
    submitted_at: datetime | None = None
    new_submission: bool = False
    """Whether this score reports that the student handed something in, not only a grade."""
    words: str = ""
    """What was handed in, as HTML for a gradebook that can show it; ours already, so nothing in it is a stranger's."""

    def __post_init__(self) -> None:
        """Refuse what no platform may be told.

        :raise ValueError: when points come without a maximum, are negative, or times are in the wrong order.
        """
        if self.points is not None and (self.maximum is None or self.maximum <= 0 or self.points < 0):
            raise ValueError("Points need a positive maximum and may not be negative.")
        if self.started_at and self.submitted_at and self.submitted_at < self.started_at:
            raise ValueError("A submission cannot end before it began.")

    def to_payload(self) -> dict[str, Any]:
        """Return a JSON form for the outbox."""
        return {
            "subject": self.subject,
            "activity": self.activity.value,
            "grading": self.grading.value,
            "points": None if self.points is None else str(self.points),
            "maximum": None if self.maximum is None else str(self.maximum),
            "comment": self.comment,
            "started_at": self.started_at.isoformat() if self.started_at else None,
            "submitted_at": self.submitted_at.isoformat() if self.submitted_at else None,
            "new_submission": self.new_submission,
            "words": self.words,
        }

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> "Score":
        """Read what :meth:`to_payload` wrote."""
        return cls(
            subject=payload["subject"],
            activity=ActivityProgress(payload["activity"]),
            grading=GradingProgress(payload["grading"]),
            points=None if payload["points"] is None else Decimal(payload["points"]),
            maximum=None if payload["maximum"] is None else Decimal(payload["maximum"]),
            comment=payload["comment"],
            started_at=_moment(payload["started_at"]),
            submitted_at=_moment(payload["submitted_at"]),
            new_submission=payload["new_submission"],
            # Rows that were written before there were words have none.
            words=payload.get("words", ""),
        )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Member:
    """One entry of a roster (NRPS 2.0); only ``subject`` and ``roles`` can be relied on."""

    subject: str
    roles: frozenset[Role]
    active: bool = True
    is_test: bool = False
    name: str = ""
    given_name: str = ""
    family_name: str = ""
    student_number: str = ""
    lms_id: str = ""
    """What the LMS's own services call this person, where that differs and the roster tells it."""
    sections: tuple[str, ...] | None = None
    """Names of the sections of the course that this person is in; ``None`` when the roster does not tell them."""


class Consent(StrEnum):
    """Whether a person has allowed this tool to read the LMS in their name."""

    NOT_NEEDED = "not_needed"
    NOT_OFFERED = "not_offered"
    """An administrator has to set it up first."""
    MISSING = "missing"
    GIVEN = "given"
    ENDED = "ended"
    """It was given, and the LMS no longer accepts it."""


@dataclass(frozen=True)
class CourseAddress:
    """A course, as a platform's services find it; all of it is what the platform's newest launch told."""

    course_id: int
    memberships_url: str
    line_items_url: str
    ags_scopes: frozenset[str]


@dataclass(frozen=True)
class Since:
    """What is known of a course's work already, so that only what changed need be told."""

    moment: datetime
    """By the LMS's own clock."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """:attr:`CourseworkAnswer.notes` of the reading before."""


@dataclass(frozen=True)
class CourseworkAnswer:
    """What an LMS says of a course's work, every page of it."""

    source: str
    """Who read it: ``canvas``, ``schoology``, ``classroom``, ``ags``."""
    works: Sequence[Work]
    """All that there is."""
    results: Results
    """``who`` is set in each: a subject, or the LMS's own id of a person. Where somebody's result of a whole work is
    among them, so are those of all its parts."""
    by_lms_id: bool
    """Which of the two ``who`` is."""
    is_whole: bool
    """Whether these are all results, or only those that changed since the moment that was asked for."""
    as_of: datetime | None
    """The LMS's own clock when reading began; ``None`` when it does not tell."""
    tells_outcomes: bool = True
    """Whether results of outcomes are among these. Where they could not be read, those that are here stand."""
    seen: frozenset[str] | None = None
    """Whose work could be read, named as ``who``; ``None`` for everybody's. What is here of others stands."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """What the adapter wants to know again when it reads the next time, as JSON; nobody else looks into it."""


@dataclass(frozen=True)
class OutcomesAnswer:
    """What an LMS says of the outcomes of a course and of the school, every page of it."""

    drafts: Sequence[FrameworkDraft]
    """One for each place that keeps any."""
    school_is_closed: bool = False
    """Whether the school's own could not be read in this person's name."""


@dataclass(frozen=True)
class HandedInFile:
    """A file that a student handed in; addresses of files expire, so it is known by its id alone."""

    id: str
    name: str
    size: int
    """Bytes, as the LMS says."""
    content_type: str = ""
    """As the LMS says; what it really is, only its bytes can tell."""


@dataclass(frozen=True)
class HandedInComment:
    """What somebody said about a student's work."""

    who: str
    """The LMS's own id of its author; empty when it does not tell."""
    text: str
    at: datetime | None


@dataclass(frozen=True)
class HandedIn:
    """What a student handed in for one piece of coursework, the newest attempt."""

    attempt: int | None
    words: str
    """As plain text."""
    url: str
    files: tuple[HandedInFile, ...] = ()
    comments: tuple[HandedInComment, ...] = ()


class GatewayProblem(Exception):
    """An LMS did not do what was asked. ``code`` is a stable name; the platform's own words are never kept."""

    def __init__(self, code: str, status: int | None = None) -> None:
        super().__init__(code if status is None else f"{code} ({status})")
        self.code = code
        self.status = status


class TryLater(GatewayProblem):
    """It may work later: no answer, too many requests, or a fault over there."""

    def __init__(
        self,
        code: str,
        status: int | None = None,
        retry_after: float | None = None,
        *,
        maybe_received: bool = True,
    ) -> None:
        super().__init__(code, status)
        self.maybe_received = maybe_received
        """Whether the request may have had its effect all the same; false when it was turned away."""
        self.retry_after = retry_after
        """Seconds the platform asked us to wait, if it did."""


class Refused(GatewayProblem):
    """It will not work however often it is tried: unknown student, line item gone, no permission."""


class NewerThere(GatewayProblem):
    """The gradebook already holds something at least as new (AGS 2.0: an older update is not applied)."""


class Gateway(Protocol):
    """What a plan asks of an LMS, for one deployment."""

    @property
    def capabilities(self) -> Capabilities:
        """How this LMS differs from others."""

    @property
    def issuer(self) -> str:
        """Under which issuer this LMS names people."""

    def send_score(self, line_item_url: str, score: Score, timestamp: datetime) -> None:
        """Store one score.

        :raise NewerThere: when the LMS holds something at least as new.
        :raise TryLater: when it may work later.
        :raise Refused: when it never will.
        """

    def read_roster(self, memberships_url: str, lti_context_id: str = "") -> list[Member]:
        """Read the whole roster of a course, all pages or nothing.

        :raise TryLater: when a page failed.
        :raise Refused: when the tool may not read it.
        """

    def read_coursework(
        self, course: CourseAddress, since: Since | None, on_page: Callable[[int, int], None]
    ) -> CourseworkAnswer:
        """Read what a course gives students to do and what came of it, all pages or nothing.

        ``since``: results that changed before its moment need not be told. ``on_page`` hears of (pages read, pages
        expected).

        :raise TryLater: when a page failed.
        :raise Refused: ``no_consent`` when nobody has allowed it, and others when the tool may not read it.
        """

    def read_outcomes(self, course: CourseAddress, person_id: int) -> OutcomesAnswer:
        """Read the outcomes of a course and of the school that it belongs to, all pages or nothing.

        In this person's name, or in that of a teacher of the course.

        :raise TryLater: when a page failed.
        :raise Refused: ``not_offered`` where there are none; ``no_consent`` when nobody has allowed it; and others.
        :raise DraftProblems: when they cannot become a framework as they are.
        """

    def read_handed_in(self, course: CourseAddress, person_id: int, work: str) -> HandedIn:
        """Read what a student handed in for a piece of coursework, and what was said about it, in the student's name.

        :raise TryLater: when it may work later.
        :raise Refused: ``no_consent`` when the student has not allowed it, ``not_offered`` where there is no way to it.
        """

    def copy_file(
        self, course: CourseAddress, person_id: int, file_id: str, into: BinaryIO, most_bytes: int
    ) -> None:
        """Write the bytes of a file that a student handed in to ``into``, in the student's name.

        :raise TryLater: when it may work later; ``into`` holds something useless then.
        :raise Refused: ``file_too_large``, ``file_locked``, ``gone``, and as :meth:`read_handed_in`.
        """

    def consent_of(self, person_id: int) -> Consent:
        """Say whether a person has allowed this tool to read in their name."""

    def ask_consent(self, person_id: int) -> str:
        """Return the address at which the LMS asks a person for permission; good for one answer, for minutes.

        :raise Refused: ``not_offered`` where there is nothing to allow, or an administrator has to set it up first.
        """

    def take_consent_back(self, person_id: int) -> None:
        """Forget a person's permission, and tell the LMS so."""

    def find_or_create_line_item(
        self, line_items_url: str, resource_link_id: str, label: str, maximum: Decimal
    ) -> str:
        """Return the URL of the line item of a link, made if there is none.

        :raise TryLater: when it may work later.
        :raise Refused: when the tool may not.
        """


GatewayFor = Callable[[Session, int], Gateway]
"""Gives the Gateway of a deployment id; the session reads registrations and keeps tokens."""
