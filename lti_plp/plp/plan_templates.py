"""A district's own forms of the plan: drafts, published versions, and what people think of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lti_plp.errors import BadInput, NotFound
from lti_plp.plp.models import Plan, PlanTemplate, PlanTemplateFeedback, PlanTemplateVersion
from lti_plp.plp.plan_forms import Element, FormDraft, PlanForm, shipped_drafts, shipped_form, stored_element
from lti_plp.plp.texts import storable

__all__ = [
    "Element",
    "PlanForm",
    "TemplateState",
    "draft_version",
    "form_of",
    "list_feedback",
    "list_templates",
    "newest_draft",
    "publish",
    "say",
    "shipped_form",
    "template_named",
]

MAX_FEEDBACK = 5_000


def form_of(session: Session, plan: Plan, config_folder: Path) -> PlanForm:
    """Return the form of a plan: the one it names, else the district's newest for its grade, else the shipped one.

    A district's form serves a plan of unknown grade when it is for every grade of the shipped standard form.
    """
    query = (
        select(
            PlanTemplate.name,
            PlanTemplateVersion.id,
            PlanTemplateVersion.number,
            PlanTemplateVersion.elements,
        )
        .join(PlanTemplate, PlanTemplate.id == PlanTemplateVersion.template_id)
        .where(PlanTemplate.tenant_id == plan.tenant_id, PlanTemplateVersion.published_at.is_not(None))
        .order_by(PlanTemplateVersion.published_at.desc(), PlanTemplateVersion.id.desc())
        .limit(1)
    )
    if plan.template_version_id is not None:
        query = query.where(PlanTemplateVersion.id == plan.template_version_id)
    else:
        first, last = _grades(plan.grade, config_folder)
        query = query.where(PlanTemplate.first_grade <= first, PlanTemplate.last_grade >= last)
    row = session.execute(query).one_or_none()
    if row is None:
        return shipped_form(config_folder, plan.grade)
    return PlanForm(row.name, row.number, tuple(stored_element(one) for one in row.elements), row.id)


def _grades(grade: int | None, config_folder: Path) -> tuple[int, int]:
    if grade is not None:
        return grade, grade
    standard = shipped_drafts(config_folder)[0]
    return standard.first_grade, standard.last_grade


def draft_version(
    session: Session,
    tenant_id: int,
    name: str,
    first_grade: int,
    last_grade: int,
    elements: Sequence[Element],
    now: datetime,
) -> PlanTemplateVersion:
    """Keep a form as the draft of the template of that name, in place of its draft so far.

    :raise BadInput: with every problem by field in its details, or when other grades are given than those of versions
        published before: a draft must not change which plans a published form serves. Nothing was changed then.
    """
    form = FormDraft(name, first_grade, last_grade, tuple(elements))
    if problems := form.problems():
        raise BadInput(
            "The form of the plan cannot be kept like this.", code="plan_template_problems", details=problems
        )
    template = _template_for(session, tenant_id, form, now)
    draft = _draft(session, template.id)
    if draft is None:
        draft = PlanTemplateVersion(template_id=template.id, number=_newest_number(session, template.id) + 1)
        session.add(draft)
    draft.elements = [element.as_data() for element in form.elements]
    session.flush()
    return draft


def _template_for(session: Session, tenant_id: int, form: FormDraft, now: datetime) -> PlanTemplate:
    """Return the template of the form's name with its grades, made if there is none, locked where rows are locked."""
    template = session.scalars(
        select(PlanTemplate)
        .where(PlanTemplate.tenant_id == tenant_id, PlanTemplate.name == form.name)
        .with_for_update()
    ).one_or_none()
    if template is None:
        template = PlanTemplate(tenant_id=tenant_id, name=form.name, created_at=now)
        session.add(template)
    elif (template.first_grade, template.last_grade) == (form.first_grade, form.last_grade):
        return template
    elif _is_published(session, template.id):
        raise BadInput(
            "This template is published for other grades. Give the one for these grades another name.",
            code="plan_template_grades",
            details={"first_grade": template.first_grade, "last_grade": template.last_grade},
        )
    template.first_grade, template.last_grade = form.first_grade, form.last_grade
    session.flush()
    return template


def _is_published(session: Session, template_id: int) -> bool:
    versions = select(PlanTemplateVersion.id).where(
        PlanTemplateVersion.template_id == template_id, PlanTemplateVersion.published_at.is_not(None)
    )
    return bool(session.scalar(select(versions.exists())))


def _draft(session: Session, template_id: int) -> PlanTemplateVersion | None:
    """Return a template's draft, locked where the database locks rows: nobody publishes it meanwhile."""
    return session.scalars(
        select(PlanTemplateVersion)
        .where(PlanTemplateVersion.template_id == template_id, PlanTemplateVersion.published_at.is_(None))
        .with_for_update()
    ).one_or_none()


def _newest_number(session: Session, template_id: int) -> int:
    numbers = select(func.max(PlanTemplateVersion.number))
    return session.scalar(numbers.where(PlanTemplateVersion.template_id == template_id)) or 0


