"""Rules of last year's course in its copy: offered where the work is surely the same, and used by a person alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from lti_plp.errors import NotAllowed, PlpError
from lti_plp.lms.copies import note_origins, note_template_placed
from lti_plp.lms.coursework_models import (
    Coursework,
    CourseworkResult,
    LeftRule,
    MappingRule,
    MappingRuleOrigin,
    MappingRuleVersion,
)
from lti_plp.lms.earlier_rules import leave_rules, offer_again, origins_of, rules_of_earlier, use_rules
from lti_plp.lms.mapping_rules import Wanted, end_rule, save_rule
from lti_plp.lms.models import Course, Deployment, Enrolment
from lti_plp.lms.outcome_rules import follow_outcomes
from lti_plp.lms.reflection_work import note_placed
from lti_plp.lms.work import Part, PartLevel, Work, WorkResult, outcome_name
from lti_plp.plp.actor import Actor, Role
from lti_plp.plp.growth.frameworks import publish
from lti_plp.plp.models import Rating
from lti_plp.plp.policy import Place
from tests.factories import NOON, counted, make_school, minutes
from tests.lms.coursework import ESSAY, RUBRIC
from tests.lms.earlier import Copying
from tests.plp.growth.growing import draft

COPY = replace(ESSAY, source_id="essay-copied", due_at=None, url="https://lms.example/essay-copied")
BANDS = {"B": "0", "D": "30", "P": "60", "E": "90"}
ABOUT = outcome_name("canvas:school.example", 97)


@pytest.fixture
def there(session: Session) -> Copying:
    """Last year's course, in which the essay shows something by bands of the teacher's own."""
    made = Copying(session)
    made.take()
    made.map(**BANDS)
    return made


@pytest.fixture
def second(there: Copying) -> Course:
    return there.copy()


def got(there: Copying, course: Course, score: str, work: str = "essay-copied", **facts: Any) -> WorkResult:
    """What the student got in one of the courses, where she learns."""
    who = there.student.person_id
    there.session.add(Enrolment(course_id=course.id, person_id=who, roles="learner", mentor_of=[]))
    there.session.flush()
    return WorkResult(work, who, "graded", score=Decimal(score), graded_at=NOON, **facts)


class TestOffering:
    def test_the_same_title_and_points(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        assert there.offered(second) == [(ESSAY.title, "talk", False)]
        assert there.missing(second) == []
        (course,) = there.earlier(second).courses
        assert (course.title, course.year) == ("English 9", NOON.year)
        # The course that it was copied from is offered nothing.
        assert there.earlier(there.course).offers == ()

    @pytest.mark.parametrize(
        "other",
        [
            replace(COPY, points=Decimal(10)),
            replace(COPY, points=None, grading="none"),
            replace(COPY, title=ESSAY.title + "!"),
            replace(COPY, title=ESSAY.title.lower()),
        ],
    )
    def test_anything_else_is_not_guessed_at(self, there: Copying, second: Course, other: Work) -> None:
        there.tell(second, other)
        assert there.offered(second) == []
        assert there.missing(second) == [(ESSAY.title, False)]

    def test_twice_here_or_twice_there_is_not_guessed_at(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY, replace(COPY, source_id="twin"))
        assert there.offered(second) == []
        there.tell(second, COPY, at=4)
        assert len(there.offered(second)) == 1
        there.take(works=(ESSAY, replace(ESSAY, source_id="twin")), at=5)
        assert there.offered(second) == []
        # What the LMS has no longer counts no more.
        there.take(works=(ESSAY,), at=6)
        assert len(there.offered(second)) == 1

    def test_points_are_the_same_number_however_they_are_written(
        self, there: Copying, second: Course
    ) -> None:
        there.tell(second, replace(COPY, points=Decimal("20.00")))
        assert len(there.offered(second)) == 1

    def test_of_another_kind_of_grade_the_rule_does_not_fit(self, there: Copying, second: Course) -> None:
        there.tell(second, replace(COPY, grading="letter"))
        assert there.offered(second) == []
        assert there.missing(second) == [(ESSAY.title, True)]

    def test_work_that_comes_later_is_offered_then(self, there: Copying, second: Course) -> None:
        assert there.missing(second) == [(ESSAY.title, False)]
        there.tell(second, COPY)
        assert (len(there.offered(second)), there.missing(second)) == (1, [])

    def test_nothing_is_written_by_looking_however_many_look(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        before = [there.count(one) for one in (MappingRule, MappingRuleVersion, MappingRuleOrigin, LeftRule)]
        offers = [there.earlier(second).offers for _ in range(30)]
        assert all([one.version for one in some] == [one.version for one in offers[0]] for some in offers)
        assert before == [
            there.count(one) for one in (MappingRule, MappingRuleVersion, MappingRuleOrigin, LeftRule)
        ]

    def test_what_is_here_already_is_not_offered(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        (offer,) = there.earlier(second).offers
        actor, place = there.here(second)
        wanted = Wanted(offer.match.work.id, "", there.there.id_of("talk"), offer.definition)
        own = save_rule(there.session, actor, place, wanted, minutes(4))
        assert there.offered(second) == []
        # Nor what she has ended.
        end_rule(there.session, actor, place, own.id, minutes(5))
        assert there.offered(second) == []

    def test_a_rule_that_ended_and_one_that_rests_are_not_offered(
        self, there: Copying, second: Course
    ) -> None:
        there.tell(second, COPY)
        there.there.tree.framework.withdrawn_at = NOON
        there.session.flush()
        assert there.is_quiet(second)
        there.there.tree.framework.withdrawn_at = None
        there.session.flush()
        (rule,) = there.rules(there.course)
        end_rule(there.session, there.teacher, there.place, rule.id, minutes(5))
        assert there.is_quiet(second)

    def test_statements_do_not_grow_with_rules(self, there: Copying, second: Course, engine: Engine) -> None:
        there.tell(second, COPY)
        there.earlier(second)

        def statements() -> int:
            there.session.expire_all()
            with counted(engine) as found:
                there.earlier(second)
            return len(found)

        before = statements()
        more = [replace(ESSAY, source_id=f"e{n}", title=f"Essay {n}") for n in range(20)]
        there.take(works=(ESSAY, *more), at=4)
        there.tell(second, COPY, *(replace(one, source_id=f"copied-{one.source_id}") for one in more), at=4)
        for one in more:
            there.map(5, source_id=one.source_id)
        assert len(there.offered(second)) == 21
        assert statements() == before
        with counted(engine) as found:
            there.earlier(there.course)
        assert len(found) <= 4


class TestWhoTellsOfTheCopy:
    def test_nobody(self, there: Copying) -> None:
        second = there.copy(told=False)
        there.tell(second, COPY)
        assert there.is_quiet(second)

    def test_a_notice(self, there: Copying) -> None:
        second = there.copy(told=False)
        note_origins(there.session, second.deployment_id, "course-2", ["course-1"], NOON)
        there.tell(second, COPY)
        assert len(there.offered(second)) == 1

    def test_a_course_in_between_that_nobody_opened(self, there: Copying) -> None:
        third = there.copy(3, "never-opened", "course-1")
        there.tell(third, COPY)
        assert len(there.offered(third)) == 1

    def test_another_district_has_nothing_to_offer(self, there: Copying, session: Session) -> None:
        other = make_school(session, name="Elm Ridge", base="https://lms.elmridge.example")
        stranger = there.copy(2, tenant_id=other.tenant_id, deployment_id=other.deployment_id)
        there.tell(stranger, COPY)
        assert there.is_quiet(stranger)
        # Not even where both come through one door.
        beside = there.copy(2, tenant_id=other.tenant_id, context="course-3")
        there.tell(beside, COPY)
        assert there.is_quiet(beside)

    def test_another_platform_of_the_district_calls_another_course_so(
        self, there: Copying, session: Session
    ) -> None:
        other = make_school(session, name="Elm Ridge", base="https://lms.elmridge.example")
        session.get_one(Deployment, other.deployment_id).tenant_id = there.place.tenant_id
        session.flush()
        second = there.copy(2, deployment_id=other.deployment_id)
        there.tell(second, COPY)
        assert there.offered(second) == []

    def test_only_who_teaches_there(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        (version,) = [one.version for one in there.earlier(second).offers]
        place = Place(second.tenant_id, second.id)
        for actor in (there.teacher, there.student):
            for act in (
                lambda who: rules_of_earlier(there.session, who, place),
                lambda who: use_rules(there.session, who, place, [version], [version], minutes(4)),
                lambda who: leave_rules(there.session, who, place, [version], minutes(4)),
                lambda who: offer_again(there.session, who, place),
            ):
                with pytest.raises(NotAllowed):
                    act(actor)
        learner = Actor(there.student.person_id, second.tenant_id, second.id, frozenset({Role.LEARNER}))
        with pytest.raises(NotAllowed):
            rules_of_earlier(there.session, learner, place)


class TestUsing:
    def test_levels_follow_at_once_and_the_history_says_where_from(
        self, there: Copying, second: Course
    ) -> None:
        (first,) = there.rules(there.course)
        there.tell(second, COPY, got=(got(there, second, "12"),))
        assert there.level() is None
        assert there.use(second) == 1
        assert there.level() == 3
        (rule,) = there.rules(second)
        assert (rule.version, rule.definition, rule.outcome) == (1, first.definition, "")
        assert rule.definition["starts"] == BANDS
        (origin,) = there.origins()
        assert (origin.rule_id, origin.number) == (rule.id, 1)
        assert (origin.from_rule_id, origin.from_number) == (first.id, 1)
        assert origins_of(there.session, [rule]) == {rule.id: ("English 9", NOON.year)}
        version = there.session.get_one(MappingRuleVersion, (rule.id, 1))
        assert (version.made_by, version.made_at) == (there.teacher.person_id, minutes(4))
        assert there.earlier(second).offers == ()
        # Last year's stays, and what is changed here changes nothing there.
        changed = dict(rule.definition, starts={"B": "0", "P": "50"})
        actor, place = there.here(second)
        wanted = Wanted(rule.coursework_id, "", rule.proficiency_id, changed)
        save_rule(there.session, actor, place, wanted, minutes(6))
        assert origins_of(there.session, there.rules(second)) == {}
        assert [one.definition["starts"] for one in there.rules(there.course)] == [BANDS]

    def test_again_it_makes_nothing_new(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        versions = [one.version for one in there.earlier(second).offers]
        actor, place = there.here(second)
        for new in (1, 0, 0):
            assert use_rules(there.session, actor, place, versions, versions, minutes(4)) == new
        assert (len(there.rules(second)), len(there.origins())) == (1, 1)

    def test_what_is_used_fits_also_under_another_title(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        there.use(second)
        there.tell(second, replace(COPY, title="Essay of the fall"), at=5)
        assert there.is_quiet(second)
        third = there.copy(3, "course-2", "course-1")
        assert there.missing(third) == [("Essay of the fall", False)]

    def test_many_at_once_make_one_set(
        self, there: Copying, second: Course, sessions: sessionmaker[Session]
    ) -> None:
        there.tell(second, COPY, got=(got(there, second, "12"),))
        versions = [one.version for one in there.earlier(second).offers]
        actor, place = there.here(second)
        there.session.commit()

        def one(_: int) -> int:
            with sessions.begin() as session:
                return use_rules(session, actor, place, versions, versions, minutes(4))

        with ThreadPoolExecutor(6) as pool:
            made = list(pool.map(one, range(30)))
        assert sorted(made) == [0] * 29 + [1]
        assert (len(there.rules(second)), len(there.origins()), len(there.ratings())) == (1, 1, 1)

    def test_nobodys_work_comes_along(self, there: Copying, second: Course) -> None:
        there.take(there.result("18"), at=3)
        before = there.count(CourseworkResult), there.count(Rating)
        there.tell(second, COPY)
        there.use(second)
        assert (there.count(CourseworkResult), there.count(Rating)) == before

    def test_what_changed_since_it_was_shown_is_not_used(self, there: Copying, second: Course) -> None:
        more = replace(ESSAY, source_id="debate", title="Debate")
        there.take(works=(ESSAY, more), at=3)
        there.map(4, source_id="debate")
        there.tell(second, COPY, replace(more, source_id="debate-copied"))
        versions = [one.version for one in there.earlier(second).offers]
        assert len(versions) == 2
        there.map(5, B="0", P="40")
        with pytest.raises(PlpError) as problem:
            use_rules(there.session, *there.here(second), versions, versions, minutes(6))
        assert (problem.value.code, problem.value.status) == ("earlier_rules_changed", 409)
        assert there.rules(second) == []
        assert there.use(second) == 2

    @pytest.mark.parametrize("strange", [(999_999, 1), (0, 0)])
    def test_what_is_no_offer_is_not_used(
        self, there: Copying, second: Course, strange: tuple[int, int]
    ) -> None:
        there.tell(second, COPY)
        versions = [one.version for one in there.earlier(second).offers]
        for chosen, status in (([strange, *versions], 409), ([], 400)):
            with pytest.raises(PlpError) as problem:
                use_rules(there.session, *there.here(second), versions, chosen, minutes(6))
            assert problem.value.status == status
        assert there.rules(second) == []
        assert there.count(LeftRule) == 0

    def test_the_origin_of_a_version_is_never_rewritten(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        there.use(second)
        (origin,) = there.origins()
        origin.from_number = 7
        with pytest.raises(DBAPIError, match="append-only"):
            there.session.flush()
        there.session.rollback()


class TestLeaving:
    def test_what_is_left_is_offered_no_more_until_somebody_wants_it(
        self, there: Copying, second: Course
    ) -> None:
        there.tell(second, COPY)
        actor, place = there.here(second)
        versions = [one.version for one in there.earlier(second).offers]
        for _ in range(2):
            leave_rules(there.session, actor, place, [*versions, (999_999, 1)], minutes(4))
        found = there.earlier(second)
        assert (found.offers, found.missing, found.left) == ((), (), 1)
        # A course that is made of this one is offered it no more, either.
        third = there.copy(3, "course-2", "course-1")
        there.tell(third, COPY)
        assert there.offered(third) == []
        offer_again(there.session, actor, place)
        assert (len(there.offered(second)), there.earlier(second).left) == (1, 0)
        assert len(there.offered(third)) == 1

    def test_what_is_not_ticked_is_left(self, there: Copying, second: Course) -> None:
        more = replace(ESSAY, source_id="debate", title="Debate")
        there.take(works=(ESSAY, more), at=3)
        there.map(4, source_id="debate")
        there.tell(second, COPY, replace(more, source_id="debate-copied"))
        versions = [one.version for one in there.earlier(second).offers]
        assert use_rules(there.session, *there.here(second), versions, versions[:1], minutes(5)) == 1
        found = there.earlier(second)
        assert (found.offers, found.left, len(there.rules(second))) == ((), 1, 1)

    def test_what_fits_nothing_is_listed_no_more(self, there: Copying, second: Course) -> None:
        versions = [one.version for one in there.earlier(second).missing]
        leave_rules(there.session, *there.here(second), versions, minutes(4))
        assert there.missing(second) == []


class TestOwnReflections:
    @pytest.fixture
    def template(self, there: Copying) -> str:
        """A reflection of the first course, with a rule; its copies go by its name."""
        made = there.placed()
        work = there.session.scalars(select(Coursework).where(Coursework.source == "reflection")).one()
        there.map(source_id=work.source_id, guid="solve")
        return made.id

    def test_they_are_known_by_what_they_are_copies_of(
        self, there: Copying, second: Course, template: str
    ) -> None:
        assert ("Our reflection", False) in there.missing(second)
        there.open(second, template, "Another title")
        assert there.offered(second) == [("Another title", "solve", True)]
        assert there.use(second) == 1
        third = there.copy(3, "course-2", "course-1")
        there.open(third, template, "A third title")
        (offer,) = there.earlier(third).offers
        assert (offer.course.title, offer.match.is_sure) == ("English 9, year 2", True)

    def test_one_that_nobody_ever_opened_there(
        self, there: Copying, session: Session, second: Course
    ) -> None:
        made = there.there.school.template(there.teacher)
        note_template_placed(session, there.course.id, made.id, NOON)
        note_placed(session, there.course.id, made, NOON)
        there.map(source_id=f"template:{made.id}", guid="solve")
        there.open(second, made.id, "Our reflection")
        assert there.offered(second) == [("Our reflection", "solve", True)]

    def test_two_links_of_one_reflection_go_by_title(
        self, there: Copying, second: Course, template: str
    ) -> None:
        there.open(second, template, "Our reflection")
        there.open(second, template, "The same once more")
        assert there.offered(second) == [("Our reflection", "solve", False)]

    def test_a_single_link_that_was_copied_tells_of_itself_alone(self, there: Copying, template: str) -> None:
        elsewhere = there.copy(told=False)
        there.open(elsewhere, template, "Our reflection")
        there.tell(elsewhere, COPY)
        assert there.offered(elsewhere) == [("Our reflection", "solve", True)]
        assert there.missing(elsewhere) == []


class TestParts:
    def rubric(self, source_id: str, *levels: PartLevel, **facts: Any) -> Work:
        """The talk with its rubric; a copy calls the criterion and its levels otherwise."""
        part = replace(RUBRIC.parts[0], id=f"{source_id}-c", **facts)
        return replace(RUBRIC, source_id=source_id, parts=(replace(part, levels=levels or part.levels),))

    @pytest.fixture
    def levels(self, there: Copying) -> dict[str, str]:
        """What the rule says of the first course's levels."""
        there.take(works=(ESSAY, RUBRIC), at=3)
        rule = there.map(4, guid="solve", part="c1", source_id="talk")
        return dict(rule.definition["levels"])

    @pytest.fixture
    def of_copy(self) -> tuple[PartLevel, ...]:
        return (PartLevel("n0", "Weak", Decimal(0)), PartLevel("n1", "Strong", Decimal(4)))

    def test_levels_go_by_their_names_and_points(
        self, there: Copying, second: Course, levels: dict[str, str], of_copy: tuple[PartLevel, ...]
    ) -> None:
        work = self.rubric("talk-copied", *of_copy)
        result = got(there, second, "4", "talk-copied", part="talk-copied-c", level="n1")
        there.tell(second, work, got=(result,))
        assert there.offered(second) == [(RUBRIC.title, "solve", False)]
        there.use(second)
        (rule,) = there.rules(second)
        assert rule.definition["levels"] == {"n0": levels["l0"], "n1": levels["l1"]}
        assert [one.value for one in there.counted()] == [Decimal(4)]

    @pytest.mark.parametrize(
        "other",
        [
            (PartLevel("n0", "Weak", Decimal(0)),),
            (PartLevel("n0", "Weak", Decimal(0)), PartLevel("n1", "Strong", Decimal(3))),
            (PartLevel("n0", "Weak", Decimal(0)), PartLevel("n1", "Good", Decimal(4))),
        ],
    )
    def test_another_rubric_is_another_rubric(
        self, there: Copying, second: Course, levels: dict[str, str], other: tuple[PartLevel, ...]
    ) -> None:
        there.tell(second, self.rubric("talk-copied", *other))
        assert there.offered(second) == []
        assert (f"{RUBRIC.title}: Solves problems", True) in there.missing(second)

    def test_a_part_goes_by_its_outcome_where_it_has_one(self, there: Copying, second: Course) -> None:
        one = Part("c1", "Solves problems", "", Decimal(4), (), ABOUT)
        there.take(works=(ESSAY, replace(RUBRIC, parts=(one,))), at=3)
        there.map(4, guid="solve", part="c1", source_id="talk")
        decoy = Part("d", "Solves problems", "", Decimal(4))
        renamed = Part("e", "Thinks it through", "", Decimal(4), (), ABOUT)
        there.tell(second, replace(RUBRIC, source_id="talk-copied", parts=(decoy, renamed)))
        (offer,) = there.earlier(second).offers
        assert (offer.match.part, offer.rule.proficiency.guid) == ("e", "solve")

    def test_what_the_lms_says_is_an_outcome_begins_by_itself_here_as_well(
        self, there: Copying, second: Course
    ) -> None:
        session = there.session
        said = draft(guid="canvas:school.example:course:1", source="lms")
        items = tuple(replace(one, guid=ABOUT) if one.guid == "talk" else one for one in said.items)
        publish(session, None, there.place.tenant_id, replace(said, items=items), 0, minutes(1))
        part = Part("_1", "Argue", "", Decimal(4), (), ABOUT)
        debate = Work("debate", "Debate", "points", Decimal(4), parts=(part,))
        there.take(works=(ESSAY, debate), at=3)
        there.tell(second, COPY, replace(debate, source_id="debate-copied"))
        # Both have it by itself, so that there is nothing to carry on.
        assert there.offered(second) == [(ESSAY.title, "talk", False)]
        # What the teacher made of hers takes the place of this course's.
        (rule,) = (one for one in there.rules(there.course) if one.outcome)
        wanted = Wanted(rule.coursework_id, "_1", rule.proficiency_id, {**rule.definition, "starts": BANDS})
        save_rule(session, there.teacher, there.place, wanted, minutes(4))
        assert there.use(second) == 2
        (mine,) = (one for one in there.rules(second) if one.part)
        assert (mine.version, mine.outcome, mine.definition["starts"]) == (2, "", BANDS)
        # Another rule of hers beside one that applies by itself: hers alone is offered.
        third = there.copy(3, "course-1")
        more = replace(debate, source_id="talk", title="Talk")
        there.take(works=(ESSAY, debate, more), at=5)
        there.map(6, guid="solve", part="_1", source_id="talk")
        there.tell(third, replace(more, source_id="talk-copied"))
        assert there.offered(third) == [("Talk", "solve", False)]
        rows = session.scalars(select(Coursework).where(Coursework.course_id == second.id)).all()
        assert follow_outcomes(session, second.tenant_id, rows, minutes(5), []) == set()


