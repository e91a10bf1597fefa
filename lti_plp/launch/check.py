"""Does everything answer? Plain words for whoever installs the tool."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select

from lti_plp.database import reading
from lti_plp.launch.claims import SCOPE_LINE_ITEM, SCOPE_MEMBERSHIP, SCOPE_SCORE
from lti_plp.launch.models import Registration
from lti_plp.launch.services.ags import GradeService
from lti_plp.launch.services.connector import HardenedConnector
from lti_plp.launch.services.nrps import read_members
from lti_plp.launch.services.tokens import access_token, forget_token, service_client
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import GatewayProblem
from lti_plp.lms.models import Course, Deployment


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    ok: bool
    mend: str = ""
    """What to do about it; empty when all is well."""


_MEND = {
    "client_refused": "The platform does not accept our key. Check that it can reach our key set.",
    "scope_missing": "The platform does not grant this permission. Switch the service on for this tool.",
    "no_permission": "The platform does not let the tool do this here. Switch the service on for this tool.",
    "no_connection": "No connection. Check the address and the firewall between the two servers.",
    "no_answer": "No answer in time. Check that the platform is up.",
    "fault_there": "The platform reports a fault of its own. Try again later.",
    "throttled": "The platform asks us to slow down. Try again later.",
    "not_https": "The address does not begin with https://.",
    "gone": "There is nothing at this address. Check it.",
}


def check_platform(toolbox: Toolbox, registration: Registration) -> list[Finding]:
    """Try a platform's key set, token endpoint, names and roles, and gradebook; nothing is changed there."""
    findings = [_key_set(toolbox, registration)]
    with reading(), toolbox.sessions() as session:
        deployment = session.scalars(
            select(Deployment).where(
                Deployment.registration_id == registration.id, Deployment.status == "active"
            )
        ).first()
        courses = (
            session.scalars(
                select(Course)
                .where(Course.deployment_id == deployment.id)
                .order_by(Course.id.desc())
                .limit(20)
            ).all()
            if deployment
            else []
        )
    if deployment is None:
        mend = "Run `lti-plp platform activate` with the deployment id that the platform shows."
        return [*findings, Finding("an active deployment", False, mend)]
    client = service_client(registration, deployment.lti_deployment_id)
    for scope, what in (
        (SCOPE_SCORE, "a token for sending grades"),
        (SCOPE_LINE_ITEM, "a token for gradebook columns"),
        (SCOPE_MEMBERSHIP, "a token for names and roles"),
    ):
        forget_token(toolbox, client, [scope])
        findings.append(_tried(what, partial(access_token, toolbox, client, [scope])))
    return findings + _courses(HardenedConnector(toolbox, client), list(courses))


def _key_set(toolbox: Toolbox, registration: Registration) -> Finding:
    what = "the platform's key set"
    try:
        toolbox.platform_keys.fetch_now(registration.jwks_url)
    except ValueError as problem:
        return Finding(what, False, f"Launches cannot be verified: {problem}. Check the address.")
    return Finding(what, True)


def _courses(connector: HardenedConnector, courses: list[Course]) -> list[Finding]:
    roster = next((course.memberships_url for course in courses if course.memberships_url), "")
    grades = next((course.line_items_url for course in courses if course.line_items_url), "")
    if not courses:
        return [
            Finding(
                "a course",
                False,
                "Nobody has launched yet. Open the tool once in a course, then check again.",
            )
        ]
    findings = []
    if roster:
        findings.append(_tried("a course's names and roles", lambda: read_members(connector, roster)))
    else:
        findings.append(Finding("a course's names and roles", False, _MEND["scope_missing"]))
    if grades:
        service = GradeService(connector)
        findings.append(
            _tried("a course's gradebook", lambda: list(service.line_items(grades, limit="1"))[:1])
        )
    else:
        findings.append(Finding("a course's gradebook", False, _MEND["scope_missing"]))
    return findings


def _tried(what: str, attempt: Callable[[], object]) -> Finding:
    try:
        attempt()
    except GatewayProblem as problem:
        return Finding(what, False, _MEND.get(problem.code, f"The platform refused ({problem})."))
    return Finding(what, True)
