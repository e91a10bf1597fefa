"""The scopes of the LTI Advantage services."""

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"

LINE_ITEM = _AGS + "lineitem"
LINE_ITEM_READ = _AGS + "lineitem.readonly"
RESULT_READ = _AGS + "result.readonly"
SCORE = _AGS + "score"
MEMBERSHIP_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

PROGRESS_READ = "https://canvas.instructure.com/lti-ags/progress/scope/show"
NOTICE_HANDLERS = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"

AGS_SCOPES = (LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE)
ALL_SCOPES = (*AGS_SCOPES, MEMBERSHIP_READ)
CANVAS_SCOPES = (PROGRESS_READ, NOTICE_HANDLERS)
"""Beyond the specification's; a tool has them when it asks for them."""
