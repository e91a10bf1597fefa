"""The teacher's picker: choose what to place, adapt it, put it into the course."""

from dataclasses import replace
from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.launch.claims import PAGE_KEY, TEMPLATE_KEY
from lti_plp.launch.deeplink import LineItem, LinkItem
from lti_plp.lms.copies import note_template_placed
from lti_plp.lms.reflection_work import note_placed
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.plp.policy import Place
from lti_plp.plp.sharing import versions_here
from lti_plp.plp.templates import create_template
from lti_plp.views import picker_sharing
from lti_plp.views.deep_link_reply import reply_page
from lti_plp.views.language import choose_locale
from lti_plp.views.links import number_in
from lti_plp.views.picker_board import MAX_BASKET, Board
from lti_plp.views.picker_form import (
    Form,
    another_kind,
    bank,
    form_sent,
    fresh_form,
    in_locale,
    is_touched,
    locale_of,
    read_back,
)
from lti_plp.views.picker_offers import Offer, offer_of, one_of
from lti_plp.views.picker_page import board_here, bp, picker_page, preview_page, settings_here
from lti_plp.views.visit import toolbox, visit

__all__ = ["bp", "picker", "picker_sharing"]


@bp.get("/picker")
def picker() -> ResponseReturnValue:
    """Show the picker, with a reflection ready to be placed."""
    settings_here()
    return picker_page(Board(_as_counted(fresh_form(bank().sets[0].id, choose_locale()))))


def _as_counted(form: Form) -> Form:
    """Return a form that counts for nothing where the platform keeps no grade."""
    return form if settings_here().can_count else replace(form, grading="none")


@bp.post("/picker/preview")
def preview() -> ResponseReturnValue:
    """Show the form's reflection as a student will see it."""
    settings_here()
    return preview_page(form_sent(request.form))


@bp.post("/picker/choose")
def choose() -> ResponseReturnValue:
    """Begin with another kind, or with a pack; what the teacher had changed can be brought back."""
    board, (chosen, number) = board_here(), one_of(request.form.get("chosen", ""))
    locale = board.form.locale if board.form else choose_locale()
    offer = offer_of(chosen, locale, board.time_zone)
    if offer is not None:
        return _take(board, offer, number)
    board = replace(board, opened="")
    if board.form is None:
        return picker_page(replace(board, form=_as_counted(fresh_form(chosen, locale))))
    return picker_page(_with_form(board, another_kind(board.form, chosen, locale)))


def _with_form(board: Board, form: Form | None) -> Board:
    """Return a table with another form on it; what a teacher had typed is set aside, not thrown away."""
    old = board.form
    return replace(board, form=form, undo=old if old and is_touched(old) else None)


def _take(board: Board, offer: Offer, number: int | None) -> ResponseReturnValue:
    """Put what a pack or a shared template brings onto the table: one thing into the form, several into the basket."""
    board = replace(board, opened=offer.shared_id)
    forms = tuple(_as_counted(one) for one in offer.forms)
    happened = tuple(
        name for name, so in (("moved", offer.has_moved), ("usual_year", offer.is_usual_year)) if so
    )
    if len(forms) == 1 or (number is not None and 1 <= number <= len(forms)):
        return picker_page(_with_form(board, forms[(number or 1) - 1]), happened=happened)
    if not settings_here().accept_multiple:
        return picker_page(_with_form(board, None), offer=replace(offer, forms=forms), happened=happened)
    if len(board.basket) + len(forms) > MAX_BASKET:
        return picker_page(board, problems={"basket": "basket_full"}), 400
    return picker_page(replace(_with_form(board, None), basket=(*board.basket, *forms)), happened=happened)


@bp.post("/picker/language")
def language() -> ResponseReturnValue:
    """Put the questions into another language; those of the teacher's own wording stay."""
    board = board_here()
    form = in_locale(board.form, locale_of(request.form.get("locale"))) if board.form else None
    return picker_page(replace(board, form=form))


@bp.post("/picker/undo")
def undo() -> ResponseReturnValue:
    """Bring back what was set aside; what a teacher typed meanwhile is set aside in turn."""
    board, form = board_here(), read_back(Form.from_json, request.form.get("undo"))
    return picker_page(_with_form(board, form))


@bp.post("/picker/add")
def add() -> ResponseReturnValue:
    """Put what stands in the form into the basket; the next kind can be chosen."""
    board = board_here()
    if board.form is None:
        return picker_page(board)
    if problems := board.problems():
        return picker_page(board, problems=problems), 400
    if len(board.basket) >= MAX_BASKET:
        return picker_page(board, problems={"basket": "basket_full"}), 400
    return picker_page(replace(board, form=None, basket=board.wanted))


@bp.post("/picker/remove")
def remove() -> ResponseReturnValue:
    """Take one thing out of the basket, back into the form."""
    board = board_here()
    number = number_in(request.form.get("remove", ""), otherwise=len(board.basket))
    if number >= len(board.basket):
        return picker_page(board)
    taken, left = board.basket[number], board.basket[:number] + board.basket[number + 1 :]
    return picker_page(replace(_with_form(board, taken), basket=left))


@bp.post("/picker/drop")
def drop() -> ResponseReturnValue:
    """Leave one thing of the basket out; it can be brought back."""
    board = board_here()
    number = number_in(request.form.get("drop", ""), otherwise=len(board.basket))
    if number >= len(board.basket):
        return picker_page(board)
    left = board.basket[:number] + board.basket[number + 1 :]
    return picker_page(replace(board, basket=left, undo=board.basket[number]))


@bp.post("/picker/place")
def place() -> ResponseReturnValue:
    """Make the templates and send the browser back to the platform with links to them."""
    board = board_here()
    if problems := board.problems():
        return picker_page(board, problems=problems), 400
    if not board.wanted:
        return picker_page(board, problems={"kinds": "nothing_chosen"}), 400
    now = toolbox().clock()
    return reply_page(_items(board.wanted, now), now)


def _items(wanted: tuple[Form, ...], now: datetime) -> list[LinkItem]:
    here = visit()
    where = Place(here.tenant_id, here.course.id)
    known = versions_here(here.db, here.actor, {one.shared for one in wanted if one.shared})
    items: list[LinkItem] = []
    for form in wanted:
        if form.page:
            items.append(_page_item(form))
            continue
        draft = replace(form.draft, shared_version_id=form.shared if form.shared in known else None)
        template = create_template(here.db, here.actor, where, draft, now)
        note_placed(here.db, here.course.id, template, now)
        note_template_placed(here.db, here.course.id, template.id, now)
        items.append(_item(template))
    return items


@bp.post("/picker/cancel")
def cancel() -> ResponseReturnValue:
    """Send the browser back without anything; the platform tells the teacher so, in our words."""
    settings_here()
    return reply_page([], toolbox().clock(), error=_("Nothing was placed."))


def _address(key: str, value: str) -> str:
    return f"{toolbox().settings.public_origin}/lti/launch?{key}={value}"


def _page_item(form: Form) -> LinkItem:
    return LinkItem(
        url=_address(PAGE_KEY, form.page),
        title=form.title,
        text=form.instructions,
        custom={PAGE_KEY: form.page},
    )


def _item(template: ReflectionTemplate) -> LinkItem:
    maximum = template.max_points
    return LinkItem(
        url=_address(TEMPLATE_KEY, template.id),
        title=template.title,
        text=template.instructions,
        custom={TEMPLATE_KEY: template.id},
        line_item=LineItem(maximum, template.title, template.id) if maximum is not None else None,
        due_at=template.due_at,
    )
