"""Tables of the plan.

People, courses and links live in ``lti_plp.lms``, and files in ``lti_plp.files``, which stand above this room; foreign
keys name those tables as text.
"""

from lti_plp.plp.models.conversation import Comment, HelpRequest, Suggestion
from lti_plp.plp.models.history import GoalReview, PlanChange, PlanRevision, RevisionReflection
from lti_plp.plp.models.items import (
    Achievement,
    ActionStep,
    BaselineAssessment,
    Evidence,
    EvidenceLink,
    Goal,
    GoalProfileLink,
    GoalStep,
    ProfileEntry,
)
from lti_plp.plp.models.plan import Plan, PlanTemplate, PlanTemplateFeedback, PlanTemplateVersion
from lti_plp.plp.models.reflection import (
    KeptAnswer,
    Reflection,
    ReflectionAbout,
    ReflectionAnswer,
    ReflectionRating,
    ReflectionSubmission,
    ReflectionTemplate,
)

__all__ = [
    "Achievement",
    "ActionStep",
    "BaselineAssessment",
    "Comment",
    "Evidence",
    "EvidenceLink",
    "Goal",
    "GoalProfileLink",
    "GoalReview",
    "GoalStep",
    "HelpRequest",
    "KeptAnswer",
    "Plan",
    "PlanChange",
    "PlanRevision",
    "PlanTemplate",
    "PlanTemplateFeedback",
    "PlanTemplateVersion",
    "ProfileEntry",
    "Reflection",
    "ReflectionAbout",
    "ReflectionAnswer",
    "ReflectionRating",
    "ReflectionSubmission",
    "ReflectionTemplate",
    "RevisionReflection",
    "Suggestion",
]
