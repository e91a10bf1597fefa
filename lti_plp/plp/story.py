"""A plan told as a story: which things may be in it, and which are unless the student says otherwise."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lti_plp.plp.answers import Answered
from lti_plp.plp.telling import Thing, ToldPlan

MOST = 40
"""Things of one kind that can be chosen from: the newest ones."""
AT_FIRST: Mapping[str, int] = {"entry": 12, "goal": 12, "evidence": 8, "reflection": 3, "step": 5}
"""How many things of a kind a story begins with: it is told in a few minutes."""
PARTS = tuple(AT_FIRST)


@dataclass(frozen=True)
class Choice:
    """One thing that can be in a story."""

    id: int
    thing: Thing | Answered
    is_in: bool


@dataclass(frozen=True)
class Story:
    """What there is to choose from, and what is told."""

    choices: Mapping[str, tuple[Choice, ...]]
    """Part -> things, in the order in which they are told."""

    def told(self, part: str) -> list[Thing | Answered]:
        """Return what is told of a part."""
        return [one.thing for one in self.choices[part] if one.is_in]

    def goals(self, horizon: str) -> list[Thing | Answered]:
        """Return the goals of a horizon that are told."""
        return [
            one for one in self.told("goal") if isinstance(one, Thing) and one.fields["horizon"] == horizon
        ]


def story_of(
    plan: ToldPlan, reflections: Sequence[Answered], chosen: Mapping[str, Collection[int]] | None
) -> Story:
    """Return a plan's story.

    ``chosen`` are ids by part, as ticked; without it the newest things are in, and nothing that only the student sees:
    such a thing is told only when it was ticked on purpose.
    """
    found: dict[str, list[tuple[int, Thing | Answered]]] = {
        "entry": [(one.id, one) for one in plan.entries if one.fields["text"] or one.fields["file_id"]],
        "goal": [(one.id, one) for one in plan.goals if one.fields["statement"]],
        "evidence": [(one.id, one) for one in plan.evidence],
        "reflection": [(one.reflection_id, one) for one in reflections if one.answers],
        "step": [(one.id, one) for one in plan.next_steps() if one.fields["text"]],
    }
    return Story({part: _choices(part, found[part][:MOST], chosen) for part in PARTS})


def _choices(
    part: str,
    things: Sequence[tuple[int, Thing | Answered]],
    chosen: Mapping[str, Collection[int]] | None,
) -> tuple[Choice, ...]:
    if chosen is not None:
        return tuple(Choice(item_id, one, item_id in chosen.get(part, ())) for item_id, one in things)
    shared = [item_id for item_id, one in things if not one.is_private][: AT_FIRST[part]]
    return tuple(Choice(item_id, one, item_id in shared) for item_id, one in things)
