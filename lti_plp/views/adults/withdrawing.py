"""Withdrawing a framework, after a page that says what it means; and bringing it back."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from lti_plp.lms.mapping_rules import count_rules, follow_again
from lti_plp.lms.queue import FOLLOW_OUTCOMES
from lti_plp.plp.growth.frameworks import find_framework
from lti_plp.plp.growth.withdrawing import bring_back, in_use, withdraw
from lti_plp.plp.models import Framework
from lti_plp.views.adults.desk import bp, page
from lti_plp.views.adults.frameworks import may_manage
from lti_plp.views.visit import toolbox, visit, wake


def _found(framework_id: int) -> Framework:
    may_manage()
    return find_framework(visit().db, visit().tenant_id, framework_id)


@bp.get("/students/frameworks/<int:framework_id>/withdraw")
def ask_to_withdraw(framework_id: int) -> ResponseReturnValue:
    """Say what withdrawing a framework means, and how much stands on it."""
    found = _found(framework_id)
    return page(
        "framework_withdraw",
        section="frameworks",
        framework=found,
        used=in_use(visit().db, found),
        rules=count_rules(visit().db, found.id),
    )


@bp.post("/students/frameworks/<int:framework_id>/withdraw")
def withdraw_framework(framework_id: int) -> ResponseReturnValue:
    """Offer it to nobody from now on."""
    here = visit()
    withdraw(here.db, here.actor, _found(framework_id), toolbox().clock())
    here.db.commit()
    return redirect(url_for("adults.framework", framework_id=framework_id, done="withdrawn"), 303)


@bp.post("/students/frameworks/<int:framework_id>/back")
def bring_framework_back(framework_id: int) -> ResponseReturnValue:
    """Offer it again; the rules of teachers follow the grades that there are now."""
    here, found = visit(), _found(framework_id)
    if found.withdrawn_at is not None:
        bring_back(here.db, here.actor, found)
        follow_again(here.db, found, toolbox().clock())
    here.db.commit()
    # What an LMS said of its outcomes in the meantime has no rule yet.
    wake(FOLLOW_OUTCOMES, here.tenant_id)
    return redirect(url_for("adults.framework", framework_id=framework_id, done="back"), 303)
