"""Rules of the courses that a course was copied from: offered to its teachers, who use them or leave them.

Nothing of an offer is stored. It is what the earlier rules, and the work that is here by now, come to: so it is the
same however often and by how many the copy is opened, and work that comes later is offered when it comes. What somebody
said of the same work here, or in a course that is nearer, goes before what an earlier one says.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from lti_plp.errors import BadInput, PlpError
from lti_plp.lms.applying import Rule, apply_results, rules_of
from lti_plp.lms.coursework import lock_coursework, newest_results
from lti_plp.lms.coursework_models import Coursework, LeftRule, MappingRule, MappingRuleOrigin
from lti_plp.lms.earlier_courses import EarlierCourse, earlier_courses
from lti_plp.lms.mapping_rules import Wanted, write_rule
from lti_plp.lms.models import Course
from lti_plp.lms.reflection_work import templates_of
from lti_plp.lms.work_matching import Matched, carried_definition, match_part, match_works
from lti_plp.plp.actor import Actor
from lti_plp.plp.policy import Action, Place, require

Version = tuple[int, int]
"""A rule's id and the number of its version."""


@dataclass(frozen=True)
class Earlier:
    """A rule of an earlier course."""

    rule: Rule
    course: EarlierCourse
    work: Coursework
    """What it is about there."""

    @property
    def version(self) -> Version:
        """What names it, as it is now."""
        return self.rule.row.id, self.rule.row.version

    @property
    def title(self) -> str:
        """What it is about, as it is called there."""
        return title_of(self.work, self.rule.row.part)


@dataclass(frozen=True)
class Offer(Earlier):
    """One that fits something here."""

    match: Matched
    definition: dict[str, Any]
    """As it reads what is here."""


@dataclass(frozen=True)
class NotHere(Earlier):
    """One that fits nothing here."""

    is_here: bool
    """The work is, but what can be had for it is something else."""


@dataclass(frozen=True)
class EarlierRules:
    """What rules of earlier courses come to in this one."""

    offers: tuple[Offer, ...] = ()
    missing: tuple[NotHere, ...] = ()
    """Those of the nearest course with rules that fit nothing here, or not yet."""
    left: int = 0
    """How many a teacher of this course has left."""

    @property
    def courses(self) -> tuple[EarlierCourse, ...]:
        """Where the offers are from, each once."""
        return tuple(dict.fromkeys(one.course for one in self.offers))


def title_of(work: Coursework, part: str) -> str:
    """Return what a piece of work, or a part of it, is called; a part goes with its work."""
    name = next((one["title"] for one in work.parts if one["id"] == part), "")
    return f"{work.title}: {name}" if name else work.title


def rules_of_earlier(session: Session, actor: Actor, place: Place) -> EarlierRules:
    """Return which rules of earlier courses fit something here, and which do not.

    :raise NotAllowed: when the actor does not teach there.
    """
    require(actor, Action.MAP_COURSEWORK, place)
    courses = earlier_courses(session, place.tenant_id, place.course_id)
    if not courses:
        return EarlierRules()
    return _Search(session, place.course_id, courses).run()