def publish(session: Session, template_id: int, now: datetime) -> PlanTemplateVersion:
    """Publish the draft of a template; from then on it never changes (a database trigger holds it).

    :raise NotFound: when there is no draft.
    """
    draft = _draft(session, template_id)
    if draft is None:
        raise NotFound("This template has no draft to publish.", code="plan_template_no_draft")
    draft.published_at = now
    session.flush()
    return draft


def template_named(session: Session, tenant_id: int, name: str) -> PlanTemplate:
    """Return the district's template of that name.

    :raise NotFound: when it has none.
    """
    template = session.scalars(
        select(PlanTemplate).where(PlanTemplate.tenant_id == tenant_id, PlanTemplate.name == name)
    ).one_or_none()
    if template is None:
        raise NotFound("There is no template of this name.", code="plan_template_unknown")
    return template


def newest_draft(session: Session, template: PlanTemplate) -> FormDraft:
    """Return a template's newest version, published or not, as a form to go on from.

    :raise NotFound: when it has no version at all.
    """
    elements = session.scalars(
        select(PlanTemplateVersion.elements)
        .where(PlanTemplateVersion.template_id == template.id)
        .order_by(PlanTemplateVersion.number.desc())
        .limit(1)
    ).one_or_none()
    if elements is None:
        raise NotFound("This template has no version yet.", code="plan_template_unknown")
    parts = tuple(stored_element(one) for one in elements)
    return FormDraft(template.name, template.first_grade, template.last_grade, parts)


@dataclass(frozen=True)
class TemplateState:
    """A district's template and how far it is."""

    tenant_id: int
    name: str
    first_grade: int
    last_grade: int
    published: int | None
    """Number of the newest published version."""
    draft: int | None
    """Number of the version that is not published yet."""


def list_templates(session: Session) -> list[TemplateState]:
    """Return the templates of all districts, by district and name."""
    is_draft = PlanTemplateVersion.published_at.is_(None)
    rows = session.execute(
        select(
            PlanTemplate.tenant_id,
            PlanTemplate.name,
            PlanTemplate.first_grade,
            PlanTemplate.last_grade,
            func.max(PlanTemplateVersion.number).filter(~is_draft).label("published"),
            func.max(PlanTemplateVersion.number).filter(is_draft).label("draft"),
        )
        .join(PlanTemplateVersion, PlanTemplateVersion.template_id == PlanTemplate.id)
        .group_by(PlanTemplate.id)
        .order_by(PlanTemplate.tenant_id, PlanTemplate.name)
    )
    return [TemplateState(*row) for row in rows]


def say(
    session: Session,
    tenant_id: int,
    version_id: int | None,
    author_id: int,
    role: str,
    text: str,
    now: datetime,
) -> PlanTemplateFeedback:
    """Keep what somebody thinks of a form; ``version_id`` is ``None`` for one that comes with the product.

    :raise NotFound: when the district has no such version.
    :raise BadInput: when nothing is said, or too much.
    """
    text = storable(text).strip()
    if not text:
        raise BadInput("Nothing is written yet.", code="feedback_missing")
    if len(text) > MAX_FEEDBACK:
        raise BadInput("The text is too long.", code="feedback_too_long", details={"longest": MAX_FEEDBACK})
    if version_id is not None:
        _require_version(session, tenant_id, version_id)
    said = PlanTemplateFeedback(
        tenant_id=tenant_id,
        template_version_id=version_id,
        author_id=author_id,
        author_role=role,
        text=text,
        said_at=now,
    )
    session.add(said)
    session.flush()
    return said


def _require_version(session: Session, tenant_id: int, version_id: int) -> None:
    found = (
        select(PlanTemplateVersion.id)
        .join(PlanTemplate, PlanTemplate.id == PlanTemplateVersion.template_id)
        .where(PlanTemplateVersion.id == version_id, PlanTemplate.tenant_id == tenant_id)
    )
    if session.scalar(found) is None:
        raise NotFound("There is no such version of a template.", code="plan_template_unknown")


@dataclass(frozen=True)
class FormFeedback:
    """What somebody thinks of a form; without a name, for it is about the form."""

    tenant_id: int
    template: str | None
    """``None`` for a form that comes with the product."""
    version: int | None
    role: str
    text: str
    said_at: datetime


def list_feedback(session: Session, tenant_id: int | None = None) -> list[FormFeedback]:
    """Return what people think of their forms, newest first; of one district or of all."""
    query = (
        select(
            PlanTemplateFeedback.tenant_id,
            PlanTemplate.name,
            PlanTemplateVersion.number,
            PlanTemplateFeedback.author_role,
            PlanTemplateFeedback.text,
            PlanTemplateFeedback.said_at,
        )
        .outerjoin(PlanTemplateVersion, PlanTemplateVersion.id == PlanTemplateFeedback.template_version_id)
        .outerjoin(PlanTemplate, PlanTemplate.id == PlanTemplateVersion.template_id)
        .order_by(PlanTemplateFeedback.id.desc())
    )
    if tenant_id is not None:
        query = query.where(PlanTemplateFeedback.tenant_id == tenant_id)
    return [FormFeedback(*row) for row in session.execute(query)]
