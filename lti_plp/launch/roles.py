"""The one table that turns a platform's role URIs into ours (LTI Core 1.3, appendix A)."""

from collections.abc import Iterable

from lti_plp.plp.actor import Role

_CONTEXT = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
_SUB_ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership/"
_OLD_URN = "urn:lti:role:ims/lis/"
SCHOOL_ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

_PRINCIPAL = {
    "Administrator": Role.ADMINISTRATOR,
    "ContentDeveloper": Role.CONTENT_DEVELOPER,
    "Instructor": Role.INSTRUCTOR,
    "Learner": Role.LEARNER,
    "Mentor": Role.MENTOR,
}
# The certification suite sends simple names; the specification allows them for context roles only.
_SIMPLE = {**_PRINCIPAL, "TeachingAssistant": Role.TEACHING_ASSISTANT}

_ASSISTANT = frozenset(
    {
        "TeachingAssistant",
        "TeachingAssistantGroup",
        "TeachingAssistantOffering",
        "TeachingAssistantSection",
        "TeachingAssistantSectionAssociation",
        "TeachingAssistantTemplate",
    }
)
# People who help to run the software have no business with students' words.
_TECHNICAL = frozenset({"Developer", "ExternalDeveloper", "ExternalSupport", "Support"})


def roles_of(uris: Iterable[object]) -> tuple[frozenset[Role], bool]:
    """Return (roles in the course, whether this is the platform's test user).

    Only context roles count: a system or institution role gives no authority in a course. What is not known gives
    nothing and is no error.
    """
    roles: set[Role] = set()
    is_test = False
    for uri in uris:
        if not isinstance(uri, str):
            continue
        if uri == TEST_USER:
            is_test = True
        elif (role := _role_of(uri)) is not None:
            roles.add(role)
    return frozenset(roles), is_test


def _role_of(uri: str) -> Role | None:
    if uri.startswith(_CONTEXT):
        return _PRINCIPAL.get(uri.removeprefix(_CONTEXT))
    if uri.startswith(_SUB_ROLE):
        principal, _, sub = uri.removeprefix(_SUB_ROLE).partition("#")
        return _sub_role(principal, sub)
    if uri.startswith(_OLD_URN):
        principal, _, sub = uri.removeprefix(_OLD_URN).partition("/")
        return _sub_role(principal, sub) if sub else _SIMPLE.get(principal)
    return _SIMPLE.get(uri)


def _sub_role(principal: str, sub: str) -> Role | None:
    """Return what a sub-role grants: at most its principal role (``Learner#Instructor`` is a learner)."""
    if principal == "Instructor" and sub in _ASSISTANT:
        return Role.TEACHING_ASSISTANT
    if principal == "Administrator" and sub in _TECHNICAL:
        return None
    return _PRINCIPAL.get(principal)