@dataclass
class _Search:
    """A walk through earlier courses, the nearest first."""

    session: Session
    course_id: int
    courses: Sequence[EarlierCourse]
    offers: list[Offer] = field(default_factory=list)
    missing: list[NotHere] = field(default_factory=list)
    nearest: EarlierCourse | None = None
    """The first one in which somebody made rules, of those that were copied as a whole."""
    said: set[tuple[int, str]] = field(default_factory=set)
    """Of which work here, and which part of it, a course that came before in the walk has said something."""

    def run(self) -> EarlierRules:
        works = self._works()
        spoken = self._spoken([one.id for some in works.values() for one in some])
        earlier = [one for course in self.courses for one in works[course.id] if one.id in spoken]
        rules = rules_of(self.session, [one.id for one in earlier])
        templates = templates_of(self.session, works) if earlier else {}
        for course in self.courses:
            ruled = [one for one in works[course.id] if one.id in spoken]
            matches = match_works(works[course.id], works[self.course_id], templates, by_title=course.is_told)
            if ruled and course.is_told and self.nearest is None:
                self.nearest = course
            for work in ruled:
                for part in dict.fromkeys(one.part for one in spoken[work.id]):
                    mine = [one for one in rules.get((work.id, part), ()) if not one.row.outcome]
                    match = match_part(work, part, matches[work.id]) if work.id in matches else None
                    self._take([Earlier(one, course, work) for one in mine], match)
        return self._without_decided(
            {_what(one) for work in works[self.course_id] for one in spoken[work.id]}
        )

    def _works(self) -> dict[int, list[Coursework]]:
        """Return course -> its work, of all courses."""
        ids = [self.course_id, *(one.id for one in self.courses)]
        found: dict[int, list[Coursework]] = {one: [] for one in ids}
        for work in self.session.scalars(
            select(Coursework)
            .where(Coursework.course_id.in_(ids), Coursework.gone_at.is_(None))
            .order_by(Coursework.id)
        ):
            found[work.course_id].append(work)
        return found

    def _spoken(self, work_ids: Collection[int]) -> Mapping[int, Sequence[MappingRule]]:
        """Return work -> all rules that people ever made for it; what applies by itself begins anew by itself."""
        found: dict[int, list[MappingRule]] = defaultdict(list)
        for row in self.session.scalars(
            select(MappingRule)
            .where(MappingRule.coursework_id.in_(work_ids), MappingRule.outcome == "")
            .order_by(MappingRule.id)
            .execution_options(populate_existing=True)
        ):
            found[row.coursework_id].append(row)
        return found

    def _take(self, rules: Sequence[Earlier], match: Matched | None) -> None:
        """Offer the rules of a piece of work, or of a part, where that is here as well; perhaps all have ended."""
        if match is not None:
            target = (match.work.id, match.part)
            if target in self.said:
                return
            self.said.add(target)
        for one in rules:
            row = one.rule.row
            made = match and carried_definition(row.definition, (one.work, row.part), match, one.rule.scale)
            if match and made:
                self.offers.append(Offer(one.rule, one.course, one.work, match, made))
            elif one.course is self.nearest:
                self.missing.append(NotHere(one.rule, one.course, one.work, match is not None))

    def _without_decided(self, decided: Collection[tuple[int, str, int]]) -> EarlierRules:
        """Return what is found, but for what teachers of this course, or of one in between, have decided."""
        ids = [self.course_id, *(one.id for one in self.courses)]
        rows = self.session.execute(
            select(LeftRule.rule_id, LeftRule.course_id).where(LeftRule.course_id.in_(ids))
        ).all()
        left = {row.rule_id for row in rows}
        # What was used is here, also where the work has been given another title since.
        used = {rule_id for rule_id, _ in _used(self.session, self.course_id)} if self.missing else set()
        return EarlierRules(
            tuple(
                one
                for one in self.offers
                if one.rule.row.id not in left
                and (one.match.work.id, one.match.part, one.rule.proficiency.id) not in decided
            ),
            tuple(one for one in self.missing if one.rule.row.id not in left | used),
            sum(row.course_id == self.course_id for row in rows),
        )


def _what(rule: MappingRule) -> tuple[int, str, int]:
    return rule.coursework_id, rule.part, rule.proficiency_id


