"""The rules of a course: which proficiency its work shows, and how results become levels."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import NotFound, PlpError
from lti_plp.lms.applying import (
    Rule,
    apply_results,
    asked_of,
    got_in,
    part_of,
    rules_of,
    take_back,
)
from lti_plp.lms.coursework import lock_coursework, newest_results
from lti_plp.lms.coursework_models import Coursework, CourseworkResult, MappingRule, MappingRuleVersion
from lti_plp.lms.naming import names_of_people
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.frameworks import Proficiency, Tree, frameworks_of, read_tree
from lti_plp.plp.growth.mapping import Asked, Names, checked_definition, level_of, usual_definition
from lti_plp.plp.growth.outlines import outline_of
from lti_plp.plp.growth.ratings import rated_proficiency
from lti_plp.plp.growth.scales import Level, Scale
from lti_plp.plp.models import Framework
from lti_plp.plp.models import Proficiency as ProficiencyRow
from lti_plp.plp.policy import Action, Place, require


@dataclass(frozen=True)
class Target:
    """A piece of coursework, or a part of it, with the rules in force."""

    work: Coursework
    part: str
    title: str
    guids: tuple[str, ...]
    """What the LMS, and other systems, call it; the surest first."""
    asked: Asked
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Tried:
    """What a rule makes of one student's result."""

    person_id: int
    name: str
    result: CourseworkResult
    level: Level | None


@dataclass(frozen=True)
class Wanted:
    """A rule as somebody wants it."""

    work_id: int
    part: str
    proficiency_id: int
    definition: Mapping[str, Any]


def works_of(session: Session, course_id: int) -> list[Coursework]:
    """Return what a course gives students to do, by due date; what has none comes last."""
    rows = session.scalars(
        select(Coursework).where(Coursework.course_id == course_id, Coursework.gone_at.is_(None))
    )
    return sorted(rows, key=lambda one: (one.due_at is None, one.due_at or one.read_at, one.id))


def targets_of(session: Session, actor: Actor, place: Place) -> list[Target]:
    """Return everything of a course that can show a proficiency: each piece of work, then its parts.

    :raise NotAllowed: when the actor does not teach there.
    """
    require(actor, Action.MAP_COURSEWORK, place)
    works = works_of(session, place.course_id)
    rules = rules_of(session, [one.id for one in works])
    found = []
    for work in works:
        found.append(Target(work, "", work.title, (), asked_of(work), tuple(rules.get((work.id, ""), ()))))
        for part in work.parts:
            ruled = tuple(rules.get((work.id, part["id"]), ()))
            asked = asked_of(work, part["id"])
            found.append(Target(work, part["id"], part["title"], guids_of(part), asked, ruled))
    return found


def choosable(session: Session, tenant_id: int) -> list[Proficiency]:
    """Return everything that a district's work can show, as its frameworks stand now."""
    frameworks = frameworks_of(session, tenant_id)
    return [one for framework in frameworks for one in outline_of(session, framework).rated]


def suggestions(
    targets: Iterable[Target], rated: Sequence[Proficiency]
) -> dict[tuple[int, str], Proficiency]:
    """Return (work, part) -> the proficiency that it seems to be about: by its identifier; else by its name's words."""
    by_guid = {one.guid: one for one in rated}
    names = Names(
        (number, text) for number, one in enumerate(rated) for text in (one.statement, one.student_text)
    )
    found = {}
    for target in targets:
        likeliest = names.likeliest(target.title)
        named = next((by_guid[one] for one in target.guids if one in by_guid), None)
        if named is not None:
            found[target.work.id, target.part] = named
        elif likeliest is not None:
            found[target.work.id, target.part] = rated[likeliest]
    return found


