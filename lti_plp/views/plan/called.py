"""What a page says right after a student has called for help: who is asked, and what to do meanwhile."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from lti_plp.errors import NotFound
from lti_plp.plp.models import Plan
from lti_plp.plp.prompts import Prompt, load_bank
from lti_plp.plp.talk import CallCard, helpers_of, open_call

MEANWHILE = "WRK-2"
"""The tip for those who are stuck."""


@dataclass(frozen=True)
class Called:
    """A call that has just been made."""

    call: CallCard
    helpers: tuple[str, ...]
    """Whom the student asked, else those who help with the goal or step."""
    tip: Prompt


def called(session: Session, plan: Plan, call_id: int, config_folder: Path) -> Called | None:
    """Return an open call; none when it is settled, or none of this plan."""
    try:
        call = open_call(session, plan, call_id)
    except NotFound:
        return None
    helpers = call.asked_of or helpers_of(session, plan, call.item_kind, call.item_id)
    return Called(call, helpers, load_bank(config_folder).by_id[MEANWHILE])
