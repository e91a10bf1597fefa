"""What lies on the picker's table: the form, the basket, what was set aside. The page carries all of it along."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from lti_plp.errors import BadInput
from lti_plp.views.picker_form import Form, form_sent, read_back

MAX_BASKET = 20
IN_PLACE = ("title", "due", "grading")
"""Fields that can be changed in the basket itself."""


@dataclass(frozen=True)
class Board:
    """Everything that the page carries along."""

    form: Form | None = None
    basket: tuple[Form, ...] = ()
    undo: Form | None = None
    """What stood in the form before another kind was chosen."""
    opened: str = ""
    """The shared template that was chosen last; its panel stays open."""
    words: str | None = None
    """What is looked for among the shared ones; ``None`` when nobody looks."""
    time_zone: str = "UTC"
    """The browser's."""

    @property
    def wanted(self) -> tuple[Form, ...]:
        """What would be placed now: the basket, and what stands in the form."""
        return (*self.basket, self.form) if self.form else self.basket

    @property
    def basket_json(self) -> str:
        """The basket as the page carries it."""
        return json.dumps([asdict(one) for one in self.basket])

    @property
    def undo_json(self) -> str:
        """What was set aside, as the page carries it; empty for nothing."""
        return json.dumps(asdict(self.undo)) if self.undo else ""

    def problems(self) -> dict[str, str]:
        """Return field -> name of what is wrong, of the form and of the basket."""
        return {**(self.form.problems() if self.form else {}), **dict(self._basket_problems())}

    def _basket_problems(self) -> Iterator[tuple[str, str]]:
        for number, form in enumerate(self.basket):
            for field, what in form.problems().items():
                # What cannot be changed in the basket is said beside its title; there it can be taken out again.
                place = field if field in IN_PLACE else "title"
                yield f"basket_{place}_{number}", what


def board_sent(sent: MultiDict[str, str]) -> Board:
    """Read the table that the page carried along; it is checked like everything that comes from outside.

    :raise BadInput: when it is none of ours.
    """
    opened, words = sent.get("opened", ""), sent.get("words", "")
    return Board(
        form=form_sent(sent),
        basket=_basket_sent(sent),
        opened=opened if len(opened) <= 36 else "",
        words=words if words.strip() else None,
        time_zone=sent.get("time_zone", "UTC"),
    )


def _basket_sent(sent: MultiDict[str, str]) -> tuple[Form, ...]:
    basket = read_back(lambda listed: [Form.from_json(entry) for entry in listed], sent.get("basket") or "[]")
    if len(basket) > MAX_BASKET:
        raise BadInput("The list of what is ready cannot be read.")
    return tuple(_changed_in_place(form, number, sent) for number, form in enumerate(basket))


def _changed_in_place(form: Form, number: int, sent: MultiDict[str, str]) -> Form:
    names = {field: f"basket_{field}_{number}" for field in IN_PLACE}
    changes: dict[str, Any] = {field: sent[name] for field, name in names.items() if name in sent}
    if changes.get("due", form.due) != form.due:
        changes["time_zone"] = sent.get("time_zone", form.time_zone)
    return replace(form, **changes)
