"""Outcomes of a course and of the account that it belongs to, as drafts of frameworks: all that there is, or nothing.

Groups become headings, outcomes proficiencies with the scale of their ratings. What the account keeps, and what a
course keeps beside it, are two frameworks, so that the account's comes once however many courses are looked at. An
outcome is known by its ``vendor_guid``, else by its number in this Canvas; where two share a ``vendor_guid``, the one
that was there first has it.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from lti_plp.canvas.assignments import text_of
from lti_plp.canvas.outcome_texts import shortened, text_in
from lti_plp.canvas.rest import CanvasRest, objects
from lti_plp.lms.gateway import OutcomesAnswer, Refused, TryLater
from lti_plp.lms.work import outcome_name, points_of
from lti_plp.plp.growth.drafts import (
    LONGEST,
    DraftProblems,
    FrameworkDraft,
    ItemDraft,
    Problem,
    Way,
    checked,
)
from lti_plp.plp.growth.methods import METHODS
from lti_plp.plp.growth.scales import LONGEST as LONGEST_OF_LEVEL
from lti_plp.plp.growth.scales import Scale, ScaleProblem, make_scale, short_codes

CLOSED = frozenset({"no_permission", "gone"})
"""Problems that say that this person may not read something."""

WAYS = {
    None: "highest",
    "highest": "highest",
    "latest": "latest",
    "average": "average",
    "n_mastery": "n_mastery",
    # Canvas shows what it once called a decaying average as a weighted one, and keeps the old name in its answers; the
    # one that decays has a longer name there (its source, `outcome_calculation_method`).
    "decaying_average": "weighted_average",
    "weighted_average": "weighted_average",
    "standard_decaying_average": "decaying_average",
}
"""Canvas's ``calculation_method`` -> ours."""
LONGEST_CODE = 40
"""A longer title is no code, but goes before the statement."""

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """What a course, or an account, keeps."""

    groups: Mapping[str, Entry]
    links: Sequence[Entry]
    ratings: Sequence[Entry]
    """Its mastery scale; empty where there is none."""

    @property
    def title(self) -> str:
        """What it is called: as its root group; empty where nobody named that."""
        roots = [text_of(one.get("title")) for one in self.groups.values() if _parent(one) is None]
        return "" if not roots or roots[0].casefold() == "root" else roots[0]


def home_of_canvas(rest: CanvasRest) -> str:
    """Return what names of this Canvas's outcomes begin with."""
    return f"canvas:{urlsplit(rest.key.base_url).netloc.lower()}"


def read_all_outcomes(rest: CanvasRest, number: str) -> OutcomesAnswer:
    """Read the outcomes of a course and of its account; the account's are left out where the person may not.

    :raise TryLater: when a page failed.
    :raise Refused: when the person may not read the course's.
    :raise DraftProblems: naming everything that keeps them from becoming frameworks.
    """
    course = rest.get(f"/courses/{number}").json()
    if not isinstance(course, dict):
        raise TryLater("bad_answer")
    of_course = _read_place(rest, f"/courses/{number}")
    account = _number(course, "account_id")
    try:
        of_account = _read_place(rest, f"/accounts/{account}") if account else None
    except Refused as problem:
        if problem.code not in CLOSED:
            raise
        of_account = None
    home, origin = home_of_canvas(rest), rest.key.base_url
    wishes = []
    if of_account is not None:
        name = of_account.title or urlsplit(origin).netloc
        wishes.append(_Wish(home, origin, f"{home}:account:{account}", name, of_account))
    there = _numbers(of_account.links) if of_account else frozenset()
    name = text_of(course.get("name")) or of_course.title or number
    wishes.append(_Wish(home, origin, f"{home}:course:{number}", name, of_course, there))
    return OutcomesAnswer(_drafts(wishes), school_is_closed=of_account is None)


def _read_place(rest: CanvasRest, path: str) -> Place:
    groups = [one for page in rest.pages(f"{path}/outcome_groups") for one in objects(page)]
    style = (("outcome_style", "full"), ("outcome_group_style", "abbrev"))
    links = [one for page in rest.pages(f"{path}/outcome_group_links", style) for one in objects(page)]
    for one in links:
        if not isinstance(one.get("outcome"), dict) or not isinstance(one.get("outcome_group"), dict):
            raise TryLater("bad_answer")
    return Place({_needed(one, "id"): one for one in groups}, links, _mastery_scale(rest, path))


