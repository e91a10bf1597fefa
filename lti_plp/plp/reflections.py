"""Writing, sending, reading and rating reflections."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, and_, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.manner import Manner
from lti_plp.plp.models import (
    KeptAnswer,
    Reflection,
    ReflectionAnswer,
    ReflectionRating,
    ReflectionSubmission,
    ReflectionTemplate,
)
from lti_plp.plp.policy import Action, OwnWork, Place, StudentWork, require
from lti_plp.plp.templates import COLUMNS, Template, find_template
from lti_plp.plp.texts import storable
from lti_plp.prepared import Prepared

MAX_ANSWER = 20_000
MAX_COMMENT = 5_000
DONE_KEY = "plan"
"""Stands in a submission's answers for what was done in the plan; no question of a template has this key."""
KEPT_FROM = 200
"""A text of at least this many characters is kept when a save takes more than half of it away."""


@dataclass(frozen=True)
class LinkFacts:
    """A placed link, as far as reflections are concerned."""

    tenant_id: int
    course_id: int
    resource_link_id: int
    template_id: str

    @property
    def place(self) -> Place:
        """Where the reflection is asked for."""
        return Place(self.tenant_id, self.course_id)

    def work_of(self, person_id: int, *, is_submitted: bool = False) -> StudentWork:
        """Return a student's reflection on this link, as the policy sees it."""
        return StudentWork(self.tenant_id, self.course_id, person_id, is_submitted)


@dataclass(frozen=True)
class OwnFacts:
    """A reflection that a student began herself. It has a template of its own, which names it."""

    tenant_id: int
    template_id: str

    def work_of(self, person_id: int) -> OwnWork:
        """Return it as the policy sees it before anybody else may."""
        return OwnWork(self.tenant_id, person_id)


Asked = LinkFacts | OwnFacts
"""Where answers are asked for: by a placed link, or by the student herself."""


@dataclass(frozen=True)
class Answer:
    """The present text of one answer; ``revision`` is 0 before the first save."""

    text: str = ""
    revision: int = 0


@dataclass(frozen=True)
class Rating:
    """The rating that counts, with the comment that came with it."""

    submission_id: int
    points: Decimal | None
    comment: str
    rated_at: datetime


@dataclass(frozen=True)
class Submission:
    """What was sent; ``number`` counts from 1, ``answers`` is question key -> text."""

    id: int
    number: int
    answers: Mapping[str, str]
    submitted_at: datetime


@dataclass(frozen=True)
class Work:
    """One student's reflection, all that its pages show."""

    template: Template
    reflection_id: int | None = None
    """``None`` before the first saved word."""
    is_draft: bool = False
    answers: Mapping[str, Answer] = field(default_factory=dict)
    submission: Submission | None = None
    rating: Rating | None = None
    own: Manner | None = None
    """Of a reflection that the student began herself; ``None`` when it was placed."""

    @property
    def state(self) -> str:
        """``new``, ``writing``, ``sent``, ``rated``; ``rated`` only while the rating is of the newest submission."""
        if self.reflection_id is None:
            return "new"
        if self.is_draft:
            return "writing"
        is_current = self.rating and self.submission and self.rating.submission_id == self.submission.id
        return "rated" if is_current else "sent"


@dataclass(frozen=True)
class Saved:
    """What became of an autosave. With ``conflict`` the text was kept aside, and another one stands."""

    revision: int
    saved_at: datetime
    conflict: str | None = None


def template_of(session: Session, asked: Asked) -> Template:
    """Return the template of a link or of a reflection of one's own.

    :raise NotFound: when it is not one of the tenant.
    """
    template = find_template(session, asked.tenant_id, asked.template_id)
    if template is None:
        raise NotFound("This link points to no reflection.", code="template_unknown")
    return template


def own_work(session: Session, actor: Actor, asked: Asked) -> Work:
    """Return the actor's own reflection on a link, begun or not, or one that the actor began.

    :raise NotAllowed: when the actor is no student of the course.
    :raise NotFound: when the actor began no such reflection.
    """
    require(actor, Action.WRITE_REFLECTION, asked.work_of(actor.person_id))
    return _work(session, asked, actor.person_id)


