"""Results of an LMS become ratings by the rules of teachers, and achievements of steps by the conditions of students.

Nothing is overwritten: a changed result, or a changed rule, makes a new rating that replaces the former, and a new
achievement after it. Each keeps what it was made of: what stood where and when, and which version of which rule.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from lti_plp.lms.coursework_models import (
    AchievementSource,
    Coursework,
    CourseworkResult,
    MappingRule,
    StepWork,
)
from lti_plp.plp.actor import Actor
from lti_plp.plp.growth.frameworks import Proficiency, Tree, read_tree
from lti_plp.plp.growth.kept_levels import refresh
from lti_plp.plp.growth.mapping import (
    NOTHING_SAID,
    Asked,
    Got,
    RubricLevel,
    Verdict,
    level_of,
    usual_definition,
    verdict_of,
)
from lti_plp.plp.growth.ratings import lock_levels, lock_levels_of
from lti_plp.plp.growth.scales import Level, Scale
from lti_plp.plp.history import LMS_CAUSE, Why, locked_plan, record
from lti_plp.plp.items import ACHIEVEMENT, STEP
from lti_plp.plp.models import Achievement, ActionStep, Framework, Plan, PlanChange, Rating
from lti_plp.plp.models import Proficiency as ProficiencyRow
from lti_plp.plp.plans import write_change

MOST_AT_ONCE = 500
"""Ids of one statement."""
OPEN = frozenset({"planned", "in_progress"})
_FOLLOWED = (
    *("coursework_id", "person_id", "part"),
    *("state", "score", "grade", "level", "submitted_at", "graded_at", "is_late"),
)


def asked_of(work: Coursework, part: str = "") -> Asked:
    """Return what can be had for a piece of coursework, or for a part of it.

    :raise KeyError: when it has no such part.
    """
    if not part:
        return Asked(work.grading, work.points)
    found = part_of(work, part)
    levels = tuple(
        RubricLevel(one["id"], one["title"], _decimal(one.get("points"))) for one in found.get("levels", ())
    )
    points = _decimal(found.get("points"))
    return Asked("levels" if levels else "points", points, levels)


def part_of(work: Coursework, part: str) -> Mapping[str, Any]:
    """Return what an LMS says of a part.

    :raise KeyError: when there is none.
    """
    for one in work.parts:
        if one["id"] == part:
            return one
    raise KeyError(part)


def points_of(work: Coursework, part: str) -> Decimal | None:
    """Return the most that a piece of coursework, or a part that it had once, gives."""
    if not part:
        return work.points
    return _decimal(next((one.get("points") for one in work.parts if one["id"] == part), None))


def got_in(result: CourseworkResult) -> Got:
    """Return a result as rules read it."""
    return Got(result.state, result.score, result.grade, result.level)


def source_key(work_id: int, part: str) -> str:
    """Return what names a result through all its changes."""
    name = f"coursework:{work_id}"
    return f"{name}:{hashlib.sha256(part.encode()).hexdigest()[:32]}" if part else name


def occurred_at(result: CourseworkResult) -> datetime:
    """Return when the student did it, as near as the LMS says."""
    return result.submitted_at or result.graded_at or result.read_at


@dataclass(frozen=True)
class Rule:
    """A rule that is in force, with what it rates."""

    row: MappingRule
    tree: Tree
    proficiency: Proficiency
    scale: Scale

    def level(self, work: Coursework, result: CourseworkResult) -> Level | None:
        """Return the level that it makes of a result; none of one of a part that is no longer there."""
        try:
            asked = asked_of(work, self.row.part)
        except KeyError:
            return None
        return level_of(self.row.definition, self.scale, asked, got_in(result))


def rules_of(session: Session, work_ids: Collection[int]) -> dict[tuple[int, str], list[Rule]]:
    """Return (coursework, part) -> the rules in force.

    Those of what is no longer in its framework are left out, and so are those of a framework that is withdrawn: they
    rest, and say nothing new of anybody.
    """
    found: dict[tuple[int, str], list[Rule]] = defaultdict(list)
    rows: list[tuple[MappingRule, int]] = []
    for some in _portions(sorted(work_ids)):
        wanted = (
            select(MappingRule, ProficiencyRow.framework_id)
            .join(ProficiencyRow, ProficiencyRow.id == MappingRule.proficiency_id)
            .where(MappingRule.coursework_id.in_(some), MappingRule.ended_at.is_(None))
            .order_by(MappingRule.id)
            .execution_options(populate_existing=True)
        )
        rows += [(row, framework_id) for row, framework_id in session.execute(wanted)]
    wished: dict[int, set[int]] = defaultdict(set)
    for row, framework_id in rows:
        wished[framework_id].add(row.proficiency_id)
    # Of a framework of thousands, no more is read than rules are about.
    trees = {
        one: read_tree(session, session.get_one(Framework, one), only=ids) for one, ids in wished.items()
    }
    for row, framework_id in rows:
        tree = trees[framework_id]
        if not tree.is_present:
            continue
        proficiency = tree.by_id.get(row.proficiency_id)
        if proficiency is not None and proficiency.scale is not None:
            found[row.coursework_id, row.part].append(Rule(row, tree, proficiency, proficiency.scale))
    return found


def apply_results(
    session: Session, tenant_id: int, results: Sequence[CourseworkResult], now: datetime
) -> None:
    """Let ratings and steps follow what an LMS says now; ``results`` are the newest of theirs."""
    if not results:
        return
    work_ids = {one.coursework_id for one in results}
    works = {one.id: one for one in session.scalars(select(Coursework).where(Coursework.id.in_(work_ids)))}
    rules = rules_of(session, work_ids)
    by_person: dict[int, list[CourseworkResult]] = defaultdict(list)
    for one in results:
        by_person[one.person_id].append(one)
    lock_levels_of(session, by_person)
    for person_id in sorted(by_person):
        touched: dict[int, Tree] = {}
        for result in sorted(by_person[person_id], key=lambda one: one.id):
            for rule in rules.get((result.coursework_id, result.part), ()):
                if _rate(session, tenant_id, works[result.coursework_id], rule, result, now):
                    touched[rule.proficiency.id] = rule.tree
        for proficiency_id, tree in touched.items():
            refresh(session, tree, person_id, proficiency_id)
        do_steps(session, person_id, {one.coursework_id for one in by_person[person_id]}, rules, now)


def followed_works(session: Session, work_ids: Collection[int]) -> set[int]:
    """Return those of some pieces of coursework that a rule or a step follows."""
    found: set[int] = set()
    for some in _portions(sorted(work_ids)):
        for follower in (MappingRule, StepWork):
            wanted = select(follower.coursework_id).where(
                follower.coursework_id.in_(some), follower.ended_at.is_(None)
            )
            found |= set(session.scalars(wanted))
    return found


def take_back(session: Session, rule: Rule, work: Coursework, now: datetime) -> None:
    """Let a rule that ended say nothing of anybody any more; what it had said stays readable."""
    key = source_key(work.id, rule.row.part)
    people = session.scalars(
        select(Rating.person_id)
        .where(Rating.proficiency_id == rule.proficiency.id, Rating.source_key == key)
        .distinct()
    )
    for person_id in sorted(people):
        lock_levels(session, person_id)
        former = _former(session, person_id, rule.proficiency.id, key)
        if former is not None and former.value is not None:
            provenance = {**former.provenance, "ended": True}
            session.add(_replacing(former, rule, None, provenance, now))
            session.flush()
            refresh(session, rule.tree, person_id, rule.proficiency.id)


def _rate(
    session: Session,
    tenant_id: int,
    work: Coursework,
    rule: Rule,
    result: CourseworkResult,
    now: datetime,
) -> bool:
    """Keep what a rule makes of a result; say whether anything is new."""
    key = source_key(work.id, result.part)
    level = rule.level(work, result)
    value = level.value if level else None
    former = _former(session, result.person_id, rule.proficiency.id, key)
    if value is None and (former is None or former.value is None):
        # Nothing was said, and nothing is.
        return False
    provenance = provenance_of(work, result, rule.row, level)
    if former is not None and former.value == value and _is_of(session, former, provenance, result):
        return False
    if former is None:
        rating = _first(tenant_id, work, rule, result, value, key, provenance, now)
    else:
        rating = _replacing(former, rule, value, provenance, now)
        rating.occurred_at, rating.due_on = occurred_at(result), _due_on(work)
    session.add(rating)
    session.flush()
    return True


def _is_of(session: Session, rating: Rating, provenance: Mapping[str, Any], result: CourseworkResult) -> bool:
    same = (rating.provenance.get(name) == provenance[name] for name in ("rule_id", "rule_version", "points"))
    return all(same) and _is_followed(session, rating.provenance.get("result_id"), result)


def _is_followed(session: Session, former_id: int | None, result: CourseworkResult) -> bool:
    """Say whether a result says what one says that was followed: other files alone are nothing new."""
    if former_id is None or former_id == result.id:
        return former_id is not None
    former = session.get(CourseworkResult, former_id)
    return former is not None and all(getattr(former, one) == getattr(result, one) for one in _FOLLOWED)


def _former(session: Session, person_id: int, proficiency_id: int, key: str) -> Rating | None:
    """Return the rating that counts of a source; replaced ones do not."""
    later = aliased(Rating)
    return session.scalars(
        select(Rating).where(
            Rating.person_id == person_id,
            Rating.proficiency_id == proficiency_id,
            Rating.source_key == key,
            ~exists().where(later.replaces_id == Rating.id),
        )
    ).one_or_none()


def _first(
    tenant_id: int,
    work: Coursework,
    rule: Rule,
    result: CourseworkResult,
    value: Decimal | None,
    key: str,
    provenance: dict[str, Any],
    now: datetime,
) -> Rating:
    return Rating(
        tenant_id=tenant_id,
        person_id=result.person_id,
        proficiency_id=rule.proficiency.id,
        version_id=rule.proficiency.version_id,
        value=value,
        role="lms",
        note="",
        guide={},
        source_key=key,
        provenance=provenance,
        occurred_at=occurred_at(result),
        due_on=_due_on(work),
        created_at=now,
    )


def _replacing(
    former: Rating, rule: Rule, value: Decimal | None, provenance: dict[str, Any], now: datetime
) -> Rating:
    return Rating(
        tenant_id=former.tenant_id,
        person_id=former.person_id,
        proficiency_id=former.proficiency_id,
        version_id=rule.proficiency.version_id,
        value=value,
        role="lms",
        note="",
        guide={},
        source_key=former.source_key,
        provenance=provenance,
        occurred_at=former.occurred_at,
        due_on=former.due_on,
        replaces_id=former.id,
        created_at=now,
    )


def provenance_of(
    work: Coursework, result: CourseworkResult, rule: MappingRule, level: Level | None
) -> dict[str, Any]:
    """Return what a level was made of: what the LMS shows, where and since when, and by which rule."""
    part = next((one["title"] for one in work.parts if one["id"] == result.part), "")
    by_itself = {"outcome": rule.outcome} if rule.outcome else {}
    at = result.graded_at or result.submitted_at
    return {
        "source": work.source,
        "coursework_id": work.id,
        "title": work.title,
        "part": part,
        "url": work.url,
        "result_id": result.id,
        "state": result.state,
        "score": _text(result.score),
        "points": _text(points_of(work, result.part)),
        "grade": result.grade,
        "at": at.astimezone(UTC).isoformat() if at else None,
        "read_at": result.read_at.astimezone(UTC).isoformat(),
        "rule_id": rule.id,
        "rule_version": rule.version,
        "level": level.code if level else None,
        **by_itself,
    }


def _due_on(work: Coursework) -> Any:
    return work.due_at.date() if work.due_at else None


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number.normalize(), "f")


def _portions(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[first : first + MOST_AT_ONCE] for first in range(0, len(ids), MOST_AT_ONCE))


# ---- Action steps


def do_steps(
    session: Session,
    person_id: int,
    work_ids: Collection[int],
    rules: Mapping[tuple[int, str], Sequence[Rule]],
    now: datetime,
) -> None:
    """Let a student's steps follow the coursework that they are tied to."""
    rows = session.execute(
        select(StepWork, Plan.id.label("plan_id"))
        .join(ActionStep, ActionStep.id == StepWork.step_id)
        .join(Plan, Plan.id == ActionStep.plan_id)
        .where(
            Plan.person_id == person_id,
            StepWork.coursework_id.in_(work_ids),
            StepWork.ended_at.is_(None),
            ActionStep.removed_at.is_(None),
        )
        .order_by(StepWork.id)
    ).all()
    for tied, plan_id in rows:
        work = session.get_one(Coursework, tied.coursework_id)
        result, verdict = judged(session, tied.condition, work, person_id, rules)
        if result is not None:
            _achieve(session, locked_plan(session, plan_id), tied, work, (result, verdict), now)


