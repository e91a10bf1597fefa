"""Who may do what. One function, deny by default."""

from dataclasses import dataclass
from enum import StrEnum

from lti_plp.errors import NotAllowed
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.standing import DECIDES, FAMILY, RELATED, TEAM, Standing


class Action(StrEnum):
    """Everything that needs permission."""

    PLACE_REFLECTION = "place_reflection"
    """Make a template and put it into the course."""
    MAP_COURSEWORK = "map_coursework"
    """Say which proficiency the work of one's course shows, and how results become levels."""
    SEE_CLASS = "see_class"
    """See the list of a course's students with the state of their reflections."""
    READ_REFLECTION = "read_reflection"
    """Read what a student sent."""
    WRITE_REFLECTION = "write_reflection"
    """Write and send one's own answers."""
    PREVIEW_REFLECTION = "preview_reflection"
    """See the student's page without writing anything."""
    RATE_REFLECTION = "rate_reflection"
    """Rate, comment, and thereby send a score."""
    EDIT_PLAN = "edit_plan"
    """Change one's own plan; nobody else's permission is needed for it."""
    SEE_PLAN = "see_plan"
    """See an item of a plan."""
    SPEAK_ON_PLAN = "speak_on_plan"
    """Suggest a change of an item, or comment on it; only the student decides."""
    HAND_IN = "hand_in"
    """Let whoever teaches a course see something of one's own plan, as work for it."""
    READ_HAND_IN = "read_hand_in"
    """See that."""
    VALIDATE_EVIDENCE = "validate_evidence"
    """Confirm a student's evidence."""
    SEE_OWN_REFLECTIONS = "see_own_reflections"
    """See all of one's own reflections, of every course and year."""
    HOLD_MEETING = "hold_meeting"
    """Plan a meeting about a plan, say who came, take notes."""
    FINISH_REVISION = "finish_revision"
    """Finish the revision that a meeting came to."""
    DECIDE_PATHWAY = "decide_pathway"
    """Approve a student's proposal, and say at the end that it was done."""
    HAND_OVER = "hand_over"
    """Help with a transition, and hand its package to the receiving adult."""
    RATE_PROFICIENCY = "rate_proficiency"
    """Say how well a student can do something; students say it of themselves."""
    JUDGE_LEVEL = "judge_level"
    """Say what a student's level is, whatever the ratings suggest."""
    MARK_ELEMENTS = "mark_elements"
    """Say of a critical element that it is there, in part, or missing."""
    SEE_STUDENTS = "see_students"
    """See the list of those students with whom one has to do; empty for somebody who has to do with none."""
    NAME_STAND_IN = "name_stand_in"
    """Let a colleague stand in for oneself."""
    SHARE_TEMPLATE = "share_template"
    """Share what one places with colleagues, and use what they share."""
    SEE_CATALOGUE = "see_catalogue"
    """See the pathways that there are, which are the same for everyone."""
    SEE_SCHOOL = "see_school"
    """See how the school as a whole is doing: dates and counts, never what a student wrote."""
    MANAGE_SCHOOL = "manage_school"
    """Say who advises whom, keep the calendar and the catalogue of pathways."""


@dataclass(frozen=True)
class Place:
    """Where a reflection is asked for: the course of a link."""

    tenant_id: int
    course_id: int


@dataclass(frozen=True)
class StudentWork:
    """A student's reflection at a place, begun or not."""

    tenant_id: int
    course_id: int
    owner_id: int
    is_submitted: bool = False


@dataclass(frozen=True)
class PlanWork:
    """An item of a student's plan, which belongs to no course, and how the actor stands to the student."""

    tenant_id: int
    owner_id: int
    audience: str = "me"
    standing: frozenset[Standing] = frozenset()
    """As what the actor has to do with the student today; none has to do with nobody."""


@dataclass(frozen=True)
class OwnWork:
    """What a student wrote of her own accord, or all that she ever wrote: it belongs to no course."""

    tenant_id: int
    owner_id: int
    is_submitted: bool = False
    audience: str = "me"
    courses: frozenset[int] = frozenset()
    """Where the student learns at present."""


@dataclass(frozen=True)
class HandedInWork:
    """Something of a student's plan as work for a course: there it is seen whoever sees it in the plan."""

    tenant_id: int
    course_id: int
    owner_id: int


@dataclass(frozen=True)
class SchoolWide:
    """What belongs to a district as a whole."""

    tenant_id: int


Thing = Place | StudentWork | PlanWork | OwnWork | HandedInWork | SchoolWide


def may(actor: Actor, action: Action, thing: Thing) -> bool:
    """Say whether ``actor`` may do ``action`` with ``thing``."""
    if actor.tenant_id != thing.tenant_id:
        return False
    if isinstance(thing, PlanWork):
        return _may_with_plan(actor, action, thing)
    if isinstance(thing, OwnWork):
        return _may_with_own(actor, action, thing)
    if isinstance(thing, SchoolWide):
        return _may_in_school(actor, action)
    if isinstance(thing, HandedInWork):
        return _may_with_hand_in(actor, action, thing)
    if actor.course_id != thing.course_id:
        return False
    if isinstance(thing, StudentWork):
        return _may_with_work(actor, action, thing)
    return _may_in_course(actor, action)


