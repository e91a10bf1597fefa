"""What a course, or an account, keeps of outcomes as a draft of a framework.

Groups become headings, outcomes proficiencies with the scale of their ratings. An outcome is known by its
``vendor_guid``, else by its number in this Canvas; where two share a ``vendor_guid``, the one that was there first has
it.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from lti_plp.canvas.assignments import text_of
from lti_plp.canvas.entries import Entry, needed_number, number_in
from lti_plp.canvas.outcome_scales import scale_of
from lti_plp.canvas.rich_texts import shortened, text_in
from lti_plp.lms.work import outcome_name, points_of
from lti_plp.plp.growth.drafts import LONGEST, DraftProblems, FrameworkDraft, ItemDraft, Problem, Way, checked
from lti_plp.plp.growth.methods import METHODS
from lti_plp.plp.growth.scales import ScaleProblem

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


def drafts_of(wishes: Sequence["Wish"]) -> list[FrameworkDraft]:
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
class Wish:
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
        for link in sorted(
            self.place.links, key=lambda one: _in_order(needed_number(one["outcome_group"], "id"))
        ):
            number = needed_number(link["outcome"], "id")
            if number not in outcomes and number not in self.elsewhere:
                outcomes[number], groups[number] = link["outcome"], needed_number(link["outcome_group"], "id")
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
        title, number = _title(outcome), needed_number(outcome, "id")
        code, statement = _told(title, text_in(outcome.get("description")))
        where = f"{title[:60]} ({number})"
        try:
            scale = scale_of(outcome, self.place.ratings)
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


def _title(entry: Entry) -> str:
    return text_of(entry.get("title"))


def _parent(group: Entry) -> str | None:
    parent = group.get("parent_outcome_group")
    return number_in(parent, "id") if isinstance(parent, dict) else None


def _in_order(number: str) -> int:
    return int(number)
