"""How good a goal is, as friendly advice, and how far it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

PROGRESS_SHARES = {"not_yet": 0, "begun": 25, "on_the_way": 50, "nearly_there": 75, "reached": 100}
"""Word for how far a goal is -> percent of the way, for drawing it."""
FEW_WORDS = 4


@dataclass(frozen=True)
class GoalFacts:
    """A goal, as far as advice and progress are concerned; fields as in the table."""

    kind: str = "secondary"
    horizon: str = "short"
    statement: str = ""
    why: str = ""
    measure: str = ""
    target_on: date | None = None
    challenge: str = ""
    commitment: str = ""
    preparation: str = ""
    supporters: Sequence[object] = ()
    entries: int = 0
    """To how many profile entries it is linked."""
    steps: int = 0


ADVICE = (
    "say_more",
    "say_why",
    "how_will_i_know",
    "by_when",
    "first_step",
    "link_profile",
    "what_is_hard",
    "who_helps",
    "am_i_in",
    "preparation",
)
"""Everything that can be advised, most useful first (requirements D4 and D6 of the reference)."""


def advice(goal: GoalFacts, today: date) -> list[str]:
    """Return what would make a goal better, most useful first; never a reason to refuse it."""
    missing = {
        "say_more": len(goal.statement.split()) < FEW_WORDS,
        "say_why": not goal.why.strip(),
        "how_will_i_know": not goal.measure.strip(),
        "by_when": goal.target_on is None or goal.target_on < today,
        "first_step": goal.steps == 0 and goal.horizon == "short",
        "link_profile": goal.entries == 0,
        "what_is_hard": not goal.challenge.strip(),
        "who_helps": not goal.supporters,
        "am_i_in": not goal.commitment.strip(),
        "preparation": goal.kind == "postsecondary" and not goal.preparation.strip(),
    }
    return [one for one in ADVICE if missing[one]]


@dataclass(frozen=True)
class Progress:
    """How far a goal is, and how one knows."""

    word: str
    """Of the vocabulary's ``progress``."""
    share: int
    """Percent of the way."""
    source: str
    """``said`` by somebody, counted from its ``steps``, or ``state``: it is met."""
    done: int
    """Steps that are done, of ``steps`` that count."""
    steps: int


def progress(state: str, said: str, steps: Iterable[str]) -> Progress:
    """Return how far a goal is: met is met; else the newest word that somebody said; else its steps.

    ``said`` is that word or empty, ``steps`` the states of its steps; dropped and changed ones do not count.
    """
    counted = [one for one in steps if one not in {"dropped", "changed"}]
    done = sum(one == "done" for one in counted)
    if state == "met":
        return Progress("reached", 100, "state", done, len(counted))
    if said in PROGRESS_SHARES:
        return Progress(said, PROGRESS_SHARES[said], "said", done, len(counted))
    share = 100 * done // len(counted) if counted else 0
    begun = done > 0 or "in_progress" in counted
    word = _word(share) if share else ("begun" if begun else "not_yet")
    return Progress(word, share, "steps", done, len(counted))


def _word(share: int) -> str:
    """Return the word for steps done; that all steps are done does not say that the goal is reached."""
    if share < PROGRESS_SHARES["on_the_way"]:
        return "begun"
    return "on_the_way" if share < PROGRESS_SHARES["nearly_there"] else "nearly_there"
