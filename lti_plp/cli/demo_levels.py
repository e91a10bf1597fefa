"""The demo's framework of proficiencies, and how far its students are: data of ``config/demo/growth``."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from lti_plp.cli.demo_coursework import make_coursework
from lti_plp.cli.demo_player import TEACHER, People
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.ties import tie_with
from lti_plp.plp.growth.frameworks import Tree, frameworks_of, publish, read_tree
from lti_plp.plp.growth.ratings import RatingDraft, judge, rate
from lti_plp.plp.growth.shipped import shipped_draft
from lti_plp.plp.policy import PlanWork

FRAMEWORK = "vermont_transferable_skills"
_WORD = re.compile(r"(?P<level>[A-Z]|-)(?P<own>s?)(?P<days>\d+)")


@dataclass(frozen=True)
class _Said:
    """A rating, or a judgement."""

    code: str
    level: str | None
    is_own: bool
    at: datetime


def make_levels(box: Toolbox, people: People, now: datetime) -> int:
    """Publish the framework and let everybody say what the data tell, once, with coursework that shows some of it.

    Return how many ratings people gave.

    :raise ValueError: naming student and word, when one makes no sense.
    """
    tenant_id = people[TEACHER].actor.tenant_id
    with box.sessions.begin() as session:
        if frameworks_of(session, tenant_id):
            return 0
        draft = shipped_draft(box.settings.config_folder, FRAMEWORK, "en")
        tree = read_tree(session, publish(session, None, tenant_id, draft, 0, now - timedelta(days=900)))
        every = _read(box.settings.config_folder / "demo" / "growth" / "levels.toml")
        made = sum(_play(box, session, tree, people, one, now) for one in every if one["key"] in people)
        make_coursework(box, session, tree, people, now)
        return made


def _read(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["student"]
    return found


def _play(
    box: Toolbox, session: Session, tree: Tree, people: People, told: Mapping[str, Any], now: datetime
) -> int:
    student, teacher = people[told["key"]].actor, people[TEACHER].actor
    tenant_id, grace = student.tenant_id, box.settings.grace_days
    taught = tie_with(session, tenant_id, teacher.person_id, student.person_id, now, grace).work(tenant_id)
    own = PlanWork(tenant_id, student.person_id)
    ids = {one.code: one.id for one in tree.rated}
    every = sorted(_said(told, now), key=lambda one: one.at)
    for one in every:
        actor, work = (student, own) if one.is_own else (teacher, taught)
        rate(session, actor, work, tree, RatingDraft(ids[one.code], one.level, one.at), one.at)
    for code, text in told.get("judged", {}).items():
        word, _, reason = text.partition(" ")
        one = _word(told["key"], code, word, now)
        judge(session, teacher, taught, tree, ids[code], one.level, reason, one.at)
    return len(every)


def _said(told: Mapping[str, Any], now: datetime) -> Iterator[_Said]:
    for code, words in told["said"].items():
        for word in words.split():
            yield _word(told["key"], code, word, now)


def _word(key: str, code: str, word: str, now: datetime) -> _Said:
    found = _WORD.fullmatch(word)
    if found is None:
        raise ValueError(f"levels.toml, {key}, {code}: no rating: {word}")
    level = None if found["level"] == "-" else found["level"]
    return _Said(code, level, bool(found["own"]), now - timedelta(days=int(found["days"])))