def use_rules(
    session: Session,
    actor: Actor,
    place: Place,
    shown: Collection[Version],
    chosen: Collection[Version],
    now: datetime,
) -> int:
    """Use chosen rules of earlier courses, leave the others that were shown, and let levels and steps follow at once.

    Return how many are new; those that somebody has used meanwhile stay as they are.

    :raise NotAllowed: when the actor does not teach there.
    :raise BadInput: ``no_earlier_rules`` when none is chosen.
    :raise PlpError: 409 ``earlier_rules_changed`` when one of them is no longer what was shown.
    """
    require(actor, Action.MAP_COURSEWORK, place)
    if not chosen:
        raise BadInput("No rule is chosen.", code="no_earlier_rules")
    lock_coursework(session, place.course_id)
    offers = {one.version: one for one in rules_of_earlier(session, actor, place).offers}
    used = _used(session, place.course_id)
    if any(one not in offers and one not in used for one in chosen):
        raise PlpError("earlier_rules_changed", 409, "Rules of the earlier course changed meanwhile.")
    wanted = [offers[one] for one in dict.fromkeys(chosen) if one in offers]
    for one in wanted:
        _use(session, actor, one, now)
    _leave(session, actor, place, {one.version for one in offers.values()} & (set(shown) - set(chosen)), now)
    results = newest_results(session, {one.match.work.id for one in wanted})
    apply_results(session, place.tenant_id, list(results.values()), now)
    return len(wanted)


def _use(session: Session, actor: Actor, offer: Offer, now: datetime) -> None:
    proficiency_id = offer.rule.proficiency.id
    wanted = Wanted(offer.match.work.id, offer.match.part, proficiency_id, offer.definition)
    made, _ = write_rule(session, actor, wanted, offer.definition, now)
    session.add(
        MappingRuleOrigin(
            rule_id=made.id,
            number=made.version,
            from_rule_id=offer.rule.row.id,
            from_number=offer.rule.row.version,
        )
    )
    session.flush()


def _used(session: Session, course_id: int) -> set[Version]:
    """Return which versions of earlier rules were used in a course."""
    rows = session.execute(
        select(MappingRuleOrigin.from_rule_id, MappingRuleOrigin.from_number)
        .join(MappingRule, MappingRule.id == MappingRuleOrigin.rule_id)
        .join(Coursework, Coursework.id == MappingRule.coursework_id)
        .where(Coursework.course_id == course_id)
    )
    return {(row.from_rule_id, row.from_number) for row in rows}


def leave_rules(
    session: Session, actor: Actor, place: Place, shown: Collection[Version], now: datetime
) -> None:
    """Offer these rules of earlier courses no more, and list those no more that fit nothing.

    :raise NotAllowed: when the actor does not teach there.
    """
    require(actor, Action.MAP_COURSEWORK, place)
    lock_coursework(session, place.course_id)
    found = rules_of_earlier(session, actor, place)
    _leave(session, actor, place, {one.version for one in (*found.offers, *found.missing)} & set(shown), now)


def _leave(session: Session, actor: Actor, place: Place, left: Collection[Version], now: datetime) -> None:
    session.add_all(
        LeftRule(course_id=place.course_id, rule_id=rule_id, left_by=actor.person_id, left_at=now)
        for rule_id, _ in sorted(left)
    )
    session.flush()


def offer_again(session: Session, actor: Actor, place: Place) -> None:
    """Offer what teachers of a course have left.

    :raise NotAllowed: when the actor does not teach there.
    """
    require(actor, Action.MAP_COURSEWORK, place)
    lock_coursework(session, place.course_id)
    session.execute(delete(LeftRule).where(LeftRule.course_id == place.course_id))


def origins_of(session: Session, rules: Collection[MappingRule]) -> dict[int, tuple[str, int]]:
    """Return rule -> title and year of the earlier course whose rule it still is; one statement, or none for none."""
    if not rules:
        return {}
    earlier = aliased(MappingRule)
    rows = session.execute(
        select(MappingRuleOrigin.rule_id, Course.title, Course.created_at)
        .join(
            MappingRule,
            (MappingRule.id == MappingRuleOrigin.rule_id) & (MappingRule.version == MappingRuleOrigin.number),
        )
        .join(earlier, earlier.id == MappingRuleOrigin.from_rule_id)
        .join(Coursework, Coursework.id == earlier.coursework_id)
        .join(Course, Course.id == Coursework.course_id)
        .where(MappingRuleOrigin.rule_id.in_([one.id for one in rules]))
    )
    return {row.rule_id: (row.title, row.created_at.year) for row in rows}
