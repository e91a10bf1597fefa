"""The teacher's picker: choose a kind of reflection, adapt it, put it into the course."""

import json
from dataclasses import asdict, replace
from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from lti_plp.errors import BadInput
from lti_plp.launch.claims import TEMPLATE_KEY, DeepLinkingSettings
from lti_plp.launch.deeplink import RESOURCE_LINK, LineItem, LinkItem, deep_linking_reply, origin_of
from lti_plp.launch.models import Registration
from lti_plp.lms.models import Deployment
from lti_plp.plp.data_files import in_language
from lti_plp.plp.models import ReflectionTemplate
from lti_plp.plp.policy import Action, Place, require
from lti_plp.plp.templates import create_template
from lti_plp.views.language import choose_locale
from lti_plp.views.links import number_in
from lti_plp.views.picker_form import (
    MAX_BASKET,
    Form,
    another_kind,
    bank,
    basket_sent,
    form_sent,
    fresh_form,
    in_locale,
    is_touched,
    locale_of,
    read_back,
)
from lti_plp.views.rendering import render_template
from lti_plp.views.security import allow_form_target
from lti_plp.views.visit import page_blueprint, toolbox, visit

bp = page_blueprint("picker", __name__)


def _settings() -> DeepLinkingSettings:
    """Return what the platform accepts.

    :raise NotAllowed: when the person may not place anything.
    :raise BadInput: when the page was not opened from a platform's dialog.
    """
    here = visit()
    require(here.actor, Action.PLACE_REFLECTION, Place(here.tenant_id, here.course.id))
    if here.deep_linking is None:
        raise BadInput("The picker opens from the platform's dialog only.", code="picker_elsewhere")
    return here.deep_linking


@bp.get("/picker")
def picker() -> ResponseReturnValue:
    """Show the picker, with a reflection ready to be placed."""
    settings = _settings()
    form = fresh_form(bank().sets[0].id, choose_locale())
    return _page(replace(form, grading="none") if settings.accept_lineitem is False else form, [])


def _page(
    form: Form | None, basket: list[Form], *, problems: dict[str, str] | None = None, undo: Form | None = None
) -> str:
    settings = _settings()
    # Where cookies are blocked, the answer's form is swapped into this page and sent under this page's policy.
    allow_form_target(origin_of(settings.return_url))
    return render_template(
        "picker/picker.html",
        form=form,
        basket=basket,
        basket_json=json.dumps([asdict(one) for one in basket]),
        undo_json=json.dumps(asdict(undo)) if undo else "",
        problems=problems or {},
        problem_lines=_problem_lines(problems or {}),
        problem_words=_problem_words(),
        bank=bank(),
        language=form.locale if form else choose_locale(),
        accepts_links=RESOURCE_LINK in settings.accept_types,
        accepts_several=settings.accept_multiple,
        accepts_grades=settings.accept_lineitem is not False,
        in_language=in_language,
    )


@bp.post("/picker/preview")
def preview() -> ResponseReturnValue:
    """Show the form's reflection as a student will see it."""
    _settings()
    return render_template("picker/_preview.html", form=form_sent(request.form))


@bp.post("/picker/choose")
def choose() -> ResponseReturnValue:
    """Begin with another kind of reflection; what the teacher had changed can be brought back."""
    old, kind_id = form_sent(request.form), request.form.get("chosen", "")
    if old is None:
        return _page(fresh_form(kind_id, choose_locale()), basket_sent(request.form))
    form = another_kind(old, kind_id, old.locale)
    return _page(form, basket_sent(request.form), undo=old if is_touched(old) else None)


@bp.post("/picker/language")
def language() -> ResponseReturnValue:
    """Put the questions into another language; those of the teacher's own wording stay."""
    old = form_sent(request.form)
    form = in_locale(old, locale_of(request.form.get("locale"))) if old else None
    return _page(form, basket_sent(request.form))


@bp.post("/picker/undo")
def undo() -> ResponseReturnValue:
    """Bring back what stood in the form before another kind was chosen."""
    _settings()
    return _page(read_back(Form.from_json, request.form.get("undo")), basket_sent(request.form))


