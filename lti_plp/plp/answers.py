"""What a student answered in finished reflections: read again for print, for a story, and to compare two years."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session

from lti_plp.plp.models import Reflection, ReflectionSubmission, ReflectionTemplate

APART = timedelta(days=60)
"""Answers to one question that lie closer together are not compared."""
MOST_QUESTIONS = 20
"""Questions whose answers are looked at for a comparison."""


@dataclass(frozen=True)
class Answer:
    """One question with what the student said to it."""

    question: str
    text: str
    locale: str
    """Of the question."""


@dataclass(frozen=True)
class Answered:
    """One finished reflection in the student's own words."""

    reflection_id: int
    template_id: str
    is_own: bool
    """Whether the student began it herself."""
    title: str
    locale: str
    voice: str
    voice_name: str
    audience: str
    submitted_at: datetime
    answers: tuple[Answer, ...]
    """What was left empty is not there."""

    @property
    def is_private(self) -> bool:
        """Whether only the student sees it."""
        return self.audience == "me"


@dataclass(frozen=True)
class TwoAnswers:
    """One question, answered twice, some time apart."""

    question: str
    locale: str
    then: str
    then_at: datetime
    now: str
    now_at: datetime


def finished_reflections(
    session: Session,
    person_id: int,
    audiences: Collection[str],
    limit: int,
    *conditions: ColumnElement[bool],
) -> tuple[Answered, ...]:
    """Return the newest finished reflections on a student that are for one of these audiences; one statement.

    ``conditions`` are of one's own, on :class:`Reflection`.
    """
    rows = session.execute(
        _newest_submissions(person_id)
        .where(Reflection.audience.in_(audiences), *conditions)
        .order_by(ReflectionSubmission.submitted_at.desc(), Reflection.id.desc())
        .limit(limit)
    )
    return tuple(
        Answered(
            reflection_id=row.id,
            template_id=row.template_id,
            is_own=row.resource_link_id is None,
            title=row.title,
            locale=row.locale,
            voice=row.voice,
            voice_name=row.voice_name,
            audience=row.audience,
            submitted_at=row.submitted_at,
            answers=tuple(
                Answer(one["text"], row.answers[one["key"]], row.locale)
                for one in row.questions
                if row.answers.get(one["key"], "").strip()
            ),
        )
        for row in rows
    )


def _newest_submissions(person_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Reflection.id,
            Reflection.template_id,
            Reflection.resource_link_id,
            Reflection.voice,
            Reflection.voice_name,
            Reflection.audience,
            ReflectionTemplate.title,
            ReflectionTemplate.locale,
            ReflectionTemplate.questions,
            ReflectionSubmission.submitted_at,
            ReflectionSubmission.answers,
        )
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .join(ReflectionSubmission, _is_newest())
        .where(Reflection.person_id == person_id)
    )


def _is_newest() -> Any:
    return and_(
        ReflectionSubmission.reflection_id == Reflection.id,
        ReflectionSubmission.number == Reflection.submissions,
    )


def count_finished(session: Session, person_id: int, since: datetime) -> int:
    """Return how many reflections a student has finished since a moment."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Reflection)
            .join(ReflectionSubmission, _is_newest())
            .where(Reflection.person_id == person_id, ReflectionSubmission.submitted_at > since)
        )
        or 0
    )


@dataclass(frozen=True)
class _Asked:
    reflection_id: int
    key: str
    at: datetime


def same_question(session: Session, person_id: int, moment: datetime) -> tuple[TwoAnswers, ...]:
    """Return questions of the bank that the student herself answered before ``moment`` and again later.

    The longest time between two answers comes first. Two statements, and the words of a few reflections only.
    """
    ends = _two_ends(_asked(session, person_id), moment)
    if not ends:
        return ()
    ids = {one.reflection_id for pair in ends for one in pair}
    rows = {
        row.id: row for row in session.execute(_newest_submissions(person_id).where(Reflection.id.in_(ids)))
    }
    pairs = (_two_answers(rows, then, now) for then, now in ends)
    return tuple(one for one in pairs if one is not None)


def _asked(session: Session, person_id: int) -> dict[str, list[_Asked]]:
    """Return id in the question bank -> when it was asked in the student's own reflections, oldest first."""
    rows = session.execute(
        select(Reflection.id, ReflectionTemplate.questions, ReflectionSubmission.submitted_at)
        .join(ReflectionTemplate, ReflectionTemplate.id == Reflection.template_id)
        .join(ReflectionSubmission, _is_newest())
        .where(Reflection.person_id == person_id, Reflection.voice == "student")
        .order_by(ReflectionSubmission.submitted_at)
    )
    found: dict[str, list[_Asked]] = {}
    for reflection_id, questions, at in rows:
        for one in questions:
            if one.get("source"):
                found.setdefault(one["source"], []).append(_Asked(reflection_id, one["key"], at))
    return found


def _two_ends(asked: dict[str, list[_Asked]], moment: datetime) -> list[tuple[_Asked, _Asked]]:
    """Return the last answer up to ``moment``, or the first there is, and the newest one of each question."""
    ends: list[tuple[_Asked, _Asked]] = []
    for times in asked.values():
        then = next((one for one in reversed(times) if one.at <= moment), times[0])
        if times[-1].at - then.at >= APART:
            ends.append((then, times[-1]))
    return sorted(ends, key=_time_between, reverse=True)[:MOST_QUESTIONS]


def _time_between(pair: Iterable[_Asked]) -> timedelta:
    then, now = pair
    return now.at - then.at


def _two_answers(rows: dict[int, Any], then: _Asked, now: _Asked) -> TwoAnswers | None:
    before, after = rows[then.reflection_id], rows[now.reflection_id]
    words, new_words = before.answers.get(then.key, ""), after.answers.get(now.key, "")
    if not (words.strip() and new_words.strip()):
        return None
    # The wording of the newer one: a school may have reworded the question meanwhile.
    question = next(one["text"] for one in after.questions if one["key"] == now.key)
    return TwoAnswers(question, after.locale, words, before.submitted_at, new_words, after.submitted_at)
