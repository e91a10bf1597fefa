"""What a receiving adult gets to read: chosen parts of a plan, as they were when the student agreed to it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from lti_plp.plp.history import state_at
from lti_plp.plp.items import TRANSITION, plan_state
from lti_plp.plp.levels import level_sayers
from lti_plp.plp.models import Plan, TransitionPlan
from lti_plp.plp.models.items import ItemFields
from lti_plp.plp.telling import READERS, ToldPlan, told
from lti_plp.plp.transition import TransitionPage


@dataclass(frozen=True)
class Package:
    """What goes along."""

    transition: ItemFields
    """What is said for the new adults; of what was to be done nothing, of other papers only where it was chosen."""
    plan: ToldPlan


def package_of(
    session: Session, plan: Plan, item: TransitionPlan, page: TransitionPage, parts: Collection[str]
) -> Package:
    """Return the package: as it was when the student agreed, or as it is now while nobody has agreed.

    What was removed since, or taken out of sight of these readers, does not go along, whatever was agreed before.
    """
    reader = "team" if "team" in parts else "family"
    now = plan_state(session, plan.id)
    then = state_at(session, plan.id, page.student.at) if page.student else now
    shown = told(_still_shown(then, now, reader), level_sayers(session, plan.id), reader)
    fields = then["transition"].get(str(item.id)) or TRANSITION.read(session, item)
    hidden = {"checklist"} | ({"supports"} if "supports" not in parts else set())
    return Package({name: value for name, value in fields.items() if name not in hidden}, shown)


def _still_shown(
    then: Mapping[str, Mapping[str, ItemFields]], now: Mapping[str, Mapping[str, ItemFields]], reader: str
) -> dict[str, dict[str, ItemFields]]:
    def is_shown(fields: ItemFields) -> bool:
        # Achievements and looks at goals have no audience of their own: what they are about decides.
        is_for_them = "audience" not in fields or fields["audience"] in READERS[reader]
        return is_for_them and not fields.get("removed")

    return {
        kind: {key: fields for key, fields in items.items() if is_shown(now[kind].get(key, {}))}
        for kind, items in then.items()
    }