def _may_in_course(actor: Actor, action: Action) -> bool:
    if action is Action.PLACE_REFLECTION:
        return actor.is_staff or _is(actor, Role.CONTENT_DEVELOPER) or _is(actor, Role.ADMINISTRATOR)
    if action is Action.MAP_COURSEWORK:
        return actor.is_staff and not actor.is_test
    if action is Action.SEE_CLASS:
        return actor.is_staff or _is(actor, Role.ADMINISTRATOR)
    if action is Action.PREVIEW_REFLECTION:
        return Role.MENTOR not in actor.roles and bool(actor.roles)
    return False


def _may_with_work(actor: Actor, action: Action, work: StudentWork) -> bool:
    if action is Action.WRITE_REFLECTION:
        return actor.is_learner and not actor.is_test and actor.person_id == work.owner_id
    if action is Action.READ_REFLECTION:
        own = actor.is_learner and actor.person_id == work.owner_id
        # A draft is the student's alone: honest drafts are safe.
        return own or (work.is_submitted and (actor.is_staff or _is(actor, Role.ADMINISTRATOR)))
    if action is Action.RATE_REFLECTION:
        return work.is_submitted and actor.is_staff and not actor.is_test
    return False


TEAM_SEES = frozenset({"team", "family", "class", "public"})
FAMILY_SEES = frozenset({"family", "class", "public"})
_FOR_THE_SCHOOL = frozenset(
    {
        Action.FINISH_REVISION,
        Action.DECIDE_PATHWAY,
        Action.HAND_OVER,
        Action.MARK_ELEMENTS,
        Action.JUDGE_LEVEL,
    }
)
"""What only those do who may speak for the school."""


def _may_with_plan(actor: Actor, action: Action, plan: PlanWork) -> bool:
    if actor.is_test:
        return False
    owns = actor.is_learner and actor.person_id == plan.owner_id
    if action is Action.EDIT_PLAN:
        return owns
    standing = _present(actor, plan)
    helps = bool(standing & TEAM) and plan.audience in TEAM_SEES
    if action in {Action.SEE_PLAN, Action.SPEAK_ON_PLAN}:
        is_near = bool(standing & FAMILY) and plan.audience in FAMILY_SEES
        return helps or is_near or (owns and action is Action.SEE_PLAN)
    if action in {Action.VALIDATE_EVIDENCE, Action.HOLD_MEETING}:
        return helps
    if action is Action.RATE_PROFICIENCY:
        accompanies = Standing.MENTOR in standing and plan.audience in FAMILY_SEES
        return owns or helps or accompanies
    return action in _FOR_THE_SCHOOL and helps and bool(standing & DECIDES)


def _present(actor: Actor, plan: PlanWork) -> frozenset[Standing]:
    """Return as what somebody has to do with a student in this visit: a mentor is family, and a learner nobody."""
    if actor.person_id == plan.owner_id:
        return frozenset()
    if Role.MENTOR in actor.roles:
        return plan.standing & {Standing.FAMILY}
    if actor.is_staff:
        return plan.standing - {Standing.FAMILY}
    # Whom the school itself has named need not teach.
    return plan.standing & RELATED if actor.is_adult else frozenset()


def _may_in_school(actor: Actor, action: Action) -> bool:
    if actor.is_test:
        return False
    if action is Action.SEE_CATALOGUE:
        return bool(actor.roles)
    if action in {Action.SEE_STUDENTS, Action.SHARE_TEMPLATE}:
        return actor.is_adult
    if action is Action.NAME_STAND_IN:
        return actor.is_staff or _is(actor, Role.ADMINISTRATOR)
    if action in {Action.SEE_SCHOOL, Action.MANAGE_SCHOOL}:
        return _is(actor, Role.ADMINISTRATOR)
    return False


def _may_with_own(actor: Actor, action: Action, work: OwnWork) -> bool:
    own = actor.is_learner and actor.person_id == work.owner_id
    if action is Action.WRITE_REFLECTION:
        return own and not actor.is_test
    if action is Action.SEE_OWN_REFLECTIONS:
        return own
    if action is Action.READ_REFLECTION:
        # Somebody teaches the student only where the student learns: in the course that the teacher comes from.
        teaches = actor.is_staff and actor.course_id in work.courses
        return own or (work.is_submitted and work.audience in TEAM_SEES and teaches)
    return False


def _may_with_hand_in(actor: Actor, action: Action, work: HandedInWork) -> bool:
    if actor.is_test:
        return False
    own, is_here = actor.is_learner and actor.person_id == work.owner_id, actor.course_id == work.course_id
    if action is Action.HAND_IN:
        return own and is_here
    return action is Action.READ_HAND_IN and (own or (actor.is_staff and is_here))


def _is(actor: Actor, role: Role) -> bool:
    return role in actor.roles and Role.MENTOR not in actor.roles


def require(actor: Actor, action: Action, thing: Thing) -> None:
    """Do nothing when ``actor`` may.

    :raise NotAllowed: when not.
    """
    if not may(actor, action, thing):
        raise NotAllowed(f"Not allowed: {action.value}.", code=f"may_not_{action.value}")