def guids_of(part: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a part may be called in a framework: the LMS's own name of its outcome goes first."""
    return tuple(filter(None, (part.get("outcome"), part.get("guid"))))


def find_target(session: Session, actor: Actor, place: Place, work_id: int, part: str) -> Target:
    """Return one target of a course.

    :raise NotAllowed: when the actor does not teach there.
    :raise NotFound: ``coursework_unknown`` when the course has no such work or part.
    """
    require(actor, Action.MAP_COURSEWORK, place)
    work = session.get(Coursework, work_id)
    if work is None or work.course_id != place.course_id:
        raise NotFound("The course has no such work.", code="coursework_unknown")
    try:
        asked = asked_of(work, part)
        said = part_of(work, part) if part else {}
    except KeyError:
        raise NotFound("The work has no such part.", code="coursework_unknown") from None
    rules = rules_of(session, [work_id]).get((work_id, part), ())
    return Target(work, part, said.get("title") or work.title, guids_of(said), asked, tuple(rules))


def find_proficiency(
    session: Session, tenant_id: int, proficiency_id: int
) -> tuple[Tree, Proficiency, Scale]:
    """Return a proficiency that can be rated, with where it stands.

    :raise NotFound: ``proficiency_unknown``.
    """
    row = session.get(ProficiencyRow, proficiency_id)
    framework = session.get(Framework, row.framework_id) if row else None
    if framework is not None and framework.tenant_id == tenant_id and framework.withdrawn_at is None:
        tree = read_tree(session, framework, only=[proficiency_id])
        found = rated_proficiency(tree, proficiency_id)
        if found.scale is not None:
            return tree, found, found.scale
    raise NotFound("There is no such proficiency.", code="proficiency_unknown")


def usual_rule(session: Session, target: Target, tenant_id: int, proficiency_id: int) -> dict[str, Any]:
    """Return the rule that nobody has to write.

    :raise NotFound: ``proficiency_unknown``.
    """
    _, _, scale = find_proficiency(session, tenant_id, proficiency_id)
    return usual_definition(scale, target.asked)


def try_rule(session: Session, actor: Actor, place: Place, wanted: Wanted) -> list[Tried]:
    """Return what a rule would make of what the LMS says now, by name; nothing is kept.

    :raise NotAllowed: when the actor does not teach there.
    :raise NotFound: ``coursework_unknown`` or ``proficiency_unknown``.
    :raise MappingProblem: when the rule does not fit.
    """
    target = find_target(session, actor, place, wanted.work_id, wanted.part)
    _, _, scale = find_proficiency(session, place.tenant_id, wanted.proficiency_id)
    definition = checked_definition(wanted.definition, scale, target.asked)
    rows = [one for key, one in newest_results(session, [target.work.id]).items() if key[2] == wanted.part]
    names = names_of_people(session, place.tenant_id, {one.person_id for one in rows})
    tried = [
        Tried(
            one.person_id,
            names.get(one.person_id, ""),
            one,
            level_of(definition, scale, target.asked, got_in(one)),
        )
        for one in rows
    ]
    return sorted(tried, key=lambda one: (one.name.casefold(), one.person_id))


def save_rule(session: Session, actor: Actor, place: Place, wanted: Wanted, now: datetime) -> MappingRule:
    """Keep a rule, or change the one that is in force, and let all ratings and steps follow it at once.

    :raise NotAllowed: when the actor does not teach there.
    :raise NotFound: ``coursework_unknown`` or ``proficiency_unknown``.
    :raise MappingProblem: when the rule does not fit.
    """
    target = find_target(session, actor, place, wanted.work_id, wanted.part)
    _, _, scale = find_proficiency(session, place.tenant_id, wanted.proficiency_id)
    definition = checked_definition(wanted.definition, scale, target.asked)
    lock_coursework(session, place.course_id)
    rule, is_new = write_rule(session, actor, wanted, definition, now)
    if is_new:
        _apply_all(session, place, target.work, now)
    return rule


def write_rule(
    session: Session, actor: Actor, wanted: Wanted, definition: dict[str, Any], now: datetime
) -> tuple[MappingRule, bool]:
    """Write a rule, or a new version of the one in force, and say whether anything is new; nothing follows it yet.

    The course's coursework has to be locked, and the definition to be checked.

    :raise PlpError: 409 ``mapping_changed`` when somebody else wrote such a rule just now.
    """
    rule = _open_rule(session, wanted)
    if rule is None:
        rule = _new_rule(session, wanted, definition, now)
    elif rule.definition == definition and not rule.outcome:
        return rule, False
    else:
        # What applied by itself is a person's from now on, and follows no outcome any more.
        rule.version, rule.definition, rule.outcome = rule.version + 1, definition, ""
    session.add(
        MappingRuleVersion(
            rule_id=rule.id,
            number=rule.version,
            definition=definition,
            made_by=actor.person_id,
            made_at=now,
        )
    )
    session.flush()
    return rule, True


def _new_rule(session: Session, wanted: Wanted, definition: dict[str, Any], now: datetime) -> MappingRule:
    rule = MappingRule(
        coursework_id=wanted.work_id,
        part=wanted.part,
        proficiency_id=wanted.proficiency_id,
        version=1,
        definition=definition,
        made_at=now,
    )
    try:
        with session.begin_nested():
            session.add(rule)
    except IntegrityError:
        raise PlpError("mapping_changed", 409, "Somebody else wrote such a rule just now.") from None
    return rule


def end_rule(session: Session, actor: Actor, place: Place, rule_id: int, now: datetime) -> None:
    """End a rule; its levels are taken back, and stay readable. One that has ended stays so.

    One that applied by itself never comes back by itself.

    :raise NotAllowed: when the actor does not teach there.
    :raise NotFound: ``mapping_unknown`` when the course has no such rule.
    """
    require(actor, Action.MAP_COURSEWORK, place)
    lock_coursework(session, place.course_id)
    row = session.get(MappingRule, rule_id, populate_existing=True)
    work = session.get(Coursework, row.coursework_id) if row else None
    if row is None or work is None or work.course_id != place.course_id:
        raise NotFound("The course has no such rule.", code="mapping_unknown")
    if row.ended_at is not None:
        return
    rules = rules_of(session, [work.id]).get((work.id, row.part), [])
    row.ended_at, row.outcome = now, ""
    session.flush()
    for rule in rules:
        if rule.row.id == rule_id:
            take_back(session, rule, work, now)
    _apply_all(session, place, work, now)


def count_rules(session: Session, framework_id: int) -> int:
    """Return how many rules are about a framework; those of one that is withdrawn rest."""
    found = session.scalar(
        select(func.count(MappingRule.id))
        .join(ProficiencyRow, ProficiencyRow.id == MappingRule.proficiency_id)
        .where(ProficiencyRow.framework_id == framework_id, MappingRule.ended_at.is_(None))
    )
    return found or 0


def follow_again(session: Session, framework: Framework, now: datetime) -> None:
    """Let the rules of a framework that was brought back make of all results what they are now."""
    rows = session.execute(
        select(Coursework.course_id, Coursework.id)
        .join(MappingRule, MappingRule.coursework_id == Coursework.id)
        .join(ProficiencyRow, ProficiencyRow.id == MappingRule.proficiency_id)
        .where(ProficiencyRow.framework_id == framework.id, MappingRule.ended_at.is_(None))
        .distinct()
    ).all()
    # One course after the other in the order of their ids, so that nobody waits for each other for ever.
    for course_id in sorted({row.course_id for row in rows}):
        lock_coursework(session, course_id)
    results = newest_results(session, [row.id for row in rows])
    apply_results(session, framework.tenant_id, list(results.values()), now)


def _open_rule(session: Session, wanted: Wanted) -> MappingRule | None:
    return session.scalars(
        select(MappingRule)
        .where(
            MappingRule.coursework_id == wanted.work_id,
            MappingRule.part == wanted.part,
            MappingRule.proficiency_id == wanted.proficiency_id,
            MappingRule.ended_at.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()


def _apply_all(session: Session, place: Place, work: Coursework, now: datetime) -> None:
    results = list(newest_results(session, [work.id]).values())
    apply_results(session, place.tenant_id, results, now)