def judged(
    session: Session,
    condition: Mapping[str, Any],
    work: Coursework,
    person_id: int,
    rules: Mapping[tuple[int, str], Sequence[Rule]],
) -> tuple[CourseworkResult | None, Verdict]:
    """Return the result that decides about a step, and what it says of it; none before the LMS has any."""
    results = _newest(session, work.id, person_id)
    if condition["when"] != "level":
        found = results.get("")
        said = verdict_of(condition, asked_of(work), got_in(found)) if found else NOTHING_SAID
        return found, said
    wanted = condition["proficiency_id"]
    mine = [
        one
        for (work_id, _), some in rules.items()
        if work_id == work.id
        for one in some
        if one.proficiency.id == wanted and one.row.part in results
    ]
    for rule in mine:
        found = results[rule.row.part]
        level = rule.level(work, found)
        return found, verdict_of(condition, asked_of(work), got_in(found), rule.scale, level)
    return _without_rule(session, condition, work, results.get(""))


def _without_rule(
    session: Session, condition: Mapping[str, Any], work: Coursework, found: CourseworkResult | None
) -> tuple[CourseworkResult | None, Verdict]:
    """Return what the usual rule of a scale says, where no teacher has written one."""
    row = session.get(ProficiencyRow, condition["proficiency_id"])
    if found is None or row is None:
        return found, NOTHING_SAID
    tree = read_tree(session, session.get_one(Framework, row.framework_id), only=[row.id])
    proficiency = tree.by_id.get(row.id)
    if proficiency is None or proficiency.scale is None:
        return found, NOTHING_SAID
    asked, got, scale = asked_of(work), got_in(found), proficiency.scale
    level = level_of(usual_definition(scale, asked), scale, asked, got)
    return found, verdict_of(condition, asked, got, scale, level)