def _mastery_scale(rest: CanvasRest, path: str) -> Sequence[Entry]:
    """Return the ratings of a place; where nobody set any, Canvas says that there is nothing."""
    try:
        said = rest.get(f"{path}/outcome_proficiency").json()
    except Refused as problem:
        if problem.code not in CLOSED:
            raise
        return ()
    return _ratings(said.get("ratings") if isinstance(said, dict) else None)


def _drafts(wishes: Sequence["_Wish"]) -> list[FrameworkDraft]:
    """Return what becomes of places; what is wrong with any of them is told together.

    :raise DraftProblems: naming all of it.
    """
    problems: list[Problem] = []
    found = []
    for wish in wishes:
        draft = wish.draft(problems)
        if draft is not None and not problems:
            try:
                found.append(checked(draft))
            except DraftProblems as wrong:
                problems += wrong.problems
    if problems:
        raise DraftProblems(problems)
    return found


@dataclass(frozen=True)
class _Wish:
    """A framework that a place is to become."""

    home: str
    origin: str
    guid: str
    name: str
    place: Place
    elsewhere: Collection[str] = frozenset()
    """Numbers of outcomes that come in another framework."""

    def draft(self, problems: list[Problem]) -> FrameworkDraft | None:
        """Return what it becomes; ``None`` where it keeps nothing of its own."""
        outcomes: dict[str, Entry] = {}
        groups: dict[str, str] = {}
        # An outcome may stand in several groups; it comes once, in the group that was made first.
        for link in sorted(self.place.links, key=lambda one: _in_order(_needed(one["outcome_group"], "id"))):
            number = _needed(link["outcome"], "id")
            if number not in outcomes and number not in self.elsewhere:
                outcomes[number], groups[number] = link["outcome"], _needed(link["outcome_group"], "id")
        if not outcomes:
            return None
        names = self._names(outcomes)
        items = [
            *self._headings(set(groups.values())),
            *(
                self._item(outcomes[number], names[number], self._heading(groups[number]), problems)
                for number in sorted(
                    outcomes, key=lambda one: (_title(outcomes[one]).casefold(), _in_order(one))
                )
            ),
        ]
        return FrameworkDraft(
            guid=self.guid,
            title=f"{self.name} (Canvas)",
            items=tuple(items),
            source="lms",
            origin=self.origin,
            ways=_ways(outcomes.values()),
        )

    def _names(self, outcomes: Mapping[str, Entry]) -> dict[str, str]:
        """Return number -> guid, which stays the same at each reading."""
        taken: set[str] = set()
        found = {}
        for number in sorted(outcomes, key=_in_order):
            given = text_of(outcomes[number].get("vendor_guid"))
            is_free = bool(given) and given not in taken and len(given) <= LONGEST["guid"]
            found[number] = given if is_free else outcome_name(self.home, number)
            taken.add(found[number])
        return found

    def _headings(self, used: Collection[str]) -> Iterator[ItemDraft]:
        """Give the groups that hold outcomes, however deep, by title; root groups are no headings."""
        groups = self.place.groups
        holding: set[str] = set()
        for number in used:
            above: str | None = number
            while above is not None and above in groups and above not in holding:
                holding.add(above)
                above = _parent(groups[above])
        for number in sorted(holding, key=lambda one: (_title(groups[one]).casefold(), _in_order(one))):
            title = _title(groups[number])
            guid = self._heading(number)
            if guid is None:
                continue
            parent = _parent(groups[number])
            yield ItemDraft(
                guid=guid,
                statement=title or number,
                kind="area",
                parent=self._heading(parent) if parent else None,
                where=f"{title[:60]} ({number})",
            )

    def _heading(self, number: str) -> str | None:
        """Return the guid of a group's heading; ``None`` for a root group, and one that Canvas does not tell of."""
        group = self.place.groups.get(number)
        if group is None or _parent(group) is None:
            return None
        return f"{self.home}:outcome_group:{number}"

    def _item(self, outcome: Entry, guid: str, parent: str | None, problems: list[Problem]) -> ItemDraft:
        title, number = _title(outcome), _needed(outcome, "id")
        code, statement = _told(title, text_in(outcome.get("description")))
        where = f"{title[:60]} ({number})"
        try:
            scale = _scale(outcome, self.place.ratings)
        except ScaleProblem as problem:
            problems.append(Problem(where, problem.problem))
            scale = None
        words = text_in(outcome.get("friendly_description")) or text_of(outcome.get("display_name"))
        told = {
            "outcome": outcome_name(self.home, number),
            "calculation_method": outcome.get("calculation_method"),
            "calculation_int": outcome.get("calculation_int"),
        }
        return ItemDraft(
            guid=guid,
            statement=statement,
            code=code,
            student_text="" if words in {title, statement} else shortened(words, LONGEST["student_text"]),
            parent=parent,
            scale=scale,
            extra={"extensions": {"canvas": told}},
            where=where,
        )


