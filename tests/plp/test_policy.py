"""Who may do what, against a table that was written down apart from the code."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.models.items import AUDIENCES
from lti_plp.plp.policy import Action, OwnWork, Place, PlanWork, SchoolWide, StudentWork, may
from lti_plp.plp.standing import Standing

# What each single role may do in its own course. "own" is a student's own work, "other" somebody else's.
# Columns: place a reflection, see the class, map its work, preview; with own work: write, read; with other's work that
# was sent: read, rate; and with another's draft: read.
COLUMNS = (
    "place",
    "class",
    "map",
    "preview",
    "own write",
    "own read",
    "other sent read",
    "other sent rate",
    "other draft read",
)
TABLE = {
    Role.LEARNER: "no no no yes yes yes no no no",
    Role.INSTRUCTOR: "yes yes yes yes no no yes yes no",
    Role.TEACHING_ASSISTANT: "yes yes yes yes no no yes yes no",
    Role.CONTENT_DEVELOPER: "yes no no yes no no no no no",
    Role.MENTOR: "no no no no no no no no no",
    Role.ADMINISTRATOR: "yes yes no yes no no yes no no",
}

QUESTIONS = {
    "place": (Action.PLACE_REFLECTION, None, False),
    "class": (Action.SEE_CLASS, None, False),
    "map": (Action.MAP_COURSEWORK, None, False),
    "preview": (Action.PREVIEW_REFLECTION, None, False),
    "own write": (Action.WRITE_REFLECTION, "own", False),
    "own read": (Action.READ_REFLECTION, "own", False),
    "other sent read": (Action.READ_REFLECTION, "other", True),
    "other sent rate": (Action.RATE_REFLECTION, "other", True),
    "other draft read": (Action.READ_REFLECTION, "other", False),
}

ME, SOMEBODY, TENANT, COURSE = 7, 8, 1, 3

role_sets = st.frozensets(st.sampled_from(Role))


def expected(roles: frozenset[Role], column: str) -> bool:
    """Several roles add up, with two exceptions: a mentor is family only, and who teaches does not learn here."""
    if Role.MENTOR in roles:
        return False
    if roles & {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}:
        roles -= {Role.LEARNER}
    return any(TABLE[role].split()[COLUMNS.index(column)] == "yes" for role in roles)


def thing(whose: str | None, sent: bool, tenant: int = TENANT, course: int = COURSE) -> Place | StudentWork:
    if whose is None:
        return Place(tenant, course)
    return StudentWork(tenant, course, ME if whose == "own" else SOMEBODY, sent)


@given(roles=role_sets, column=st.sampled_from(COLUMNS))
@example(roles=frozenset(Role), column="own read")
def test_the_policy_is_the_table(roles: frozenset[Role], column: str) -> None:
    action, whose, sent = QUESTIONS[column]
    actor = Actor(ME, TENANT, COURSE, roles)
    assert may(actor, action, thing(whose, sent)) is expected(roles, column)


@given(roles=role_sets, action=st.sampled_from(Action), whose=st.sampled_from([None, "own", "other"]))
def test_nothing_is_allowed_across_courses_and_tenants(
    roles: frozenset[Role], action: Action, whose: str | None
) -> None:
    actor = Actor(ME, TENANT, COURSE, roles)
    for sent in (True, False):
        assert not may(actor, action, thing(whose, sent, tenant=TENANT + 1))
        assert not may(actor, action, thing(whose, sent, course=COURSE + 1))
        nowhere = Actor(ME, TENANT, None, roles)
        assert not may(nowhere, action, thing(whose, sent))


@given(roles=role_sets, action=st.sampled_from(Action), whose=st.sampled_from([None, "own", "other"]))
def test_a_test_user_writes_and_rates_nothing(
    roles: frozenset[Role], action: Action, whose: str | None
) -> None:
    actor = Actor(ME, TENANT, COURSE, roles, is_test=True)
    changing = {Action.WRITE_REFLECTION, Action.RATE_REFLECTION}
    for sent in (True, False):
        if action in changing:
            assert not may(actor, action, thing(whose, sent))


@given(roles=role_sets, action=st.sampled_from(Action), sent=st.booleans())
def test_who_has_no_role_may_do_nothing(roles: frozenset[Role], action: Action, sent: bool) -> None:
    actor = Actor(ME, TENANT, COURSE, frozenset())
    for whose in (None, "own", "other"):
        assert not may(actor, action, thing(whose, sent))


@given(roles=role_sets, sent=st.booleans())
def test_only_the_owner_writes_and_only_what_was_sent_is_rated(roles: frozenset[Role], sent: bool) -> None:
    actor = Actor(ME, TENANT, COURSE, roles)
    assert not may(actor, Action.WRITE_REFLECTION, thing("other", sent))
    assert not may(actor, Action.RATE_REFLECTION, thing("own", sent=False))
    assert not may(actor, Action.RATE_REFLECTION, thing("other", sent=False))


# What each single role may do with what a student began herself: with one's own, write, list and read; with somebody
# else's: read one for oneself alone that is finished, read one for the team that is finished, read one for the team
# that is a draft, and rate or write one. The last four hold where the student learns in the course of the launch.
OWN_COLUMNS = (
    "write",
    "list",
    "read",
    "other for me",
    "other for team",
    "other draft",
    "other rate",
    "other write",
)
OWN_TABLE = {
    Role.LEARNER: "yes yes yes no no no no no",
    Role.INSTRUCTOR: "no no no no yes no no no",
    Role.TEACHING_ASSISTANT: "no no no no yes no no no",
    Role.CONTENT_DEVELOPER: "no no no no no no no no",
    Role.MENTOR: "no no no no no no no no",
    Role.ADMINISTRATOR: "no no no no no no no no",
}
OWN_QUESTIONS = {
    "write": (Action.WRITE_REFLECTION, OwnWork(TENANT, ME)),
    "list": (Action.SEE_OWN_REFLECTIONS, OwnWork(TENANT, ME)),
    "read": (Action.READ_REFLECTION, OwnWork(TENANT, ME)),
    "other for me": (Action.READ_REFLECTION, OwnWork(TENANT, SOMEBODY, True, "me", frozenset({COURSE}))),
    "other for team": (Action.READ_REFLECTION, OwnWork(TENANT, SOMEBODY, True, "team", frozenset({COURSE}))),
    "other draft": (Action.READ_REFLECTION, OwnWork(TENANT, SOMEBODY, False, "team", frozenset({COURSE}))),
    "other rate": (Action.RATE_REFLECTION, OwnWork(TENANT, SOMEBODY, True, "team", frozenset({COURSE}))),
    "other write": (Action.WRITE_REFLECTION, OwnWork(TENANT, SOMEBODY, True, "team", frozenset({COURSE}))),
}
audiences = st.sampled_from(["me", "team", "family", "class", "public", "", "everybody"])


@given(roles=role_sets, column=st.sampled_from(OWN_COLUMNS))
@example(roles=frozenset(Role), column="read")
def test_own_reflections_follow_their_table(roles: frozenset[Role], column: str) -> None:
    teaches = roles & {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}
    counted = frozenset() if Role.MENTOR in roles else roles - {Role.LEARNER} if teaches else roles
    wanted = any(OWN_TABLE[role].split()[OWN_COLUMNS.index(column)] == "yes" for role in counted)
    action, work = OWN_QUESTIONS[column]
    assert may(Actor(ME, TENANT, COURSE, roles), action, work) is wanted


@given(
    roles=role_sets,
    action=st.sampled_from(Action),
    audience=audiences,
    sent=st.booleans(),
    courses=st.frozensets(st.sampled_from([COURSE, COURSE + 1])),
    course=st.sampled_from([COURSE, None]),
)
def test_others_see_no_more_of_own_reflections_than_was_meant(
    roles: frozenset[Role],
    action: Action,
    audience: str,
    sent: bool,
    courses: frozenset[int],
    course: int | None,
) -> None:
    actor = Actor(ME, TENANT, course, roles)
    allowed = may(actor, action, OwnWork(TENANT, SOMEBODY, sent, audience, courses))
    meant = sent and audience not in {"me", "", "everybody"} and course in courses and actor.is_staff
    assert allowed is (action is Action.READ_REFLECTION and meant)


@given(roles=role_sets, action=st.sampled_from(Action), audience=audiences, sent=st.booleans())
def test_own_reflections_stay_in_their_tenant_and_test_users_write_none(
    roles: frozenset[Role], action: Action, audience: str, sent: bool
) -> None:
    for owner in (ME, SOMEBODY):
        work = OwnWork(TENANT + 1, owner, sent, audience, frozenset({COURSE}))
        assert not may(Actor(ME, TENANT, COURSE, roles), action, work)
    test_user = Actor(ME, TENANT, COURSE, roles, is_test=True)
    assert not may(test_user, Action.WRITE_REFLECTION, OwnWork(TENANT, ME, sent, audience))


@given(roles=role_sets, action=st.sampled_from(Action), course=st.integers(0, 9))
def test_one_s_own_reflections_do_not_depend_on_the_course(
    roles: frozenset[Role], action: Action, course: int
) -> None:
    here, there = (Actor(ME, TENANT, where, roles) for where in (COURSE, course))
    assert may(here, action, OwnWork(TENANT, ME)) is may(there, action, OwnWork(TENANT, ME))


# The plan. For each single role and each way to stand to the student, letters per audience of the item (me, team,
# family, class, public): e may edit, s see, p speak on it, v validate evidence, h hold meetings, r rate a proficiency,
# d decide for the school (finish a revision, a pathway, a transition, mark elements, judge a level). A line that is
# missing: nothing.
_HELPS, _DECIDES = "- spvhr spvhr spvhr spvhr", "- spvhrd spvhrd spvhrd spvhrd"
_NEAR, _ACCOMPANIES = "- - sp sp sp", "- - spr spr spr"
PLAN_TABLE = {
    (Role.LEARNER, "own"): "esr esr esr esr esr",
    (Role.INSTRUCTOR, "teacher"): _DECIDES,
    (Role.TEACHING_ASSISTANT, "teacher"): _DECIDES,
    (Role.MENTOR, "family"): _NEAR,
    **{
        (role, standing): {"substitute": _HELPS, "mentor": _ACCOMPANIES, "advocate": _NEAR}.get(
            standing, _DECIDES
        )
        for role in (Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.CONTENT_DEVELOPER, Role.ADMINISTRATOR)
        for standing in (
            *("advisor", "counselor", "case_manager", "co_teacher", "co_advisor"),
            *("substitute", "mentor", "advocate"),
        )
    },
}
RELATIONS = {
    "own": PlanWork(TENANT, ME),
    "none": PlanWork(TENANT, SOMEBODY),
    **{one.value: PlanWork(TENANT, SOMEBODY, standing=frozenset({one})) for one in Standing},
}
PLAN_ACTIONS = {
    Action.EDIT_PLAN: "e",
    Action.SEE_PLAN: "s",
    Action.SPEAK_ON_PLAN: "p",
    Action.VALIDATE_EVIDENCE: "v",
    Action.HOLD_MEETING: "h",
    Action.FINISH_REVISION: "d",
    Action.DECIDE_PATHWAY: "d",
    Action.HAND_OVER: "d",
    Action.MARK_ELEMENTS: "d",
    Action.RATE_PROFICIENCY: "r",
    Action.JUDGE_LEVEL: "d",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_plans_policy_is_the_table(role: Role, relation: str, audience: str) -> None:
    actor = Actor(ME, TENANT, COURSE, frozenset({role}))
    work = replace(RELATIONS[relation], audience=audience)
    line = PLAN_TABLE.get((role, relation), "- - - - -").split()
    letters = line[AUDIENCES.index(audience)]
    allowed = {action for action in Action if may(actor, action, work)}
    assert allowed == {action for action, letter in PLAN_ACTIONS.items() if letter in letters}
    # The plan belongs to no course: the same actor elsewhere, or nowhere, may the same.
    nowhere = replace(actor, course_id=None)
    assert allowed == {action for action in Action if may(nowhere, action, work)}


works = st.builds(
    PlanWork,
    st.just(TENANT),
    st.sampled_from([ME, SOMEBODY]),
    st.sampled_from(AUDIENCES),
    st.frozensets(st.sampled_from(Standing)),
)


def plan_expected(roles: frozenset[Role], action: Action, work: PlanWork) -> bool:
    """Several roles add up, with two exceptions: a mentor is family only, and who teaches does not learn here."""
    if Role.MENTOR in roles:
        roles = frozenset({Role.MENTOR})
    elif roles & {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT}:
        roles -= {Role.LEARNER}
    own = work.owner_id == ME
    relations = {"own"} if own else {one.value for one in work.standing}
    letter = PLAN_ACTIONS.get(action, "nothing")
    return any(
        role in roles and relation in relations and letter in line.split()[AUDIENCES.index(work.audience)]
        for (role, relation), line in PLAN_TABLE.items()
    )


@given(roles=role_sets, action=st.sampled_from(Action), work=works)
def test_several_roles_on_a_plan_add_up(roles: frozenset[Role], action: Action, work: PlanWork) -> None:
    actor = Actor(ME, TENANT, COURSE, roles)
    assert may(actor, action, work) is plan_expected(roles, action, work)


@given(roles=role_sets, action=st.sampled_from(Action), work=works)
def test_nobody_reaches_a_plan_of_another_tenant_or_as_a_test_user(
    roles: frozenset[Role], action: Action, work: PlanWork
) -> None:
    actor = Actor(ME, TENANT, COURSE, roles)
    assert not may(actor, action, replace(work, tenant_id=TENANT + 1))
    assert not may(replace(actor, is_test=True), action, work)


@given(roles=role_sets, action=st.sampled_from(Action), work=works)
def test_only_the_owner_edits_and_nobody_else_sees_what_is_for_her_alone(
    roles: frozenset[Role], action: Action, work: PlanWork
) -> None:
    actor = Actor(ME, TENANT, COURSE, roles)
    others = replace(work, owner_id=SOMEBODY)
    assert not may(actor, Action.EDIT_PLAN, others)
    assert not may(actor, action, replace(others, audience="me"))


# The district as a whole: what each single role may do.
SCHOOL_TABLE = {
    Action.SEE_CATALOGUE: set(Role),
    Action.SEE_STUDENTS: set(Role) - {Role.LEARNER, Role.MENTOR},
    Action.SHARE_TEMPLATE: set(Role) - {Role.LEARNER, Role.MENTOR},
    Action.NAME_STAND_IN: {Role.INSTRUCTOR, Role.TEACHING_ASSISTANT, Role.ADMINISTRATOR},
    Action.SEE_SCHOOL: {Role.ADMINISTRATOR},
    Action.MANAGE_SCHOOL: {Role.ADMINISTRATOR},
}


@given(roles=role_sets, action=st.sampled_from(Action))
def test_the_schools_policy_is_the_table(roles: frozenset[Role], action: Action) -> None:
    actor = Actor(ME, TENANT, COURSE, roles)
    counted = roles & {Role.MENTOR} or roles
    assert may(actor, action, SchoolWide(TENANT)) is bool(counted & SCHOOL_TABLE.get(action, set()))
    assert not may(actor, action, SchoolWide(TENANT + 1))
    assert not may(replace(actor, is_test=True), action, SchoolWide(TENANT))