def _newest(session: Session, work_id: int, person_id: int) -> dict[str, CourseworkResult]:
    """Return part -> the newest result."""
    rows = session.scalars(
        select(CourseworkResult)
        .where(CourseworkResult.coursework_id == work_id, CourseworkResult.person_id == person_id)
        .order_by(CourseworkResult.number)
    )
    return {row.part: row for row in rows}


def _achieve(
    session: Session,
    plan: Plan,
    tied: StepWork,
    work: Coursework,
    said: tuple[CourseworkResult, Verdict],
    now: datetime,
) -> None:
    """Note how far a step is by a result, and let its state follow, unless nothing is new."""
    result, verdict = said
    points = points_of(work, result.part)
    score = result.score if result.state == "graded" and points else None
    facts = {
        "progress": verdict.progress,
        "raw_score": score,
        "raw_maximum": points if score is not None else None,
    }
    former = session.execute(
        select(Achievement, AchievementSource.result_id)
        .join(AchievementSource, AchievementSource.achievement_id == Achievement.id)
        .where(AchievementSource.step_work_id == tied.id)
        .order_by(Achievement.id.desc())
        .limit(1)
    ).one_or_none()
    if former is None and not verdict.progress and score is None:
        return
    if former is not None and _is_followed(session, former.result_id, result) and _same(former[0], facts):
        return
    # It is told in the name of whoever tied the step to the work; the source says that nobody typed it.
    actor = Actor(tied.made_by, plan.tenant_id, None, frozenset())
    why = Why(cause=f"{LMS_CAUSE}{result.id}")
    made = Achievement(
        plan_id=plan.id,
        step_id=tied.step_id,
        kind="evidence",
        source="lms",
        claim="",
        occurred_at=occurred_at(result),
        recorded_by=actor.person_id,
        created_at=now,
        **facts,
    )
    session.add(made)
    session.flush()
    session.add(AchievementSource(achievement_id=made.id, result_id=result.id, step_work_id=tied.id))
    fields = {name: [None, value] for name, value in ACHIEVEMENT.read(session, made).items()}
    record(session, plan, actor, (ACHIEVEMENT.name, made.id, 1), "add", fields, now, why)
    _move_step(session, plan, actor, tied, verdict, now, why)


