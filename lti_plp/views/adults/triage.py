"""Triage: what waits to be read, one after the other, with one key for each answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from lti_plp.errors import BadInput, NotFound
from lti_plp.files.showing import cards_of
from lti_plp.lms.class_list import MARKS, Wish, class_list
from lti_plp.lms.naming import names_of_people
from lti_plp.lms.reading_list import waiting_reflections
from lti_plp.lms.submission_copies import kept_copies
from lti_plp.lms.ties import Tie
from lti_plp.plp.calls import waiting_calls
from lti_plp.plp.conversation import comment
from lti_plp.plp.evidence import say_level, validate_evidence
from lti_plp.plp.evidence_lists import find_evidence
from lti_plp.plp.growth.frameworks import Proficiency, read_one, read_some
from lti_plp.plp.growth.ratings import RatingDraft, rate
from lti_plp.plp.growth.standings import newest_rating
from lti_plp.plp.models import Plan
from lti_plp.plp.plans import find_plan
from lti_plp.plp.policy import Action, may
from lti_plp.plp.standing import TEAM
from lti_plp.plp.starters import keep_starter, remove_starter, starters
from lti_plp.plp.talk import comments_on, titles
from lti_plp.plp.unread import Waiting, waiting_evidence
from lti_plp.views.adults.desk import RATE_KEYS, begun_plan, bp, kinds, looked_at, page, ties
from lti_plp.views.language import choose_locale
from lti_plp.views.links import number_in
from lti_plp.views.rating_form import after_sent, level_sent, moment_of
from lti_plp.views.submission_copies import file_ids_of, file_problem, names_of_comments
from lti_plp.views.visit import toolbox, visit

REMAINS = tuple(mark for mark in MARKS if mark not in {"to_read", "answered"})
"""What is said at the end of the queue: whom reading alone does not help."""


@dataclass(frozen=True)
class Place:
    """Where one is in the queue."""

    number: int
    count: int
    before: Waiting | None
    after: Waiting | None


def _queue() -> list[Waiting]:
    here = visit()
    return waiting_evidence(here.db, here.tenant_id, ties().keys())


@bp.get("/students/triage")
def triage() -> ResponseReturnValue:
    """Go to what waits longest, or say that nothing does."""
    here, queue = visit(), _queue()
    if queue and not request.args.get("done"):
        return redirect(_address(queue[0]), 303)
    team = [one for one, tie in ties().items() if tie.standing & TEAM]
    calls = waiting_calls(here.db, here.tenant_id, team)
    found = class_list(here.db, here.tenant_id, ties(), Wish(), toolbox().clock())
    return page(
        "triage",
        section="triage",
        queue=queue,
        reflections=waiting_reflections(here.db, here.course.id, ties().keys()),
        calls=calls,
        names=names_of_people(here.db, here.tenant_id, {one.student_id for one in calls}),
        remains={mark: found.counts[mark] for mark in REMAINS if found.counts[mark]},
    )


def _address(one: Waiting | None) -> str:
    if one is None:
        return url_for("adults.triage", done=1)
    return url_for("adults.read", student_id=one.student_id, evidence_id=one.evidence_id)


@bp.get("/students/<int:student_id>/evidence/<int:evidence_id>")
def read(student_id: int, evidence_id: int) -> ResponseReturnValue:
    """Show one piece of evidence to read, with what can be said to it."""
    return _read_page(student_id, evidence_id)


def _read_page(student_id: int, evidence_id: int, problem: str = "", typed: str = "") -> str:
    here = visit()
    plan, tie = begun_plan(student_id)
    item, links = find_evidence(here.db, plan.id, evidence_id)
    is_seen = may(here.actor, Action.SEE_PLAN, tie.work(here.tenant_id, item.audience))
    if item.removed_at is not None or not is_seen:
        raise NotFound("There is no such evidence.", code="item_not_here")
    looked_at(plan, "evidence")
    said = comments_on(here.db, plan, "evidence", item.id)
    people = {student_id, *(one.author_id for one in said)}
    copies = kept_copies(here.db, item.id)
    return page(
        "read",
        section="triage",
        item=item,
        links=links,
        titles=titles(here.db, plan.id),
        student_id=student_id,
        names=names_of_people(here.db, here.tenant_id, people),
        said=said,
        files=cards_of(here.db, here.tenant_id, {item.file_id or "", *file_ids_of(copies)}),
        copies=copies,
        copy_names=names_of_comments(copies),
        file_problem=file_problem,
        levels=list(kinds().of("progress").values()),
        rated=_rated(tie, links.proficiency_ids),
        rate_keys=RATE_KEYS,
        newest=newest_rating(here.db, here.tenant_id, student_id) if links.proficiency_ids else 0,
        starters=starters(here.db, here.actor.person_id, toolbox().settings.config_folder, choose_locale()),
        place=_place(evidence_id),
        problem=problem,
        typed=typed,
    )


def _rated(tie: Tie, ids: Collection[int]) -> list[Proficiency]:
    """Return the proficiencies that a piece is about, as far as they can be rated here."""
    here = visit()
    if not may(here.actor, Action.RATE_PROFICIENCY, tie.work(here.tenant_id)):
        return []
    return read_some(here.db, here.tenant_id, ids)


def _place(evidence_id: int) -> Place:
    queue = _queue()
    ids = [one.evidence_id for one in queue]
    if evidence_id not in ids:
        return Place(0, len(queue), None, queue[0] if queue else None)
    at = ids.index(evidence_id)
    after = queue[at + 1] if at + 1 < len(queue) else None
    return Place(at + 1, len(queue), queue[at - 1] if at else None, after)


@bp.post("/students/<int:student_id>/evidence/<int:evidence_id>")
def answer(student_id: int, evidence_id: int) -> ResponseReturnValue:
    """Give a level, confirm, say something, in one step; then go on to the next that waits."""
    here, form, now = visit(), request.form, toolbox().clock()
    plan, tie = begun_plan(student_id, Action.VALIDATE_EVIDENCE)
    text = form.get("text", "").replace("\r\n", "\n")
    following = _place(evidence_id).after
    try:
        _say(tie, plan, evidence_id, text, now)
    except BadInput as problem:
        here.db.rollback()
        return _read_page(student_id, evidence_id, problem.code, text), problem.status
    here.db.commit()
    return redirect(_address(following), 303)


def _say(tie: Tie, plan: Plan, evidence_id: int, text: str, now: datetime) -> None:
    """Do what the form asks.

    :raise BadInput: ``nothing_given`` when it asks for nothing; else as what it asks for.
    """
    here, form = visit(), request.form
    level, confirms = form.get("level", ""), form.get("confirm") == "1"
    item, links = find_evidence(here.db, plan.id, evidence_id)
    rated = {one: form[f"rate-{one}"] for one in sorted(links.proficiency_ids) if form.get(f"rate-{one}")}
    if not (level or confirms or text.strip() or rated):
        raise BadInput("There is nothing to be said.", code="nothing_given")
    if text.strip():
        about = tie.work(here.tenant_id, item.audience)
        comment(here.db, plan, here.actor, about, ("evidence", item.id), text, now)
    work = tie.work(here.tenant_id)
    for proficiency_id, code in rated.items():
        tree = read_one(here.db, here.tenant_id, proficiency_id)
        # On the day of the work, as far as it is known.
        done = moment_of(item.captured_on.isoformat(), now)
        said = level_sent(code)
        draft = RatingDraft(proficiency_id, said, min(done, now), evidence_id=item.id, after=after_sent(form))
        rate(here.db, here.actor, work, tree, draft, now)
    if level:
        say_level(here.db, here.actor, work, item.id, level, kinds().of, now)
    if confirms:
        validate_evidence(here.db, here.actor, work, item.id, now)


@bp.post("/students/starters")
def keep_beginning() -> ResponseReturnValue:
    """Keep a beginning of a comment."""
    here = visit()
    keep_starter(here.db, here.actor.person_id, request.form.get("text", ""))
    here.db.commit()
    return redirect(_back(), 303)


@bp.post("/students/starters/<int:starter_id>/remove")
def remove_beginning(starter_id: int) -> ResponseReturnValue:
    """Remove one of one's own."""
    here = visit()
    remove_starter(here.db, here.actor.person_id, starter_id)
    here.db.commit()
    return redirect(_back(), 303)


def _back() -> str:
    student_id, evidence_id = (number_in(request.form.get(name, "")) for name in ("student", "evidence"))
    if student_id and evidence_id and find_plan(visit().db, visit().tenant_id, student_id):
        return url_for("adults.read", student_id=student_id, evidence_id=evidence_id)
    return url_for("adults.triage", done=1)
