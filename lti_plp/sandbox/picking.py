"""What a tool answers to a deep linking request, and what is made of it."""

import json
import sqlite3
from typing import Any

from lti_plp.sandbox import times
from lti_plp.sandbox.claims import DEEP_LINKING, LTI
from lti_plp.sandbox.lms import lms
from lti_plp.sandbox.placing import NewAssignment, NewLineItem
from lti_plp.sandbox.tools import (
    RefusedToken,
    Tool,
    audience_of,
    is_web_address,
    on_domain,
    time_problems,
    use_once,
    verified_claims,
)


class RefusedAnswer(Exception):
    """The answer is not accepted; ``reasons`` says why, one by one."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


def checked_answer(db: sqlite3.Connection, tool: Tool, row: sqlite3.Row, token: str) -> dict[str, Any]:
    """Return the claims of a deep linking response (Deep Linking 2.0, section 4.5).

    :raise RefusedAnswer: naming every fault.
    """
    try:
        claims = verified_claims(tool, token)
    except RefusedToken as problem:
        raise RefusedAnswer([str(problem)]) from problem
    settings = json.loads(row["settings"])
    reasons = time_problems(claims)
    expected = {
        "iss": tool.client_id,
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        LTI + "deployment_id": tool.deployment_id,
        DEEP_LINKING + "data": settings.get("data"),
    }
    reasons += [f"{name} must be {value!r}." for name, value in expected.items() if claims.get(name) != value]
    if lms().issuer not in audience_of(claims):
        reasons.append("aud must be the platform's issuer.")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        reasons.append("nonce is missing.")
    elif not reasons and not use_once(db, tool, "nonce", nonce):
        reasons.append("This nonce was used before.")
    items = claims.get(DEEP_LINKING + "content_items", [])
    if not isinstance(items, list):
        reasons.append("content_items must be a list.")
    else:
        reasons += _item_problems(tool, settings, items)
    if reasons:
        raise RefusedAnswer(reasons)
    return claims


def _item_problems(tool: Tool, settings: dict[str, Any], items: list[Any]) -> list[str]:
    problems = []
    if len(items) > 1 and not settings.get("accept_multiple"):
        problems.append("Only one item was asked for.")
    for number, item in enumerate(items, start=1):
        if not isinstance(item, dict):
            problems.append(f"Item {number} is no object.")
            continue
        problems += [f"Item {number}: {text}" for text in _problems_of(tool, settings, item)]
    return problems


def _problems_of(tool: Tool, settings: dict[str, Any], item: dict[str, Any]) -> list[str]:
    problems = []
    if item.get("type") not in settings.get("accept_types", []):
        problems.append(f"the type {item.get('type')!r} was not asked for.")
    if any(value is None for value in item.values()):
        problems.append("a property is null.")
    # A link may lead anywhere; what the LMS launches or fetches is the tool's own.
    is_own = item.get("type") not in {"link", "image", "html"}
    if "url" in item and not (
        is_web_address(item["url"]) and (not is_own or on_domain(item["url"], tool.domain))
    ):
        problems.append("url is not on the tool's domain.")
    problems += [
        f"{name} must be text."
        for name in ("title", "text")
        if name in item and not isinstance(item[name], str)
    ]
    problems += _custom_problems(item) + _line_item_problems(item.get("lineItem"), settings)
    for part in ("available", "submission"):
        problems += [
            f"{part}.{name} must be ISO 8601 with a time zone."
            for name, value in (item.get(part) or {}).items()
            if times.parse(value) is None
        ]
    return problems


def _custom_problems(item: dict[str, Any]) -> list[str]:
    if "custom" not in item:
        return []
    custom = item["custom"]
    if not isinstance(custom, dict) or not custom:
        # Moodle fails on an empty one.
        return ["custom must be an object that is not empty."]
    return (
        [] if all(isinstance(value, str) for value in custom.values()) else ["custom values must be strings."]
    )


def _line_item_problems(line_item: Any, settings: dict[str, Any]) -> list[str]:
    if line_item is None:
        return []
    if not isinstance(line_item, dict):
        return ["lineItem must be an object."]
    if settings.get("accept_lineitem") is False:
        return ["a lineItem was not asked for."]
    maximum = line_item.get("scoreMaximum")
    good = isinstance(maximum, int | float) and not isinstance(maximum, bool) and maximum > 0
    return [] if good else ["lineItem.scoreMaximum must be a number above 0."]


def new_assignment(item: dict[str, Any]) -> NewAssignment:
    """Return what a checked item becomes."""
    line_item = item.get("lineItem")
    title = item.get("title") or "External tool"
    submission, available = item.get("submission") or {}, item.get("available") or {}
    return NewAssignment(
        title=title,
        text=item.get("text", ""),
        url=item.get("url"),
        custom=item.get("custom", {}),
        unlock_at=_kept(available.get("startDateTime")),
        lock_at=_kept(available.get("endDateTime")),
        due_at=_kept(submission.get("endDateTime")),
        line_item=NewLineItem(
            label=line_item.get("label") or title,
            score_maximum=float(line_item["scoreMaximum"]),
            resource_id=line_item.get("resourceId"),
            tag=line_item.get("tag"),
        )
        if line_item
        else None,
    )


def _kept(value: Any) -> str | None:
    moment = times.parse(value)
    return times.stored(moment) if moment else None