def _same(there: Achievement, facts: Mapping[str, Any]) -> bool:
    return all(getattr(there, name) == value for name, value in facts.items())


def _move_step(
    session: Session, plan: Plan, actor: Actor, tied: StepWork, verdict: Verdict, now: datetime, why: Why
) -> None:
    """Let a step be done, or no longer, where its student did not say otherwise."""
    step = session.get_one(ActionStep, tied.step_id, populate_existing=True)
    last = _last_move(session, plan, step)
    by_lms = last is not None and last.cause.startswith(LMS_CAUSE)
    taken_back = last is not None and not by_lms and last.fields["state"][0] == "done"
    if verdict.is_done and step.state in OPEN and not taken_back:
        state = "done"
    elif not verdict.is_done and step.state == "done" and by_lms:
        state = "in_progress"
    else:
        return
    there = (STEP, step, STEP.read(session, step))
    write_change(session, plan, actor, there, ("edit", {"state": state}), now, why)


def _last_move(session: Session, plan: Plan, step: ActionStep) -> PlanChange | None:
    """Return the newest change of a step's state after it was added."""
    changes = session.scalars(
        select(PlanChange)
        .where(
            PlanChange.plan_id == plan.id,
            PlanChange.item_kind == STEP.name,
            PlanChange.item_id == step.id,
            PlanChange.action == "edit",
        )
        .order_by(PlanChange.number.desc())
    )
    return next((one for one in changes if "state" in one.fields), None)