def _told(title: str, description: str) -> tuple[str, str]:
    """Return code and statement: the title names what the description says; where that says nothing, it is all."""
    if not description or description == title:
        return "", title
    if len(title) <= LONGEST_CODE:
        return title, shortened(description, LONGEST["statement"])
    return "", shortened(f"{title}: {description}", LONGEST["statement"])


def _scale(outcome: Entry, usual: Sequence[Entry]) -> Scale:
    """Return the scale of an outcome; where it brings none, its place's.

    :raise ScaleProblem: when it is no scale.
    """
    own = _ratings(outcome.get("ratings"))
    mastery = points_of(outcome.get("mastery_points")) if own else None
    ratings = own or usual
    if mastery is None:
        flagged = [points_of(one.get("points")) for one in ratings if one.get("mastery") is True]
        mastery = min((one for one in flagged if one is not None), default=None)
    said = sorted(
        ((points_of(one.get("points")), text_of(one.get("description"))) for one in ratings),
        key=lambda one: (one[0] is None, one[0] or Decimal(0)),
    )
    labels = [words or _number_text(points) for points, words in said]
    levels = [
        {
            "code": code,
            "label": shortened(label, LONGEST_OF_LEVEL["label"]),
            "value": _number_text(points),
            "student_text": shortened(label, LONGEST_OF_LEVEL["student_text"])
            if len(label) > LONGEST_OF_LEVEL["label"]
            else "",
            "meets": mastery is not None and points is not None and points >= mastery,
        }
        for code, label, (points, _) in zip(short_codes(labels), labels, said, strict=True)
    ]
    return make_scale(_scale_title(levels), levels)


def _scale_title(levels: Sequence[Mapping[str, Any]]) -> str:
    """Return a title that tells one scale from another: levels with their points, and a mark where it is met."""
    first = next((number for number, one in enumerate(levels) if one["meets"]), None)
    told = [
        f"{one['label']} {one['value']}{' ✓' if number == first else ''}" for number, one in enumerate(levels)
    ]
    return shortened(f"Canvas: {' · '.join(told)}", 255)


def _ways(outcomes: Collection[Entry]) -> tuple[Way, ...]:
    """Return how outcomes are calculated, the most common first; what Canvas may have added since is left out."""
    count: Counter[tuple[str, Decimal | None]] = Counter()
    for one in outcomes:
        said = one.get("calculation_method")
        key = WAYS.get(said if isinstance(said, str) else None)
        if key is None:
            continue
        method, parameter = METHODS[key], points_of(one.get("calculation_int"))
        fits = method.has_parameter and parameter is not None and method.first <= parameter <= method.last
        count[key, parameter if fits else None] += 1
    ranked = sorted(count.items(), key=lambda one: (-one[1], one[0][0], one[0][1] or Decimal(0)))
    return tuple(Way(key, parameter, number) for (key, parameter), number in ranked)


def _ratings(value: object) -> list[Entry]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _numbers(links: Sequence[Entry]) -> frozenset[str]:
    return frozenset(_needed(one["outcome"], "id") for one in links)


def _title(entry: Entry) -> str:
    return text_of(entry.get("title"))


def _parent(group: Entry) -> str | None:
    parent = group.get("parent_outcome_group")
    return _number(parent, "id") if isinstance(parent, dict) else None


def _number(entry: Entry, name: str) -> str | None:
    value = entry.get(name)
    is_number = isinstance(value, int | str) and not isinstance(value, bool)
    return str(value) if is_number and str(value).isdecimal() else None


def _needed(entry: Entry, name: str) -> str:
    """Return a number of Canvas's.

    :raise TryLater: ``bad_answer`` when there is none.
    """
    found = _number(entry, name)
    if found is None:
        raise TryLater("bad_answer")
    return found


def _in_order(number: str) -> int:
    return int(number)


def _number_text(number: Decimal | None) -> str:
    return "" if number is None else format(number.normalize(), "f")
