"""What this tool asks of Canvas's REST services; the reason of each stands on the administrator's page.

An API key that enforces scopes must allow each of them, or nobody's permission can be asked for.
"""

ASSIGNMENTS = "url:GET|/api/v1/courses/:course_id/assignments"
SUBMISSIONS = "url:GET|/api/v1/courses/:course_id/students/submissions"
OUTCOME_RESULTS = "url:GET|/api/v1/courses/:course_id/outcome_results"
COURSE = "url:GET|/api/v1/courses/:id"
COURSE_GROUPS = "url:GET|/api/v1/courses/:course_id/outcome_groups"
COURSE_OUTCOMES = "url:GET|/api/v1/courses/:course_id/outcome_group_links"
COURSE_SCALE = "url:GET|/api/v1/courses/:course_id/outcome_proficiency"
ACCOUNT_GROUPS = "url:GET|/api/v1/accounts/:account_id/outcome_groups"
ACCOUNT_OUTCOMES = "url:GET|/api/v1/accounts/:account_id/outcome_group_links"
ACCOUNT_SCALE = "url:GET|/api/v1/accounts/:account_id/outcome_proficiency"
OWN_SUBMISSION = "url:GET|/api/v1/courses/:course_id/assignments/:assignment_id/submissions/:user_id"
FILE = "url:GET|/api/v1/files/:id"

SCOPES = (
    ASSIGNMENTS,
    SUBMISSIONS,
    OUTCOME_RESULTS,
    COURSE,
    COURSE_GROUPS,
    COURSE_OUTCOMES,
    COURSE_SCALE,
    ACCOUNT_GROUPS,
    ACCOUNT_OUTCOMES,
    ACCOUNT_SCALE,
    OWN_SUBMISSION,
    FILE,
)
"""Everything that people are asked for, and nothing that is not used.

Their names are those of Canvas's documentation (``api_token_scopes``) and not verified on a live Canvas.
"""