class TestSeveralYears:
    def test_the_nearest_that_says_something(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        there.use(second)
        for number, history in ((3, ("course-2", "course-1")), (4, ("course-1", "course-2"))):
            later = there.copy(number, *history)
            there.tell(later, replace(COPY, source_id=f"essay-{number}"))
            (offer,) = there.earlier(later).offers
            nearest = {"course-1": "English 9", "course-2": "English 9, year 2"}[history[0]]
            assert offer.course.title == nearest

    def test_what_ended_in_between_has_ended(self, there: Copying, second: Course) -> None:
        there.tell(second, COPY)
        there.use(second)
        (rule,) = there.rules(second)
        end_rule(there.session, *there.here(second), rule.id, minutes(5))
        third = there.copy(3, "course-2", "course-1")
        there.tell(third, replace(COPY, source_id="essay-3"))
        assert there.is_quiet(third)

    def test_what_the_nearer_one_says_nothing_of_comes_from_the_one_before(
        self, there: Copying, second: Course
    ) -> None:
        debate = replace(ESSAY, source_id="debate", title="Debate")
        there.tell(second, COPY, debate)
        actor, place = there.here(second)
        work = there.work("debate")
        definition = {"version": 1, "by": "share", "starts": BANDS}
        wanted = Wanted(work.id, "", there.there.id_of("solve"), definition)
        save_rule(there.session, actor, place, wanted, minutes(4))
        third = there.copy(3, "course-2", "course-1")
        there.tell(third, replace(COPY, source_id="essay-3"), replace(debate, source_id="debate-3"))
        found = there.earlier(third)
        assert [(one.course.title, one.rule.proficiency.guid) for one in found.offers] == [
            ("English 9, year 2", "solve"),
            ("English 9", "talk"),
        ]
        assert [one.title for one in found.courses] == ["English 9, year 2", "English 9"]
