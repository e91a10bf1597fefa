"""Who may do what. One function, deny by default."""

from dataclasses import dataclass
from enum import StrEnum

from lti_plp.errors import NotAllowed
from lti_plp.plp.actor import Actor, Role


class Action(StrEnum):
    """Everything that needs permission."""

    PLACE_REFLECTION = "place_reflection"
    """Make a template and put it into the course."""
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
    VALIDATE_EVIDENCE = "validate_evidence"
    """Confirm a student's evidence."""
    SEE_OWN_REFLECTIONS = "see_own_reflections"
    """See all of one's own reflections, of every course and year."""


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
    is_taught_by_actor: bool = False
    """Whether the student is enrolled in a course that the actor teaches."""
    is_family_of_actor: bool = False
    """Whether a platform names the actor as one who may follow this student."""


@dataclass(frozen=True)
class OwnWork:
    """What a student wrote of her own accord, or all that she ever wrote: it belongs to no course."""

    tenant_id: int
    owner_id: int
    is_submitted: bool = False
    audience: str = "me"
    courses: frozenset[int] = frozenset()
    """Where the student learns at present."""


Thing = Place | StudentWork | PlanWork | OwnWork


def may(actor: Actor, action: Action, thing: Thing) -> bool:
    """Say whether ``actor`` may do ``action`` with ``thing``."""
    if actor.tenant_id != thing.tenant_id:
        return False
    if isinstance(thing, PlanWork):
        return _may_with_plan(actor, action, thing)
    if isinstance(thing, OwnWork):
        return _may_with_own(actor, action, thing)
    if actor.course_id != thing.course_id:
        return False
    if isinstance(thing, StudentWork):
        return _may_with_work(actor, action, thing)
    if action is Action.PLACE_REFLECTION:
        return actor.is_staff or _is(actor, Role.CONTENT_DEVELOPER) or _is(actor, Role.ADMINISTRATOR)
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


def _may_with_plan(actor: Actor, action: Action, plan: PlanWork) -> bool:
    if actor.is_test:
        return False
    owns = actor.is_learner and actor.person_id == plan.owner_id
    if action is Action.EDIT_PLAN:
        return owns
    teaches = actor.is_staff and plan.is_taught_by_actor and plan.audience in TEAM_SEES
    if action in {Action.SEE_PLAN, Action.SPEAK_ON_PLAN}:
        is_family = Role.MENTOR in actor.roles and plan.is_family_of_actor and plan.audience in FAMILY_SEES
        return teaches or is_family or (owns and action is Action.SEE_PLAN)
    if action is Action.VALIDATE_EVIDENCE:
        return teaches
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


def _is(actor: Actor, role: Role) -> bool:
    return role in actor.roles and Role.MENTOR not in actor.roles


def require(actor: Actor, action: Action, thing: Thing) -> None:
    """Do nothing when ``actor`` may.

    :raise NotAllowed: when not.
    """
    if not may(actor, action, thing):
        raise NotAllowed(f"Not allowed: {action.value}.", code=f"may_not_{action.value}")
