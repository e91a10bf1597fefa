"""Tables of the plan.

People, courses and links live in ``lti_plp.lms``, and files in ``lti_plp.files``, which stand above this room; foreign
keys name those tables as text.
"""

from lti_plp.plp.models.ahead import (
    Pathway,
    PathwayParticipation,
    PathwayVersion,
    TransitionAgreement,
    TransitionPlan,
)
from lti_plp.plp.models.conversation import Comment, HelpRequest, Suggestion
from lti_plp.plp.models.growth import (
    EvidenceProficiency,
    Framework,
    FrameworkEntry,
    FrameworkUpload,
    FrameworkVersion,
    GoalProficiency,
    GraduationRequirement,
    Judgement,
    KeptLevel,
    Proficiency,
    ProficiencyVersion,
    Rating,
    Scale,
)
from lti_plp.plp.models.hand_in import HandIn
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
from lti_plp.plp.models.meetings import Meeting, MeetingNote, MeetingParticipant
from lti_plp.plp.models.plan import (
    ElementMark,
    Plan,
    PlanLook,
    PlanTemplate,
    PlanTemplateFeedback,
    PlanTemplateVersion,
)
from lti_plp.plp.models.reflection import (
    KeptAnswer,
    Reflection,
    ReflectionAbout,
    ReflectionAnswer,
    ReflectionRating,
    ReflectionSubmission,
    ReflectionTemplate,
)
from lti_plp.plp.models.sharing import (
    SharedTemplate,
    SharedTemplateFeedback,
    SharedTemplateVersion,
    StarterComment,
)

__all__ = [
    "Achievement",
    "ActionStep",
    "BaselineAssessment",
    "Comment",
    "ElementMark",
    "Evidence",
    "EvidenceLink",
    "EvidenceProficiency",
    "Framework",
    "FrameworkEntry",
    "FrameworkUpload",
    "FrameworkVersion",
    "Goal",
    "GoalProficiency",
    "GoalProfileLink",
    "GoalReview",
    "GoalStep",
    "GraduationRequirement",
    "HandIn",
    "HelpRequest",
    "Judgement",
    "KeptAnswer",
    "KeptLevel",
    "Meeting",
    "MeetingNote",
    "MeetingParticipant",
    "Pathway",
    "PathwayParticipation",
    "PathwayVersion",
    "Plan",
    "PlanChange",
    "PlanLook",
    "PlanRevision",
    "PlanTemplate",
    "PlanTemplateFeedback",
    "PlanTemplateVersion",
    "Proficiency",
    "ProficiencyVersion",
    "ProfileEntry",
    "Rating",
    "Reflection",
    "ReflectionAbout",
    "ReflectionAnswer",
    "ReflectionRating",
    "ReflectionSubmission",
    "ReflectionTemplate",
    "RevisionReflection",
    "Scale",
    "SharedTemplate",
    "SharedTemplateFeedback",
    "SharedTemplateVersion",
    "StarterComment",
    "Suggestion",
    "TransitionAgreement",
    "TransitionPlan",
]
