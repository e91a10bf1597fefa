"""What this tool asks of Canvas's REST services; the reason of each stands on the administrator's page.

An API key that enforces scopes must allow each of them, or nobody's permission can be asked for.
"""

ASSIGNMENTS = "url:GET|/api/v1/courses/:course_id/assignments"
SUBMISSIONS = "url:GET|/api/v1/courses/:course_id/students/submissions"
OWN_SUBMISSION = "url:GET|/api/v1/courses/:course_id/assignments/:assignment_id/submissions/:user_id"
FILE = "url:GET|/api/v1/files/:id"

SCOPES = (ASSIGNMENTS, SUBMISSIONS, OWN_SUBMISSION, FILE)
"""Everything that people are asked for, and nothing that is not used.

Their names are those of Canvas's documentation (``api_token_scopes``) and not verified on a live Canvas.
"""
