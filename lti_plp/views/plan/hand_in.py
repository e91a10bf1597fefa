"""A student hands in something of her plan, from the dialog of an assignment in the LMS."""

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.errors import BadInput
from lti_plp.launch.claims import HAND_IN_KEY, DeepLinkingSettings
from lti_plp.launch.deeplink import RESOURCE_LINK, LinkItem, origin_of
from lti_plp.plp.hand_ins import hand_in, offered
from lti_plp.plp.texts import one_line
from lti_plp.views.deep_link_reply import reply_page
from lti_plp.views.links import number_in
from lti_plp.views.plan.desk import bp, page, plan_or_none
from lti_plp.views.plan.evidence import files_of, host_of
from lti_plp.views.security import allow_form_target
from lti_plp.views.visit import toolbox, visit

TITLE = 100
"""Characters of a thing's own words that name it in the LMS."""


def _settings() -> DeepLinkingSettings:
    """Return what the dialog takes.

    :raise BadInput: ``hand_in_elsewhere`` where there is none.
    """
    settings = visit().deep_linking
    if settings is None:
        raise BadInput("This opens from an assignment's dialog only.", code="hand_in_elsewhere")
    return settings


@bp.get("/plan/hand-in")
def choose_to_hand_in() -> ResponseReturnValue:
    """Show what can be handed in, and who sees it then."""
    return _page()


def _page(problem: str = "") -> str:
    here, settings = visit(), _settings()
    # Where cookies are blocked, the answer's form is swapped into this page and sent under this page's policy.
    allow_form_target(origin_of(settings.return_url))
    before = request.args.get("before", "")
    found = offered(here.db, here.actor, plan_or_none(), before)
    return page(
        "hand_in",
        section="",
        offered=found,
        is_first=not before,
        accepts_links=RESOURCE_LINK in settings.accept_types,
        files=files_of(found.evidence.cards),
        host_of=host_of,
        problem=problem,
    )


@bp.post("/plan/hand-in")
def hand_in_chosen() -> ResponseReturnValue:
    """Let the course's teachers see it, and send the browser back to the platform with it."""
    here, now = visit(), toolbox().clock()
    _settings()
    kind, _dash, number = request.form.get("chosen", "").partition("-")
    if not number_in(number):
        return _page("nothing_chosen"), 400
    made, shown = hand_in(here.db, here.actor, kind, number_in(number), now)
    title = one_line(shown.title)
    item = LinkItem(
        url=f"{toolbox().settings.public_origin}/lti/launch?{HAND_IN_KEY}={made.id}",
        title=title[:TITLE] or _("From my learning plan"),
        custom={HAND_IN_KEY: made.id},
    )
    return reply_page([item], now, is_work=True)


@bp.post("/plan/hand-in/cancel")
def cancel_hand_in() -> ResponseReturnValue:
    """Send the browser back without anything."""
    _settings()
    return reply_page([], toolbox().clock(), error=_("Nothing was handed in."), is_work=True)
