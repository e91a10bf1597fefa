"""What a form about a rating sends, whoever rates."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from lti_plp.errors import BadInput
from lti_plp.plp.growth.frameworks import Proficiency
from lti_plp.plp.growth.ratings import RatingDraft
from lti_plp.views.links import number_in

NOTHING = "none"
"""What a form sends for "not enough evidence"; no level has this code for a form to mean."""


def draft_sent(proficiency: Proficiency, form: Mapping[str, str], now: datetime) -> RatingDraft:
    """Read a rating.

    :raise BadInput: ``nothing_given`` without a level, or ``rating_day`` for what is no day.
    """
    return RatingDraft(
        proficiency.id,
        level_sent(form.get("level", "")),
        moment_of(form.get("done_on", ""), now),
        note=form.get("note", "").replace("\r\n", "\n"),
        guide=_cells(proficiency, form),
        evidence_id=number_in(form.get("evidence_id", "")) or None,
        is_baseline=form.get("as") == "baseline",
        is_of_peer=form.get("as") == "peer",
        replaces_id=number_in(form.get("replaces_id", "")) or None,
        after=after_sent(form),
    )


def after_sent(form: Mapping[str, str]) -> int | None:
    """Return the newest rating when the form was shown; ``None`` when the form does not say."""
    text = form.get("after", "")
    return number_in(text) if text else None


def level_sent(code: str) -> str | None:
    """Return the level's code, or ``None`` for "not enough evidence".

    :raise BadInput: ``nothing_given`` when nothing was chosen.
    """
    if not code:
        raise BadInput("No level is chosen.", code="nothing_given")
    return None if code == NOTHING else code


def moment_of(text: str, now: datetime) -> datetime:
    """Return the moment for a day on which something was done; today and an empty day are now.

    :raise BadInput: ``rating_day`` for what is no day of these years.
    """
    if not text:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadInput("That is no day.", code="rating_day") from None
    if day == now.date():
        return now
    if day.year < EARLIEST:
        raise BadInput("That is no day.", code="rating_day")
    # Noon is the same day nearly everywhere.
    return datetime.combine(day, time(12), UTC)


EARLIEST = 2000


def _cells(proficiency: Proficiency, form: Mapping[str, str]) -> dict[str, str]:
    chosen = {one["title"]: form.get(f"guide-{row}", "") for row, one in enumerate(proficiency.guide)}
    return {title: code for title, code in chosen.items() if code}
