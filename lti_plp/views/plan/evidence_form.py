"""The form that adds evidence, kept as typed, so that it can be shown again as it was."""

import re
from dataclasses import dataclass, field
from typing import Any

from lti_plp.errors import PlpError
from lti_plp.plp.evidence_lists import LinkIds, Subjects
from lti_plp.views.links import number_in

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"[^/?#@\s:]+\.[^/?#@\s:]+:\d{1,5}([/?#]|$)")

LINK_FIELDS = {
    "goal": "goal_ids",
    "step": "step_ids",
    "entry": "entry_ids",
    "reflection": "reflection_ids",
    "proficiency": "proficiency_ids",
}
"""Name in an address -> name of the field."""
_PLACES = {
    "file_id": "thing",
    "goal_ids": "about",
    "step_ids": "about",
    "entry_ids": "about",
    "reflection_ids": "about",
    "proficiency_ids": "about",
    "statement": "new_goal",
}
"""Field of an item -> where the form says what is wrong with it, when that is elsewhere."""


@dataclass(frozen=True)
class EvidenceForm:
    """What the form holds."""

    captured_on: str
    file_id: str = ""
    url: str = ""
    text: str = ""
    reason: str = ""
    title: str = ""
    alternative: str = ""
    kind: str = ""
    origin: str = "in_school"
    audience: str = "team"
    new_goal: str = ""
    links: LinkIds = field(default_factory=LinkIds)

    def missing(self) -> dict[str, str]:
        """Return what must be said before it can be saved, place -> problem."""
        problems: dict[str, str] = {}
        if not (self.file_id or self.url or self.text.strip()):
            problems["thing"] = "missing"
        if not (self.links or self.new_goal.strip()):
            problems["about"] = "missing"
        return problems

    def values(self, course_id: int | None) -> dict[str, Any]:
        """Return the fields of the item; it came up in a course."""
        medium = "file" if self.file_id else "link" if self.url else "text"
        lines = ("url", "text", "reason", "title", "alternative", "kind", "origin", "audience")
        return {
            **{name: getattr(self, name) for name in lines},
            # Without a date it was today.
            **({"captured_on": self.captured_on} if self.captured_on else {}),
            **{name: sorted(getattr(self.links, name)) for name in LINK_FIELDS.values()},
            "medium": medium,
            "file_id": self.file_id or None,
            "course_id": course_id,
        }


def form_sent(form: Any) -> EvidenceForm:
    """Read what was sent."""
    texts = ("file_id", "text", "reason", "title", "alternative", "kind", "new_goal")
    return EvidenceForm(
        **{name: form.get(name, "") for name in texts},
        captured_on=form.get("captured_on", ""),
        origin=form.get("origin", "in_school"),
        audience=form.get("audience", "team"),
        url=web_address(form.get("url", "")),
        links=_links(form, {name: name for name in LINK_FIELDS.values()}),
    )


def preset_links(arguments: Any) -> LinkIds:
    """Read what an address says that it is about."""
    return _links(arguments, LINK_FIELDS)


def _links(form: Any, names: dict[str, str]) -> LinkIds:
    ids = {field: frozenset(map(number_in, form.getlist(name))) - {0} for name, field in names.items()}
    return LinkIds(**ids)


def with_only_goal(links: LinkIds, offered: Subjects) -> LinkIds:
    """Return the links, or the one goal that there is when nothing is chosen yet."""
    goals = [one.id for one in offered.goals if not one.is_removed]
    return LinkIds(goal_ids=frozenset(goals)) if not links and len(goals) == 1 else links


def web_address(text: str) -> str:
    """Return what somebody typed as an address; few people type ``https://``."""
    typed = text.strip()
    is_bare = typed and (not _SCHEME.match(typed) or _HOST_AND_PORT.match(typed))
    return f"https://{typed}" if is_bare and "." in typed else typed


def problem_at(problem: PlpError) -> dict[str, str]:
    """Return place -> what is wrong there; empty when it is nothing that the form could say beside a field."""
    if problem.code == "file_not_here":
        return {"thing": "gone"}
    name = problem.details.get("field")
    if problem.status != 400 or not isinstance(name, str):
        return {}
    return {_PLACES.get(name, name): problem.code.removeprefix("field_")}