def past_work(session: Session, actor: Actor, reflection_id: int) -> tuple[int, Work]:
    """Return the link's id and what the actor once wrote there, in any course, to be read again.

    :raise NotAllowed: when the actor is no student.
    :raise NotFound: when the actor wrote no such reflection.
    """
    require(actor, Action.SEE_OWN_REFLECTIONS, OwnWork(actor.tenant_id, actor.person_id))
    found = session.execute(
        select(Reflection.template_id.label("template"), Reflection.resource_link_id.label("link")).where(
            Reflection.id == reflection_id,
            Reflection.person_id == actor.person_id,
            Reflection.tenant_id == actor.tenant_id,
            Reflection.resource_link_id.is_not(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such reflection.")
    keys = {"tenant": actor.tenant_id, "person": actor.person_id}
    return found.link, _read(session, _WORK, {**keys, "template": found.template, "link": found.link})


def preview(session: Session, actor: Actor, link: LinkFacts) -> Work:
    """Return the reflection as a student would see it who has not begun.

    :raise NotAllowed: when the actor may not look.
    """
    require(actor, Action.PREVIEW_REFLECTION, link.place)
    return Work(template_of(session, link))


def student_work(session: Session, actor: Actor, link: LinkFacts, person_id: int) -> Work:
    """Return what a student sent.

    :raise NotFound: when nothing was sent; a draft is the student's alone.
    :raise NotAllowed: when the actor may not read it.
    """
    require(actor, Action.SEE_CLASS, link.place)
    work = _work(session, link, person_id)
    if work.submission is None:
        raise NotFound("This student has sent nothing here.", code="nothing_sent")
    require(actor, Action.READ_REFLECTION, link.work_of(person_id, is_submitted=True))
    return work


def _newest(column: InstrumentedAttribute[int], order: InstrumentedAttribute[int]) -> ScalarSelect[int]:
    return (
        select(column)
        .where(column.class_.reflection_id == Reflection.id)
        .order_by(order.desc())
        .limit(1)
        .correlate(Reflection)
        .scalar_subquery()
    )


_BEGUN = (Reflection.id, Reflection.state)
_SUBMISSION = tuple(getattr(ReflectionSubmission, one.name) for one in fields(Submission))
_RATING = tuple(getattr(ReflectionRating, one.name) for one in fields(Rating))
_MANNER = tuple(getattr(Reflection, one.name) for one in fields(Manner))


def _statement(joined: ColumnElement[bool], *more: InstrumentedAttribute[str], is_begun: bool) -> Prepared:
    """Return the statement for a template with one person's reflection, its newest submission and rating."""
    return Prepared(
        select(*COLUMNS, *_BEGUN, *_SUBMISSION, *_RATING, *more)
        .select_from(ReflectionTemplate)
        .join(Reflection, and_(Reflection.person_id == bindparam("person"), joined), isouter=not is_begun)
        .outerjoin(
            ReflectionSubmission,
            ReflectionSubmission.id == _newest(ReflectionSubmission.id, ReflectionSubmission.number),
        )
        .outerjoin(ReflectionRating, ReflectionRating.id == _newest(ReflectionRating.id, ReflectionRating.id))
        .where(
            ReflectionTemplate.id == bindparam("template"),
            ReflectionTemplate.tenant_id == bindparam("tenant"),
        )
    )


_WORK = _statement(Reflection.resource_link_id == bindparam("link"), is_begun=False)
_OWN_WORK = _statement(
    and_(Reflection.template_id == ReflectionTemplate.id, Reflection.resource_link_id.is_(None)),
    *_MANNER,
    is_begun=True,
)
_ANSWERS = Prepared(
    select(ReflectionAnswer.question_key, ReflectionAnswer.text, ReflectionAnswer.revision).where(
        ReflectionAnswer.reflection_id == bindparam("reflection")
    )
)


def _work(session: Session, asked: Asked, person_id: int) -> Work:
    keys = {"template": asked.template_id, "tenant": asked.tenant_id, "person": person_id}
    if isinstance(asked, OwnFacts):
        return _read(session, _OWN_WORK, keys)
    return _read(session, _WORK, {**keys, "link": asked.resource_link_id})


def _read(session: Session, statement: Prepared, keys: Mapping[str, Any]) -> Work:
    connection = session.connection()
    found = statement.row(connection, keys)
    if found is None and statement is _OWN_WORK:
        raise NotFound("There is no such reflection.")
    if found is None:
        raise NotFound("This link points to no reflection.", code="template_unknown")
    parts = iter(found)
    template = Template(*islice(parts, len(COLUMNS)))
    reflection_id, state = islice(parts, len(_BEGUN))
    if reflection_id is None:
        return Work(template)
    submission, rating = tuple(islice(parts, len(_SUBMISSION))), tuple(islice(parts, len(_RATING)))
    manner = tuple(parts)
    rows = _ANSWERS.rows(connection, {"reflection": reflection_id})
    return Work(
        template,
        reflection_id,
        is_draft=state == "draft",
        answers={row.question_key: Answer(row.text, row.revision) for row in rows},
        # Of outer joins: all null where there is none.
        submission=Submission(*submission) if submission[0] is not None else None,
        rating=Rating(*rating) if rating[0] is not None else None,
        own=Manner(*manner) if manner else None,
    )


def save_answer(
    session: Session,
    actor: Actor,
    asked: Asked,
    question_key: str,
    text: str,
    base_revision: int,
    now: datetime,
) -> Saved:
    """Store one answer as the student types it. Nothing written is ever lost.

    ``base_revision`` is the revision the text was typed over. When another tab or device has saved since, its text
    stands, this one is kept aside, and both are returned to the page.

    :raise NotAllowed: when the actor is no student of the course.
    :raise NotFound: when there is no such question, or the actor began no such reflection.
    :raise BadInput: when the text is too long; it stays on the page.
    """
    require(actor, Action.WRITE_REFLECTION, asked.work_of(actor.person_id))
    template = template_of(session, asked)
    _require_question(template.questions, question_key)
    text = storable(text)
    if len(text) > MAX_ANSWER:
        raise BadInput("The answer is too long.", code="answer_too_long", details={"longest": MAX_ANSWER})
    reflection = locked(session, actor.person_id, asked)
    answer = session.get(ReflectionAnswer, (reflection.id, question_key)) if reflection else None
    if text == (answer.text if answer else ""):
        return Saved(answer.revision, answer.saved_at) if answer else Saved(0, now)
    if reflection is None:
        _require_question(_standing_questions(session, template.id), question_key)
        reflection = _begun(session, actor, asked, now)
    if reflection.state == "submitted" and not template.allow_resubmit:
        raise PlpError("already_sent", 409, "This reflection was sent and cannot be changed.")
    return _store(session, reflection, question_key, text, base_revision, now)


def _require_question(questions: list[dict[str, Any]], key: str) -> None:
    if key not in {question["key"] for question in questions}:
        raise NotFound("There is no such question.", code="question_unknown")


def _standing_questions(session: Session, template_id: str) -> list[dict[str, Any]]:
    """Return a template's questions as they stay for as long as this transaction is open.

    Who would change those of a copy waits until it ends, and sees that somebody has begun.
    """
    found: list[dict[str, Any]] = session.scalars(
        select(ReflectionTemplate.questions)
        .where(ReflectionTemplate.id == template_id)
        .with_for_update(read=True)
    ).one()
    return found


def locked(session: Session, person_id: int, asked: Asked) -> Reflection | None:
    """Return a student's reflection as it is now, locked where the database locks rows.

    What changes it (saves, sending, rating) comes one after the other. SQLite has one writer at a time anyway.
    ``None`` when nothing is written to a placed link yet.

    :raise NotFound: when the student began no such reflection herself.
    """
    where = select(Reflection).where(Reflection.person_id == person_id)
    if isinstance(asked, OwnFacts):
        where = where.where(
            Reflection.template_id == asked.template_id,
            Reflection.tenant_id == asked.tenant_id,
            Reflection.resource_link_id.is_(None),
        )
    else:
        where = where.where(Reflection.resource_link_id == asked.resource_link_id)
    found = session.scalars(where.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if found is None and isinstance(asked, OwnFacts):
        raise NotFound("There is no such reflection.")
    return found


def _begun(session: Session, actor: Actor, asked: Asked, now: datetime) -> Reflection:
    """Begin the actor's reflection; two tabs that begin at once get the same one."""
    begun = Reflection(
        tenant_id=asked.tenant_id,
        person_id=actor.person_id,
        template_id=asked.template_id,
        resource_link_id=asked.resource_link_id if isinstance(asked, LinkFacts) else None,
        started_at=now,
        saved_at=now,
        state="draft",
        submissions=0,
    )
    try:
        with session.begin_nested():
            session.add(begun)
    except IntegrityError:
        found = locked(session, actor.person_id, asked)
        if found is None:
            raise
        return found
    return begun


def _store(
    session: Session, reflection: Reflection, key: str, text: str, base_revision: int, now: datetime
) -> Saved:
    answer = session.get(ReflectionAnswer, (reflection.id, key))
    if answer is None:
        answer = ReflectionAnswer(reflection_id=reflection.id, question_key=key, text="", revision=0)
        session.add(answer)
    # A text that goes on from the standing one loses no word of it: such a save is what a tab sends whose last save
    # arrived although its answer did not.
    elif answer.revision != base_revision and not text.startswith(answer.text):
        _keep(session, reflection, key, text, "conflict", now)
        return Saved(answer.revision, answer.saved_at, conflict=answer.text)
    elif len(answer.text) >= KEPT_FROM and len(text) < len(answer.text) / 2:
        _keep(session, reflection, key, answer.text, "replaced", now)
    answer.text, answer.revision, answer.saved_at = text, answer.revision + 1, now
    reflection.saved_at, reflection.state = now, "draft"
    session.flush()
    return Saved(answer.revision, now)


def _keep(session: Session, reflection: Reflection, key: str, text: str, reason: str, now: datetime) -> None:
    """Keep a text aside; one that is kept already, because its save was repeated, is not kept twice."""
    kept = select(KeptAnswer.id).where(
        KeptAnswer.reflection_id == reflection.id,
        KeptAnswer.question_key == key,
        KeptAnswer.reason == reason,
        KeptAnswer.text == text,
    )
    if not text or session.scalar(select(kept.exists())):
        return
    session.add(
        KeptAnswer(reflection_id=reflection.id, question_key=key, text=text, reason=reason, kept_at=now)
    )
    session.flush()


@dataclass(frozen=True)
class Sent:
    """A submission; ``is_new`` is false when nothing had changed since the last one (a double click)."""

    submission: Submission
    started_at: datetime
    is_new: bool


def submit(session: Session, actor: Actor, asked: Asked, now: datetime, *, done: str = "") -> Sent:
    """Send what is written, as it is now; one's own reflection is finished thereby.

    ``done`` tells what was done in the plan where that was asked for; then not a word need be written.

    :raise NotAllowed: when the actor is no student of the course.
    :raise NotFound: when the actor began no such reflection.
    :raise BadInput: when nothing is written yet.
    :raise PlpError: 409 when it was sent before and may not be sent again.
    """
    require(actor, Action.WRITE_REFLECTION, asked.work_of(actor.person_id))
    reflection = locked(session, actor.person_id, asked)
    if reflection is None and done:
        reflection = _begun(session, actor, asked, now)
    work = _work(session, asked, actor.person_id)
    answers = {key: answer.text for key, answer in work.answers.items() if answer.text.strip()}
    if done:
        answers[DONE_KEY] = done
    if reflection is None or not answers:
        raise BadInput("Nothing is written yet.", code="nothing_written")
    before = work.submission
    if before is not None and before.answers == answers:
        reflection.state = "submitted"
        session.flush()
        return Sent(before, reflection.started_at, is_new=False)
    if before is not None and not work.template.allow_resubmit:
        raise PlpError("already_sent", 409, "This reflection was sent and cannot be changed.")
    number = reflection.submissions + 1
    row = ReflectionSubmission(reflection_id=reflection.id, number=number, answers=answers, submitted_at=now)
    session.add(row)
    reflection.submissions = number
    reflection.state, reflection.submitted_at = "submitted", now
    session.flush()
    return Sent(Submission(row.id, number, answers, now), reflection.started_at, is_new=True)


def rate(
    session: Session,
    actor: Actor,
    link: LinkFacts,
    person_id: int,
    submission_id: int,
    points: Decimal | None,
    comment: str,
    now: datetime,
) -> tuple[ReflectionRating, Submission]:
    """Rate one submission; the newest rating of a reflection counts.

    Points stay as they stand when a later rating of the same submission brings a comment only (``points`` is null).

    :raise NotAllowed: when the actor does not teach the course.
    :raise NotFound: when the student has sent nothing.
    :raise BadInput: when the points are out of range or the comment is too long.
    :raise PlpError: 409 ``newer_submission`` when the student has sent something newer than the teacher saw.
    """
    require(actor, Action.SEE_CLASS, link.place)
    locked(session, person_id, link)
    work = student_work(session, actor, link, person_id)
    require(actor, Action.RATE_REFLECTION, link.work_of(person_id, is_submitted=True))
    if work.reflection_id is None or work.submission is None:
        raise NotFound("This student has sent nothing here.", code="nothing_sent")
    if work.submission.id != submission_id:
        raise PlpError("newer_submission", 409, "The student has sent a newer version meanwhile.")
    comment = storable(comment).strip()
    _check_rating(work.template, points, comment)
    if points is None and work.rating and work.rating.submission_id == submission_id:
        points = work.rating.points
    rating = ReflectionRating(
        reflection_id=work.reflection_id,
        submission_id=submission_id,
        rater_id=actor.person_id,
        points=points,
        comment=comment,
        rated_at=now,
    )
    session.add(rating)
    session.flush()
    return rating, work.submission


def _check_rating(template: Template, points: Decimal | None, comment: str) -> None:
    if len(comment) > MAX_COMMENT:
        raise BadInput("The comment is too long.", code="comment_too_long", details={"longest": MAX_COMMENT})
    if points is None:
        return
    maximum = template.max_points
    if maximum is None:
        raise BadInput("This reflection is not graded.", code="not_graded")
    in_range = points.is_finite() and 0 <= points <= maximum
    if (
        not in_range
        or points != round(points, 2)
        or (template.grading == "complete" and points not in (0, 1))
    ):
        raise BadInput(
            "The points are out of range.", code="points_out_of_range", details={"maximum": str(maximum)}
        )


@dataclass(frozen=True)
class ClassWork:
    """How far one student of a class is."""

    person_id: int
    state: str
    """``writing``, ``sent``, ``rated`` or ``sent_again`` (sent anew after a rating)."""
    submitted_at: datetime | None
    points: Decimal | None


def class_work(session: Session, actor: Actor, link: LinkFacts) -> dict[int, ClassWork]:
    """Return person id -> how far that student is, for all who have begun; one statement for any class.

    :raise NotAllowed: when the actor may not see the class.
    """
    require(actor, Action.SEE_CLASS, link.place)
    newest = (
        select(ReflectionRating.reflection_id, func.max(ReflectionRating.id).label("id"))
        .join(Reflection, Reflection.id == ReflectionRating.reflection_id)
        .where(Reflection.resource_link_id == link.resource_link_id)
        .group_by(ReflectionRating.reflection_id)
        .subquery()
    )
    rows = session.execute(
        select(
            Reflection.person_id,
            Reflection.submissions,
            Reflection.submitted_at,
            ReflectionRating.points,
            ReflectionRating.id.label("rating_id"),
            ReflectionSubmission.number.label("rated_number"),
        )
        .outerjoin(newest, newest.c.reflection_id == Reflection.id)
        .outerjoin(ReflectionRating, ReflectionRating.id == newest.c.id)
        .outerjoin(ReflectionSubmission, ReflectionSubmission.id == ReflectionRating.submission_id)
        .where(Reflection.resource_link_id == link.resource_link_id)
    )
    return {
        row.person_id: ClassWork(row.person_id, _state(row), row.submitted_at, row.points) for row in rows
    }


def _state(row: Any) -> str:
    if not row.submissions:
        return "writing"
    if row.rating_id is None:
        return "sent"
    return "rated" if row.rated_number == row.submissions else "sent_again"
