"""Sharing out of the picker: what lies on the table becomes a template for colleagues, and what they say of it."""

from collections.abc import Callable
from dataclasses import replace

from flask import request
from flask.typing import ResponseReturnValue

from lti_plp.errors import PlpError
from lti_plp.plp.sharing import SharedDraft, improve, say, share, withdraw
from lti_plp.views.picker_board import Board
from lti_plp.views.picker_offers import items_to_share
from lti_plp.views.picker_page import board_here, bp, picker_page
from lti_plp.views.visit import toolbox, visit

FIELDS = {"name": "share_name", "about": "share_about", "scope": "share_scope"}
"""Field of a draft -> field of the page."""


@bp.post("/picker/search")
def search() -> ResponseReturnValue:
    """Look for words among what colleagues share."""
    board = board_here()
    return picker_page(replace(board, words=board.words or ""))


@bp.post("/picker/share")
def share_it() -> ResponseReturnValue:
    """Share what lies on the table; it remembers what it was made from."""

    def act(board: Board, draft: SharedDraft) -> str:
        here = visit()
        return share(here.db, here.actor, draft, toolbox().clock(), made_from=board.opened).id

    return _draft_kept(act, "shared")


@bp.post("/picker/improve")
def improve_it() -> ResponseReturnValue:
    """Keep what lies on the table as a new version of one's own shared template."""

    def act(board: Board, draft: SharedDraft) -> str:
        here = visit()
        improve(here.db, here.actor, board.opened, draft, toolbox().clock())
        return board.opened

    return _draft_kept(act, "improved")


def _draft_kept(act: Callable[[Board, SharedDraft], str], happened: str) -> ResponseReturnValue:
    """Do something with what lies on the table; where that cannot be, the page comes back with all that was typed."""
    board, here = board_here(), visit()
    draft = SharedDraft(
        name=request.form.get("share_name", ""),
        about=request.form.get("share_about", ""),
        items=items_to_share(board.wanted),
        scope=request.form.get("share_scope", "school"),
    )
    problems = board.problems()
    problems |= {FIELDS.get(field, "kinds"): _named(field, what) for field, what in draft.problems().items()}
    if problems:
        return picker_page(board, problems=problems, typed=request.form), 400
    opened = act(board, draft)
    here.db.commit()
    return picker_page(replace(board, opened=opened), happened=(happened,))


def _named(field: str, what: str) -> str:
    return "nothing_to_share" if (field, what) == ("items", "missing") else what


@bp.post("/picker/withdraw")
def withdraw_it() -> ResponseReturnValue:
    """Let colleagues find one's own shared template no longer."""
    board, here = board_here(), visit()
    withdraw(here.db, here.actor, board.opened, toolbox().clock())
    here.db.commit()
    return picker_page(replace(board, opened=""), happened=("withdrawn",))


@bp.post("/picker/say")
def say_it() -> ResponseReturnValue:
    """Keep what a colleague says of the shared template that is open."""
    board, here = board_here(), visit()
    try:
        say(here.db, here.actor, board.opened, request.form.get("feedback", ""), toolbox().clock())
    except PlpError as problem:
        if problem.code not in {"feedback_empty", "feedback_too_long"}:
            raise
        here.db.rollback()
        return picker_page(board, problems={"feedback": problem.code}, typed=request.form), problem.status
    here.db.commit()
    return picker_page(board, happened=("said",))
