"""The picker's page, and who may be there."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import request

from lti_plp.errors import BadInput, NotFound
from lti_plp.launch.claims import DeepLinkingSettings
from lti_plp.launch.deeplink import RESOURCE_LINK, origin_of
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.activities import load_activities, load_page_links
from lti_plp.plp.data_files import in_language
from lti_plp.plp.packs import load_packs
from lti_plp.plp.policy import Action, Place, SchoolWide, may, require
from lti_plp.plp.sharing import Shared, SharedCard, list_shared, read_shared
from lti_plp.views.language import choose_locale
from lti_plp.views.picker_board import Board, board_sent
from lti_plp.views.picker_form import Form, bank
from lti_plp.views.picker_offers import Offer
from lti_plp.views.picker_words import notices, problem_lines, problem_words
from lti_plp.views.rendering import render_template
from lti_plp.views.security import allow_form_target
from lti_plp.views.visit import page_blueprint, toolbox, visit

bp = page_blueprint("picker", __name__)


def settings_here() -> DeepLinkingSettings:
    """Return what the platform accepts.

    :raise NotAllowed: when the person may not place anything.
    :raise BadInput: when the page was not opened from a platform's dialog.
    """
    here = visit()
    require(here.actor, Action.PLACE_REFLECTION, Place(here.tenant_id, here.course.id))
    if here.deep_linking is None:
        raise BadInput("The picker opens from the platform's dialog only.", code="picker_elsewhere")
    return here.deep_linking


def board_here() -> Board:
    """Return what lies on the table, for somebody who may place it.

    :raise PlpError: as :func:`settings_here` and :func:`~lti_plp.views.picker_board.board_sent`.
    """
    settings_here()
    return board_sent(request.form)


def picker_page(
    board: Board,
    *,
    problems: Mapping[str, str] | None = None,
    happened: tuple[str, ...] = (),
    offer: Offer | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    """Return the page: ``happened`` names what is said above, ``offer`` is shown one by one.

    ``typed`` is what stood in the fields for sharing when it could not be taken.
    """
    settings = settings_here()
    # Where cookies are blocked, the answer's form is swapped into this page and sent under this page's policy.
    allow_form_target(origin_of(settings.return_url))
    problems = dict(problems or {})
    return render_template(
        "picker/picker.html",
        board=board,
        form=board.form,
        problems=problems,
        problem_lines=problem_lines(problems),
        problem_words=problem_words(),
        happened=[notices()[name] for name in happened],
        offer=offer,
        typed=typed or {},
        bank=bank(),
        language=board.form.locale if board.form else choose_locale(),
        accepts_links=RESOURCE_LINK in settings.accept_types,
        accepts_several=settings.accept_multiple,
        accepts_grades=settings.can_count,
        in_language=in_language,
        **_offered(),
        **_shared(board),
    )


def preview_page(form: Form | None) -> str:
    """Return what a student will see, without a page around it."""
    return render_template("picker/_preview.html", form=form, in_language=in_language)


def _offered() -> dict[str, Any]:
    folder = toolbox().settings.config_folder
    return {
        "activities": load_activities(folder).values(),
        "page_links": load_page_links(folder).values(),
        "packs": load_packs(folder).values(),
    }


def _shared(board: Board) -> dict[str, Any]:
    here = visit()
    if not may(here.actor, Action.SHARE_TEMPLATE, SchoolWide(here.tenant_id)):
        return {"may_share": False, "shared": (), "opened": None, "names": {}}
    cards = list_shared(here.db, here.actor, board.words or "")
    opened = None
    if board.opened:
        # Its author may withdraw it while somebody works with it.
        with suppress(NotFound):
            opened = read_shared(here.db, here.actor, board.opened)
    return {
        "may_share": True,
        "shared": cards,
        "opened": opened,
        "names": names_of_people(here.db, here.tenant_id, _people(cards, opened)),
    }


def _people(cards: tuple[SharedCard, ...], opened: Shared | None) -> set[int]:
    said = opened.feedback if opened else ()
    return {one.author_id for one in (*cards, *said, *((opened.card,) if opened else ()))}
