"""What a student handed in from her plan, as the platform opens it: for the course's teachers, and for herself."""

from uuid import UUID

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from lti_plp.files.showing import cards_of
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.actor import Actor
from lti_plp.plp.hand_ins import is_handed_in, read_hand_in
from lti_plp.plp.kinds import load_kinds
from lti_plp.plp.plans import find_plan
from lti_plp.views.adults.desk import looked_at
from lti_plp.views.rendering import render_template
from lti_plp.views.visit import page_blueprint, toolbox, visit

bp = page_blueprint("hand_ins", __name__)


@bp.get("/handed-in/<uuid:hand_in_id>")
def hand_in(hand_in_id: UUID) -> ResponseReturnValue:
    """Show it as it is now."""
    here = visit()
    shown = read_hand_in(here.db, here.actor, str(hand_in_id))
    is_own = shown.student_id == here.actor.person_id
    if not is_own:
        looked_at(find_plan(here.db, here.tenant_id, shown.student_id), "hand_in")
    file_id = shown.evidence.file_id if shown.evidence else None
    return render_template(
        "hand_in.html",
        shown=shown,
        is_own=is_own,
        student=names_of_people(here.db, here.tenant_id, [shown.student_id]).get(shown.student_id, ""),
        files=cards_of(here.db, here.tenant_id, [file_id] if file_id else []),
        kinds=load_kinds(toolbox().settings.config_folder),
    )


def may_read_file(session: Session, actor: Actor, file_id: str) -> bool:
    """Vouch for a file of evidence that was handed in to the course that the actor teaches."""
    return is_handed_in(session, actor, file_id)


@bp.record
def _vouch(state: object) -> None:
    """Let files that were handed in be read by those who may see them."""
    state.app.extensions["lti_plp_may_read"].append(may_read_file)  # type: ignore[attr-defined]
