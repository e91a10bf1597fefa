"""A draft of a framework as bytes and back: what an LMS said, between its preview and its publication."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lti_plp.plp.growth.drafts import Criterion, FrameworkDraft, ItemDraft, Way, checked
from lti_plp.plp.growth.scales import Scale, make_scale, written


def write_draft(draft: FrameworkDraft) -> bytes:
    """Return a draft as JSON; each scale stands in it once."""
    scales = list(dict.fromkeys(one.scale for one in draft.items if one.scale))
    told = {
        "guid": draft.guid,
        "title": draft.title,
        "source": draft.source,
        "origin": draft.origin,
        "document": dict(draft.document),
        "is_sample": draft.is_sample,
        "ways": [
            {"method": one.method, "parameter": _text(one.parameter), "count": one.count}
            for one in draft.ways
        ],
        "scales": [{"title": one.title, "levels": written(one)} for one in scales],
        "items": [_item(one, scales) for one in draft.items],
    }
    return json.dumps(told, ensure_ascii=False).encode()


def _item(one: ItemDraft, scales: list[Scale]) -> dict[str, Any]:
    return {
        "guid": one.guid,
        "statement": one.statement,
        "kind": one.kind,
        "code": one.code,
        "student_text": one.student_text,
        "parent": one.parent,
        "scale": scales.index(one.scale) if one.scale else None,
        "guide": [{"title": line.title, "levels": dict(line.levels)} for line in one.guide],
        "replaced_by": one.replaced_by,
        "extra": dict(one.extra),
        "where": one.where,
    }


def read_draft(data: bytes) -> FrameworkDraft:
    """Return the draft that :func:`write_draft` wrote.

    :raise DraftProblems: when it cannot be published.
    """
    told: dict[str, Any] = json.loads(data)
    scales = [make_scale(one["title"], one["levels"]) for one in told["scales"]]
    ways = tuple(Way(one["method"], _number(one["parameter"]), one["count"]) for one in told["ways"])
    plain = {name: told[name] for name in ("guid", "title", "source", "origin", "document", "is_sample")}
    items = tuple(_read_item(one, scales) for one in told["items"])
    return checked(FrameworkDraft(**plain, items=items, ways=ways))


def _read_item(told: Mapping[str, Any], scales: list[Scale]) -> ItemDraft:
    place = told["scale"]
    return ItemDraft(
        **{name: value for name, value in told.items() if name not in {"scale", "guide"}},
        scale=None if place is None else scales[place],
        guide=tuple(Criterion(one["title"], one["levels"]) for one in told["guide"]),
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
