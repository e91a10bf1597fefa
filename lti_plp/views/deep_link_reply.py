"""The way back to a platform's dialog, with what was chosen here."""

from collections.abc import Sequence
from datetime import datetime

from lti_plp.errors import BadInput
from lti_plp.launch.deeplink import LinkItem, deep_linking_reply
from lti_plp.launch.models import Registration
from lti_plp.lms.models import Deployment
from lti_plp.views.rendering import render_template
from lti_plp.views.security import allow_form_target
from lti_plp.views.visit import toolbox, visit


def reply_page(items: Sequence[LinkItem], now: datetime, *, error: str = "", is_work: bool = False) -> str:
    """Commit, and return the page that sends the browser back with links to be placed, or with a student's work.

    :raise BadInput: ``picker_elsewhere`` where no dialog waits for it; otherwise when the platform would not take it.
    """
    here = visit()
    if here.deep_linking is None:
        raise BadInput("There is no dialog to go back to.", code="picker_elsewhere")
    registration = here.db.get_one(Registration, here.facts.registration_id)
    deployment = here.db.get_one(Deployment, here.facts.deployment_id)
    reply = deep_linking_reply(
        toolbox(),
        here.db,
        registration,
        deployment.lti_deployment_id,
        here.deep_linking,
        items,
        now=now,
        error=error,
    )
    here.db.commit()
    allow_form_target(reply.origin)
    return render_template("launch/deep_link_return.html", reply=reply, placed=len(items), is_work=is_work)
