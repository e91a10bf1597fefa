"""Reflections that a student begins herself: in her own words, or with somebody else's written down by her."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound, PlpError
from lti_plp.plp.about import About, add_about, check_about
from lti_plp.plp.actor import Actor
from lti_plp.plp.manner import Manner
from lti_plp.plp.models import Reflection
from lti_plp.plp.policy import Action, OwnWork, require
from lti_plp.plp.prompts import Prompt, PromptBank
from lti_plp.plp.reflections import OwnFacts, locked
from lti_plp.plp.templates import OWN, QuestionDraft, TemplateDraft, template_row

MAX_KEY = 100


@dataclass(frozen=True)
class OwnDraft:
    """Everything that begins a reflection of one's own."""

    key: str
    """Of the form that was sent: the same form sent twice begins one reflection."""
    title: str
    questions: tuple[QuestionDraft, ...]
    instructions: str = ""
    kind: str = OWN
    locale: str = "en"
    manner: Manner = field(default_factory=Manner)
    about: About = field(default_factory=About)

    @property
    def template(self) -> TemplateDraft:
        """What makes its template."""
        return TemplateDraft(
            title=self.title,
            questions=self.questions,
            instructions=self.instructions,
            kind=self.kind,
            locale=self.locale,
            grading="none",
            layout="one",
        )

    def problems(self) -> dict[str, str]:
        """Return what is wrong, as field -> stable name of the problem; empty when all is well."""
        missing = {} if 1 <= len(self.key) <= MAX_KEY else {"key": "missing"}
        return {**self.template.problems(), **self.manner.problems(), **missing}

    def id_for(self, actor: Actor) -> str:
        """Return the UUID of its template: the same for what is sent twice, another one for everything else."""
        about = [sorted(ids) for ids in (self.about.goals, self.about.steps, self.about.evidence)]
        content = [self.key, asdict(self.template), asdict(self.manner), about]
        name = json.dumps([actor.tenant_id, actor.person_id, content], sort_keys=True)
        return str(uuid.uuid5(_OWN_REFLECTIONS, name))


_OWN_REFLECTIONS = uuid.UUID("6f0a4c1e-9a53-4b0b-8f4f-2f6f6a1e7b0d")
"""Namespace (RFC 9562, 5.5) of the ids of such templates; no meaning beyond that."""


def prompts_named(bank: PromptBank, ids: Iterable[str]) -> tuple[Prompt, ...]:
    """Return questions and self-evaluation prompts in the order of the process; unknown ids and tips are left out."""
    wanted = set(ids)
    return tuple(
        prompt
        for step in bank.steps
        for prompt in step.prompts
        if prompt.id in wanted and prompt.kind != "tip"
    )


def asked_in(prompts: Iterable[Prompt], voice: str, locale: str) -> tuple[QuestionDraft, ...]:
    """Return prompts as questions to whoever speaks: about oneself, or about this student."""
    audience = "student" if voice == "student" else "adult"
    return tuple(QuestionDraft(prompt.text(audience, locale), prompt.id) for prompt in prompts)


def begin_own(session: Session, actor: Actor, draft: OwnDraft, now: datetime) -> OwnFacts:
    """Begin a reflection; the same form sent twice, or from two tabs at once, begins one.

    :raise NotAllowed: when the actor is no student.
    :raise BadInput: with every problem by field in its details, or when it is about something of another plan.
    """
    require(actor, Action.WRITE_REFLECTION, OwnWork(actor.tenant_id, actor.person_id))
    if problems := draft.problems():
        raise BadInput(
            "The reflection cannot be begun like this.", code="reflection_problems", details=problems
        )
    own = OwnFacts(actor.tenant_id, draft.id_for(actor))
    if _is_begun(session, own):
        return own
    check_about(session, actor.person_id, draft.about)
    try:
        with session.begin_nested():
            _begin(session, actor, draft, own, now)
    except IntegrityError:
        # The other tab was quicker.
        if not _is_begun(session, own):
            raise
    return own


def _is_begun(session: Session, own: OwnFacts) -> bool:
    return session.scalar(select(Reflection.id).where(Reflection.template_id == own.template_id)) is not None


def _begin(session: Session, actor: Actor, draft: OwnDraft, own: OwnFacts, now: datetime) -> None:
    session.add(template_row(draft.template, own.template_id, own.tenant_id, actor.person_id, now))
    session.flush()
    begun = Reflection(
        tenant_id=own.tenant_id,
        person_id=actor.person_id,
        template_id=own.template_id,
        started_at=now,
        saved_at=now,
        state="draft",
        submissions=0,
        **asdict(draft.manner.cleaned()),
    )
    session.add(begun)
    session.flush()
    add_about(session, begun.id, draft.about)


def change_manner(session: Session, actor: Actor, own: OwnFacts, manner: Manner) -> None:
    """Say anew whose voice it is, which form it has and what it is for, as long as it is being written.

    Who sees it stays as it is: see :func:`change_audience`.

    :raise NotAllowed: when the actor is no student.
    :raise NotFound: when the actor began no such reflection.
    :raise BadInput: with every problem by field in its details.
    :raise PlpError: 409 ``already_finished``.
    """
    reflection = _own(session, actor, own)
    if reflection.state != "draft":
        raise PlpError("already_finished", 409, "This reflection is finished.")
    _set(reflection, replace(manner, audience=reflection.audience))
    session.flush()


def change_audience(session: Session, actor: Actor, own: OwnFacts, audience: str) -> None:
    """Say anew who sees a reflection of one's own, also when it is finished.

    :raise NotAllowed: when the actor is no student.
    :raise NotFound: when the actor began no such reflection.
    :raise BadInput: when there is no such audience.
    """
    reflection = _own(session, actor, own)
    if "audience" in Manner(audience=audience).problems():
        raise BadInput("There is no such audience.", code="audience_unknown")
    reflection.audience = audience
    session.flush()


def _own(session: Session, actor: Actor, own: OwnFacts) -> Reflection:
    require(actor, Action.WRITE_REFLECTION, own.work_of(actor.person_id))
    reflection = locked(session, actor.person_id, own)
    if reflection is None:
        raise NotFound("There is no such reflection.")
    return reflection


def _set(reflection: Reflection, manner: Manner) -> None:
    if problems := manner.problems():
        raise BadInput(
            "The reflection cannot be changed like this.", code="reflection_problems", details=problems
        )
    for name, value in asdict(manner.cleaned()).items():
        setattr(reflection, name, value)
