"""What people say to each other about a plan: suggestions, comments, and a student's calls for help.

Adults suggest, the student decides: accepting a suggestion is an edit by the student, whose history names it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.actor import Actor
from lti_plp.plp.fields import MAX_PEOPLE, Line, Vocabulary, refuse
from lti_plp.plp.growth.frameworks import read_one
from lti_plp.plp.history import Why, acting_role
from lti_plp.plp.items import ItemKind, item_kind
from lti_plp.plp.models import Comment, HelpRequest, Plan, Suggestion
from lti_plp.plp.plans import Edited, PlanEditor
from lti_plp.plp.policy import TEAM_SEES, Action, PlanWork, require
from lti_plp.plp.texts import storable

MAX_TEXT = 5000
ONE_PRESS = timedelta(minutes=2)
"""Within this time the same words to the same students are one press of a button."""
HELP_KINDS = ("stuck", "ready", "meeting")
SUGGESTED = frozenset({"entry", "goal", "step", "evidence", "transition"})
"""Kinds of items of which others may propose a change or a new one."""
_NAME = Line("asked_of")


def _text(text: str, field: str, *, optional: bool = False) -> str:
    clean = storable(text).strip()
    if not clean and not optional:
        raise BadInput("Nothing is written yet.", code="field_missing", details={"field": field})
    if len(clean) > MAX_TEXT:
        raise BadInput(
            "The text is too long.", code="field_too_long", details={"field": field, "longest": MAX_TEXT}
        )
    return clean


def suggest(
    session: Session,
    plan: Plan,
    actor: Actor,
    work: PlanWork,
    item: tuple[str, int | None],
    fields: Mapping[str, Any],
    message: str,
    vocabulary: Vocabulary,
    now: datetime,
) -> Suggestion:
    """Propose a change of an item, or a new one when its id is ``None``; ``work`` is the item for the policy.

    :raise NotAllowed: when the actor may not speak on it.
    :raise NotFound: when the plan has no such item, or it is of a kind that nobody else proposes.
    :raise BadInput: when a value is none that the field takes.
    """
    require(actor, Action.SPEAK_ON_PLAN, work)
    kind = item_kind(item[0])
    if kind.name not in SUGGESTED or (item[1] is not None and not _is_here(session, plan, kind, item[1])):
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    suggestion = Suggestion(
        plan_id=plan.id,
        author_id=actor.person_id,
        author_role=acting_role(actor),
        item_kind=kind.name,
        item_id=item[1],
        fields=kind.clean(fields, vocabulary),
        message=_text(message, "message", optional=True),
        made_at=now,
        state="open",
    )
    session.add(suggestion)
    session.flush()
    return suggestion


def accept(editor: PlanEditor, suggestion_id: int, answer: str = "") -> Edited:
    """Do what was suggested, as the student's own edit over the newest version.

    :raise NotFound: when the plan has no such suggestion.
    :raise PlpError: 409 ``already_answered``, or when the item was removed (``item_removed``).
    """
    suggestion = _open_suggestion(editor, suggestion_id)
    # The change and the answer: both, or neither.
    with editor.session.begin_nested():
        edited = _follow(editor, suggestion)
        _answer(editor, suggestion, "accepted", answer)
    return edited


def _follow(editor: PlanEditor, suggestion: Suggestion) -> Edited:
    why = Why(cause=f"suggestion:{suggestion.id}")
    if suggestion.item_id is None:
        item = editor.add(suggestion.item_kind, suggestion.fields, why)
        return Edited(item.id, 1)
    item = editor.item(item_kind(suggestion.item_kind), suggestion.item_id)
    if item.removed_at is not None:
        raise PlpError("item_removed", 409, "The thing that this is about was removed.")
    return editor.edit(suggestion.item_kind, item.id, item.version, suggestion.fields, why)


def decline(editor: PlanEditor, suggestion_id: int, answer: str = "") -> None:
    """Leave things as they are; whoever suggested it can read the student's answer.

    :raise NotFound: when the plan has no such suggestion.
    :raise PlpError: 409 ``already_answered``.
    """
    _answer(editor, _open_suggestion(editor, suggestion_id), "declined", answer)


def _open_suggestion(editor: PlanEditor, suggestion_id: int) -> Suggestion:
    suggestion = editor.session.get(Suggestion, suggestion_id, populate_existing=True)
    if suggestion is None or suggestion.plan_id != editor.plan.id:
        raise NotFound("There is no such suggestion.", code="item_not_here")
    if suggestion.state != "open":
        raise PlpError("already_answered", 409, "This suggestion was answered before.")
    return suggestion


def _answer(editor: PlanEditor, suggestion: Suggestion, state: str, answer: str) -> None:
    words = _text(answer, "answer", optional=True)
    suggestion.answer, suggestion.state, suggestion.answered_at = words, state, editor.now
    editor.session.flush()


def comment(
    session: Session,
    plan: Plan,
    actor: Actor,
    work: PlanWork,
    item: tuple[str, int],
    text: str,
    now: datetime,
) -> Comment:
    """Say something about an item; the student may do so too, as an answer.

    :raise NotAllowed: when the actor may neither speak on it nor owns it.
    :raise NotFound: when the plan has no such item.
    :raise BadInput: when nothing is written, or too much.
    """
    is_owner = actor.person_id == plan.person_id
    require(actor, Action.EDIT_PLAN if is_owner else Action.SPEAK_ON_PLAN, work)
    kind = item_kind(item[0])
    if not _is_here(session, plan, kind, item[1]):
        raise NotFound("The plan holds no such thing.", code="item_not_here")
    said = Comment(
        plan_id=plan.id,
        author_id=actor.person_id,
        author_role=acting_role(actor),
        item_kind=kind.name,
        item_id=item[1],
        text=_text(text, "text"),
        said_at=now,
    )
    session.add(said)
    session.flush()
    return said


def remind(session: Session, actor: Actor, works: Iterable[PlanWork], text: str, now: datetime) -> int:
    """Say the same to several students on their plans; return how many have it now.

    Who has no plan yet cannot be told here. What was said a moment ago is not said twice: a button was pressed twice.

    :raise NotAllowed: when the actor may not speak on one of them; nobody was told anything then.
    :raise BadInput: when nothing is written, too much, or to nobody.
    """
    owners = {work.owner_id: work for work in works}
    words = _text(text, "text")
    for work in owners.values():
        require(actor, Action.SPEAK_ON_PLAN, work)
    # Whoever presses twice waits here for the first one.
    plans = session.scalars(
        select(Plan)
        .where(Plan.person_id.in_(owners), Plan.tenant_id == actor.tenant_id)
        .order_by(Plan.id)
        .with_for_update()
    ).all()
    if not plans:
        raise BadInput("Nobody of these has a plan.", code="nobody_to_tell")
    told = set(
        session.scalars(
            select(Comment.plan_id).where(
                Comment.plan_id.in_([one.id for one in plans]),
                Comment.author_id == actor.person_id,
                Comment.text == words,
                Comment.said_at > now - ONE_PRESS,
            )
        )
    )
    for plan in plans:
        if plan.id not in told:
            comment(session, plan, actor, owners[plan.person_id], ("plan", plan.id), words, now)
    return len(plans)


def _is_here(session: Session, plan: Plan, kind: ItemKind, item_id: int) -> bool:
    there = session.get(kind.model, item_id)
    return there is not None and (there.id if kind.model is Plan else there.plan_id) == plan.id


def settle_comment(editor: PlanEditor, comment_id: int) -> Comment:
    """Mark a comment as dealt with; only the student does.

    :raise NotFound: when the plan has no such comment.
    """
    said = editor.session.get(Comment, comment_id, populate_existing=True)
    if said is None or said.plan_id != editor.plan.id:
        raise NotFound("There is no such comment.", code="item_not_here")
    said.settled_at = said.settled_at or editor.now
    editor.session.flush()
    return said


def ask_for_help(
    editor: PlanEditor,
    kind: str,
    item: tuple[str, int],
    message: str = "",
    asked_of: Iterable[str] = (),
    *,
    shares: bool = False,
) -> HelpRequest:
    """Note that the student is stuck, ready to show something, or wants a meeting; asking twice is asking once.

    ``item`` is a goal, a step, the plan itself, or a proficiency that she is ready to show. ``asked_of`` are names of
    people who help with it. With ``shares`` the team sees from now on what the call is about; without it they see of
    something private only that she calls.

    :raise BadInput: for a kind that there is not, or when a text is too long or the names are too many.
    :raise NotFound: when the plan has no such item, or the district no such proficiency.
    """
    about = _called_about(editor, kind, item)
    words = _text(message, "message", optional=True)
    names = {_NAME.clean(name, editor.vocabulary) for name in asked_of} - {""}
    # The editor holds the plan, so no other tab opens a call between this look and the end of the transaction.
    there = _open_call(editor, kind, item)
    names.update(there.asked_of if there else ())
    if len(names) > MAX_PEOPLE:
        raise refuse("asked_of", "too_many", most=MAX_PEOPLE)
    if there is None:
        there = HelpRequest(
            plan_id=editor.plan.id,
            kind=kind,
            item_kind=item[0],
            item_id=item[1],
            message="",
            opened_at=editor.now,
        )
        editor.session.add(there)
    there.message, there.asked_of = words or there.message, sorted(names)
    if shares and about is not None and about.audience not in TEAM_SEES:
        editor.edit(item[0], about.id, about.version, {"audience": "team"})
    editor.session.flush()
    return there


def _called_about(editor: PlanEditor, kind: str, item: tuple[str, int]) -> Any:
    """Return the goal or the step that a call is about; ``None`` for what nobody shares or hides."""
    if kind in HELP_KINDS and item[0] in {"goal", "step"}:
        return editor.item(item_kind(item[0]), item[1])
    if kind in HELP_KINDS and item[0] == "plan":
        editor.item(item_kind("plan"), item[1])
    elif (kind, item[0]) == ("ready", "proficiency"):
        read_one(editor.session, editor.plan.tenant_id, item[1])
    else:
        raise BadInput("There is no such call.", code="field_unknown_choice", details={"field": "kind"})
    return None


def _open_call(editor: PlanEditor, kind: str, item: tuple[str, int]) -> HelpRequest | None:
    return editor.session.scalars(
        select(HelpRequest)
        .where(
            HelpRequest.plan_id == editor.plan.id,
            HelpRequest.kind == kind,
            HelpRequest.item_kind == item[0],
            HelpRequest.item_id == item[1],
            HelpRequest.closed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def close_help(editor: PlanEditor, request_id: int) -> HelpRequest:
    """Say that it is settled.

    :raise NotFound: when the plan has no such call.
    """
    call = editor.session.get(HelpRequest, request_id, populate_existing=True)
    if call is None or call.plan_id != editor.plan.id:
        raise NotFound("There is no such call.", code="item_not_here")
    call.closed_at = call.closed_at or editor.now
    editor.session.flush()
    return call
