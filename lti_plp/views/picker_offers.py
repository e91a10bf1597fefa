"""What the picker offers beyond single kinds: packs with their dates in the school year, and what colleagues share."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

from lti_plp.lms.calendar import Year, year_at
from lti_plp.plp.packs import DatedItem, dated, in_what_is_left, load_packs
from lti_plp.plp.sharing import read_shared
from lti_plp.views.links import number_in
from lti_plp.views.picker_form import DO_PREFIX, Form, fresh_form
from lti_plp.views.visit import toolbox, visit

PACK_PREFIX, SHARED_PREFIX = "pack-", "shared-"
END_OF_DAY = "T23:59"
DAY = "day"
"""Stands in a shared item for when it is due: days after the school year begins, so that it fits every year."""


@dataclass(frozen=True)
class Offer:
    """Several forms, or one, that a choice brings."""

    id: str
    forms: tuple[Form, ...]
    has_moved: bool = False
    """Dates were past, and moved to what is left of the year."""
    is_usual_year: bool = False
    """No calendar of the school is known."""
    shared_id: str = ""
    """The shared template that they are from."""


def offer_of(chosen: str, locale: str, time_zone: str) -> Offer | None:
    """Return what a pack or shared template brings; ``None`` when something else was chosen.

    :raise NotFound: ``shared_unknown``.
    """
    if chosen.startswith(PACK_PREFIX):
        pack = load_packs(toolbox().settings.config_folder).get(chosen.removeprefix(PACK_PREFIX))
        if pack is None:
            return None
        year, today = _year(), _today()
        plan = dated(pack, year, today)
        forms = tuple(_form_of(item, locale, time_zone) for item in plan.items)
        return Offer(chosen, forms, plan.has_moved, year.is_usual)
    if chosen.startswith(SHARED_PREFIX):
        return _shared(chosen, time_zone)
    return None


def one_of(chosen: str) -> tuple[str, int | None]:
    """Return what was chosen, and which one of it where a platform takes only one: ``pack-x:3`` is the third."""
    whole, colon, number = chosen.partition(":")
    return whole, number_in(number) or None if colon else None


def _form_of(item: DatedItem, locale: str, time_zone: str) -> Form:
    kind = item.item.set_id or DO_PREFIX + item.item.activity
    form = fresh_form(kind, locale)
    return replace(
        form,
        title=item.title(locale) or form.title,
        # What comes as a whole year shall not make a whole year of marking.
        grading="complete",
        due=f"{item.due_on.isoformat()}{END_OF_DAY}",
        time_zone=time_zone,
    )


def _shared(chosen: str, time_zone: str) -> Offer:
    here = visit()
    found = read_shared(here.db, here.actor, chosen.removeprefix(SHARED_PREFIX))
    forms = [_form_shared(item, found.card.version_id) for item in found.items]
    year = _year()
    days = {place: _in_year(year, item[DAY]) for place, item in enumerate(found.items) if DAY in item}
    order = sorted(days, key=lambda place: days[place])
    left = in_what_is_left([days[place] for place in order], _today(), year.last_day)
    for place, day in zip(order, left, strict=True):
        forms[place] = replace(forms[place], due=f"{day.isoformat()}{END_OF_DAY}", time_zone=time_zone)
    return Offer(
        chosen,
        tuple(forms),
        has_moved=left != [days[place] for place in order],
        is_usual_year=bool(days) and year.is_usual,
        shared_id=found.card.id,
    )


def _form_shared(item: Mapping[str, Any], version_id: int) -> Form:
    return replace(Form.from_json(dict(item)), shared=version_id)


def items_to_share(forms: tuple[Form, ...]) -> list[dict[str, Any]]:
    """Return forms as they are shared: dates become places in the school year."""
    year = _year()
    return [_item_to_share(form, year) for form in forms]


def _item_to_share(form: Form, year: Year) -> dict[str, Any]:
    place = {DAY: max(0, (form.due_on - year.first_day).days)} if form.due_on else {}
    return {**asdict(form), "due": "", "time_zone": "UTC", "shared": None, **place}


def _in_year(year: Year, days: int) -> date:
    longest = (year.last_day - year.first_day).days
    return year.first_day + timedelta(days=min(days, longest))


def _year() -> Year:
    return year_at(visit().db, visit().tenant_id, _today())


def _today() -> date:
    return toolbox().clock().date()
