"""A reflection that is sent or rated is reported to the gradebook, and counts in plans, in the same transaction."""

from datetime import datetime
from decimal import Decimal
from html import escape

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lti_plp.lms.gateway import ActivityProgress, Gateway, GradingProgress, Score
from lti_plp.lms.models import Course, Enrolment, Identity, ResourceLink
from lti_plp.lms.outbox import enqueue, has_grade, newest_comment
from lti_plp.lms.reflection_work import take_reflection
from lti_plp.plp.actor import Actor
from lti_plp.plp.models import ReflectionRating
from lti_plp.plp.reflections import DONE_KEY, LinkFacts, Sent, rate, submit, template_of
from lti_plp.plp.templates import Template

MOST_HTML = 200_000
"""Characters that a gradebook is given to show; what is longer is read in this tool only."""


def keeps_grade(session: Session, link: LinkFacts) -> bool:
    """Say whether a link has a column in the gradebook, or can get one; without it nothing is ever reported.

    Pages tell teachers so before they look for a grade that cannot be there.
    """
    row = session.get_one(ResourceLink, link.resource_link_id)
    if template_of(session, link).grading == "none":
        return False
    return bool(row.line_item_url or session.get_one(Course, row.course_id).line_items_url)


def submit_and_report(
    session: Session, actor: Actor, link: LinkFacts, gateway: Gateway, now: datetime, *, done: str = ""
) -> Sent:
    """Send a reflection, and tell the gradebook that it waits for a teacher.

    That holds for complete/incomplete as well: whether it is complete, the teacher says by rating it. ``done`` tells
    what was done in the plan, where that was asked for.

    :raise PlpError: as :func:`lti_plp.plp.reflections.submit`; nothing is reported then.
    """
    sent = submit(session, actor, link, now, done=done)
    if sent.is_new:
        take_reflection(session, link.resource_link_id, now)
    if not sent.is_new or not keeps_grade(session, link):
        return sent
    row = session.get_one(ResourceLink, link.resource_link_id)
    if gateway.capabilities.pending_clears_grade and has_grade(session, row.id, actor.person_id):
        # This platform would wipe the grade that stands as soon as it hears of something ungraded.
        return sent
    score = Score(
        subject=_subject(session, gateway, actor.person_id, link.course_id),
        activity=ActivityProgress.SUBMITTED,
        grading=GradingProgress.PENDING_MANUAL,
        started_at=min(sent.started_at, sent.submission.submitted_at),
        submitted_at=sent.submission.submitted_at,
        new_submission=True,
        words=_as_html(template_of(session, link), sent) if gateway.capabilities.submission_extension else "",
    )
    enqueue(session, row, actor.person_id, score, f"submission:{sent.submission.id}", now)
    return sent


def _as_html(template: Template, sent: Sent) -> str:
    """Return what was sent as a gradebook shows it: questions, answers, nothing else."""
    answers = sent.submission.answers
    asked = [(one["text"], answers.get(one["key"], "")) for one in template.questions]
    # What was done in the plan comes first, as on the teacher's page; it answers no question.
    parts = [("", answers.get(DONE_KEY, "")), *asked]
    html = "".join(
        (f"<h3>{escape(question)}</h3>" if question else "") + _paragraphs(answer)
        for question, answer in parts
        if answer.strip()
    )
    return html if len(html) <= MOST_HTML else ""


def _paragraphs(text: str) -> str:
    blocks = [block.strip() for block in text.split("\n\n") if block.strip()]
    return "".join(f"<p>{escape(block)}</p>" for block in blocks).replace("\n", "<br>")


def rate_and_report(
    session: Session,
    actor: Actor,
    link: LinkFacts,
    gateway: Gateway,
    person_id: int,
    submission_id: int,
    points: Decimal | None,
    comment: str,
    now: datetime,
) -> ReflectionRating:
    """Rate a reflection, and put the rating into the gradebook.

    A comment on what was never rated stays between teacher and student: no score is sent.

    :raise PlpError: as :func:`lti_plp.plp.reflections.rate`; nothing is reported then.
    """
    rating, submission = rate(session, actor, link, person_id, submission_id, points, comment, now)
    if rating.points is not None:
        take_reflection(session, link.resource_link_id, now)
    if rating.points is None or not keeps_grade(session, link):
        return rating
    row = session.get_one(ResourceLink, link.resource_link_id)
    is_there = gateway.capabilities.comments_pile_up and rating.comment == newest_comment(
        session, row.id, person_id
    )
    score = Score(
        subject=_subject(session, gateway, person_id, link.course_id),
        activity=ActivityProgress.COMPLETED,
        grading=GradingProgress.FULLY_GRADED,
        points=rating.points,
        maximum=template_of(session, link).max_points,
        # Where comments pile up, one that is there already would stand there twice.
        comment="" if is_there else rating.comment,
        submitted_at=submission.submitted_at,
    )
    enqueue(session, row, person_id, score, f"rating:{rating.id}", now)
    return rating


def _subject(session: Session, gateway: Gateway, person_id: int, course_id: int) -> str:
    """Return what the link's platform calls a person there; somebody who came another way has no name there.

    Of accounts that the platform has merged, each course goes on with its own.
    """
    named = and_(
        Enrolment.person_id == Identity.person_id,
        Enrolment.subject == Identity.subject,
        Enrolment.course_id == course_id,
    )
    names = (
        select(Identity.subject)
        .outerjoin(Enrolment, named)
        .where(Identity.person_id == person_id, Identity.issuer == gateway.issuer)
        .order_by(Enrolment.id.is_(None), Identity.id)
    )
    return session.scalar(names.limit(1)) or ""