@bp.post("/picker/add")
def add() -> ResponseReturnValue:
    """Put the form's reflection into the basket; the next kind can be chosen."""
    form, basket = form_sent(request.form), basket_sent(request.form)
    if form is None:
        return _page(None, basket)
    if problems := form.problems():
        return _page(form, basket, problems=problems), 400
    if len(basket) >= MAX_BASKET:
        return _page(form, basket, problems={"basket": "basket_full"}), 400
    return _page(None, [*basket, form])


@bp.post("/picker/remove")
def remove() -> ResponseReturnValue:
    """Take one reflection out of the basket, back into the form."""
    form, basket = form_sent(request.form), basket_sent(request.form)
    number = number_in(request.form.get("remove", ""), otherwise=len(basket))
    if number >= len(basket):
        return _page(form, basket)
    taken = basket.pop(number)
    return _page(taken, basket, undo=form if form and is_touched(form) else None)


@bp.post("/picker/place")
def place() -> ResponseReturnValue:
    """Make the templates and send the browser back to the platform with links to them."""
    form, basket = form_sent(request.form), basket_sent(request.form)
    if form and (problems := form.problems()):
        return _page(form, basket, problems=problems), 400
    wanted = [*basket, form] if form else basket
    if not wanted:
        return _page(None, [], problems={"kinds": "nothing_chosen"}), 400
    here, settings, now = visit(), _settings(), toolbox().clock()
    where = Place(here.tenant_id, here.course.id)
    items = [_item(create_template(here.db, here.actor, where, one.draft, now)) for one in wanted]
    return _reply(settings, items, now)


@bp.post("/picker/cancel")
def cancel() -> ResponseReturnValue:
    """Send the browser back without anything; the platform tells the teacher so, in our words."""
    return _reply(_settings(), [], toolbox().clock(), error=_("Nothing was placed."))


def _item(template: ReflectionTemplate) -> LinkItem:
    address = f"{toolbox().settings.public_origin}/lti/launch?{TEMPLATE_KEY}={template.id}"
    maximum = template.max_points
    return LinkItem(
        url=address,
        title=template.title,
        text=template.instructions,
        custom={TEMPLATE_KEY: template.id},
        line_item=LineItem(maximum, template.title, template.id) if maximum is not None else None,
        due_at=template.due_at,
    )


def _reply(settings: DeepLinkingSettings, items: list[LinkItem], now: datetime, *, error: str = "") -> str:
    here = visit()
    registration = here.db.get_one(Registration, here.facts.registration_id)
    deployment = here.db.get_one(Deployment, here.facts.deployment_id)
    reply = deep_linking_reply(
        toolbox(), here.db, registration, deployment.lti_deployment_id, settings, items, now=now, error=error
    )
    here.db.commit()
    allow_form_target(reply.origin)
    return render_template("launch/deep_link_return.html", reply=reply, placed=len(items))


def _problem_lines(problems: dict[str, str]) -> list[tuple[str, str]]:
    """Return field -> sentence for the list above the form."""
    names = {
        "title": _("Title"),
        "instructions": _("What students read first"),
        "questions": _("Questions"),
        "max_points": _("Points"),
        "grading": _("How it counts"),
        "due": _("Due"),
    }

    def name(field: str) -> str:
        number = field.removeprefix("question_")
        return (
            _("Question %(number)s", number=int(number) + 1) if number.isdecimal() else names.get(field, "")
        )

    texts = _problem_words()
    return [
        (field, f"{name(field)}: {texts[what]}" if name(field) else texts[what])
        for field, what in problems.items()
    ]


def _problem_words() -> dict[str, str]:
    return {
        "missing": _("Please fill this in."),
        "too_long": _("This is too long."),
        "too_many": _("These are too many questions: 20 at the most."),
        "out_of_range": _("Please give a number above 0, up to 10,000."),
        "too_fine": _("Two decimals at the most."),
        "unknown": _("Please choose one."),
        "no_date": _("This is no date and time."),
        "basket_full": _("No more than 20 reflections can be placed at once."),
        "nothing_chosen": _("Choose a kind of reflection first."),
    }
