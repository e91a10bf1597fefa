"""What this tool asks of Canvas's REST services; the reason of each stands on the administrator's page.

An API key that enforces scopes must allow each of them, or nobody's permission can be asked for.
"""

ASSIGNMENTS = "url:GET|/api/v1/courses/:course_id/assignments"
SUBMISSIONS = "url:GET|/api/v1/courses/:course_id/students/submissions"
ONE_SUBMISSION = "url:GET|/api/v1/courses/:course_id/assignments/:assignment_id/submissions/:user_id"
FILE = "url:GET|/api/v1/files/:id"
OUTCOME_GROUPS = "url:GET|/api/v1/courses/:course_id/outcome_groups"
OUTCOMES = "url:GET|/api/v1/courses/:course_id/outcome_group_links"
OUTCOME_RESULTS = "url:GET|/api/v1/courses/:course_id/outcome_results"

SCOPES = (ASSIGNMENTS, SUBMISSIONS, ONE_SUBMISSION, FILE, OUTCOME_GROUPS, OUTCOMES, OUTCOME_RESULTS)
"""Everything that people are asked for (Canvas documentation, ``api_token_scopes``; the exact list is not verified)."""
