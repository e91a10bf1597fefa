"""What an LMS says is an outcome, and came from there as a proficiency, is rated as that by itself.

Such a rule follows the LMS: where the work becomes about another outcome, or its levels change, so does the rule. A
person's word goes first: what somebody made, changed or ended for a part of some work is left as it is for good.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lti_plp.lms.applying import asked_of, rules_of, take_back
from lti_plp.lms.coursework_models import Coursework, MappingRule, MappingRuleVersion
from lti_plp.lms.work import home_of
from lti_plp.plp.growth.frameworks import Proficiency, read_some
from lti_plp.plp.growth.mapping import MappingProblem, checked_definition, usual_definition
from lti_plp.plp.growth.ratings import lock_levels_of
from lti_plp.plp.models import Framework, FrameworkEntry, FrameworkVersion
from lti_plp.plp.models import Proficiency as ProficiencyRow

FROM_LMS = "lms"
"""Source of a framework that came from an LMS."""


@dataclass(frozen=True)
class _Outcome:
    """A part of a piece of work that an LMS says is an outcome, or that a rule of that kind is about."""

    work: Coursework
    part: str
    name: str
    """Empty where the LMS does not say so any more."""
    proficiencies: Sequence[Proficiency]
    """What it is here, the likeliest first; more than one where it came in several frameworks."""
    rules: Sequence[MappingRule]
    """All that there ever were."""


def follow_outcomes(
    session: Session, tenant_id: int, works: Collection[Coursework], now: datetime, people: Collection[int]
) -> set[int]:
    """Let rules follow what an LMS says of works; return the ids of works whose rules changed.

    The course's coursework has to be locked. ``people`` are all whose levels may change by this answer.
    """
    changed = set()
    outcomes = _outcomes(session, tenant_id, works)
    if any(
        _is_open(rule) and not _is_about(rule, one.proficiencies) for one in outcomes for rule in one.rules
    ):
        # Levels are taken back before others follow: so that nobody waits for each other, all are held from here on.
        lock_levels_of(session, people)
    for one in outcomes:
        wrong = [rule for rule in one.rules if _is_open(rule) and not _is_about(rule, one.proficiencies)]
        right = [rule for rule in one.rules if _is_open(rule) and _is_about(rule, one.proficiencies)]
        done = (
            _end(session, one.work, wrong, now),
            _renew(session, one, right, now),
            _begin(session, one, now),
        )
        if any(done):
            changed.add(one.work.id)
    return changed


def _is_open(rule: MappingRule) -> bool:
    return rule.ended_at is None and bool(rule.outcome)


def _is_about(rule: MappingRule, proficiencies: Sequence[Proficiency]) -> bool:
    return rule.proficiency_id in {one.id for one in proficiencies}


def _outcomes(session: Session, tenant_id: int, works: Collection[Coursework]) -> list[_Outcome]:
    rules: dict[tuple[int, str], list[MappingRule]] = defaultdict(list)
    ids = [work.id for work in works]
    for row in session.scalars(select(MappingRule).where(MappingRule.coursework_id.in_(ids))):
        rules[row.coursework_id, row.part].append(row)
    parts = [
        (work, part, rules[work.id, part["id"]])
        for work in works
        for part in work.parts
        if part.get("outcome") or any(_is_open(one) for one in rules[work.id, part["id"]])
    ]
    there = _proficiencies(session, tenant_id, [part for _, part, _ in parts if part.get("outcome")])
    return [
        _Outcome(work, part["id"], part.get("outcome", ""), there.get(part.get("outcome", ""), ()), of_part)
        for work, part, of_part in parts
    ]


def _proficiencies(
    session: Session, tenant_id: int, parts: Sequence[Mapping[str, Any]]
) -> dict[str, list[Proficiency]]:
    """Return outcome -> what came of it in frameworks from the same LMS, by its own name first."""
    guids = {one[name] for one in parts for name in ("outcome", "guid") if one.get(name)}
    if not guids:
        return {}
    rows = session.execute(
        select(ProficiencyRow.id, ProficiencyRow.guid, Framework.guid.label("home"))
        .join(Framework, Framework.id == ProficiencyRow.framework_id)
        .join(
            FrameworkEntry,
            and_(
                FrameworkEntry.framework_id == Framework.id,
                FrameworkEntry.number == Framework.version,
                FrameworkEntry.proficiency_id == ProficiencyRow.id,
            ),
        )
        .join(
            FrameworkVersion,
            and_(FrameworkVersion.framework_id == Framework.id, FrameworkVersion.number == Framework.version),
        )
        .where(
            Framework.tenant_id == tenant_id,
            Framework.withdrawn_at.is_(None),
            FrameworkVersion.source == FROM_LMS,
            ProficiencyRow.guid.in_(guids),
        )
        .order_by(Framework.id, ProficiencyRow.id)
    ).all()
    rated = {one.id: one for one in read_some(session, tenant_id, [row.id for row in rows])}
    found = {}
    for one in parts:
        home = f"{home_of(one['outcome'])}:"
        for guid in (one["outcome"], one.get("guid")):
            ids = [row.id for row in rows if row.guid == guid and row.home.startswith(home)]
            if some := [rated[number] for number in ids if number in rated]:
                found[one["outcome"]] = some
                break
    return found


def _end(session: Session, work: Coursework, wrong: Sequence[MappingRule], now: datetime) -> bool:
    """End rules about what the LMS no longer says; those that rest already say nothing, and may wake again."""
    ids = {one.id for one in wrong}
    in_force = [
        rule
        for some in (rules_of(session, [work.id]) if ids else {}).values()
        for rule in some
        if rule.row.id in ids
    ]
    for rule in in_force:
        rule.row.ended_at = now
        session.flush()
        take_back(session, rule, work, now)
    return bool(in_force)


def _renew(session: Session, one: _Outcome, right: Sequence[MappingRule], now: datetime) -> bool:
    """Let rules that apply by themselves fit the levels that there are now."""
    changed = False
    for rule in right:
        proficiency = next(found for found in one.proficiencies if found.id == rule.proficiency_id)
        definition = _definition(one, proficiency)
        if definition is not None and (definition, one.name) != (rule.definition, rule.outcome):
            rule.version, rule.definition, rule.outcome = rule.version + 1, definition, one.name
            _keep_version(session, rule, now)
            changed = True
    return changed


def _begin(session: Session, one: _Outcome, now: datetime) -> bool:
    """Make a rule where there is none, unless somebody has ever said anything about this part."""
    by_person = any(not rule.outcome for rule in one.rules)
    there = any(_is_open(rule) and _is_about(rule, one.proficiencies) for rule in one.rules)
    definition = _definition(one, one.proficiencies[0]) if one.proficiencies else None
    if by_person or there or definition is None:
        return False
    rule = MappingRule(
        coursework_id=one.work.id,
        part=one.part,
        proficiency_id=one.proficiencies[0].id,
        version=1,
        definition=definition,
        outcome=one.name,
        made_at=now,
    )
    session.add(rule)
    session.flush()
    _keep_version(session, rule, now)
    return True


def _definition(one: _Outcome, proficiency: Proficiency) -> dict[str, Any] | None:
    """Return the usual rule; ``None`` where there is nothing of which a level could be made."""
    asked = asked_of(one.work, one.part)
    if proficiency.scale is None:
        return None
    try:
        return checked_definition(usual_definition(proficiency.scale, asked), proficiency.scale, asked)
    except MappingProblem:
        return None


def _keep_version(session: Session, rule: MappingRule, now: datetime) -> None:
    session.add(
        MappingRuleVersion(
            rule_id=rule.id, number=rule.version, definition=rule.definition, made_by=None, made_at=now
        )
    )
    session.flush()
