"""The scopes of the LTI Advantage services."""

_AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"

LINE_ITEM = _AGS + "lineitem"
LINE_ITEM_READ = _AGS + "lineitem.readonly"
RESULT_READ = _AGS + "result.readonly"
SCORE = _AGS + "score"
MEMBERSHIP_READ = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"

AGS_SCOPES = (LINE_ITEM, LINE_ITEM_READ, RESULT_READ, SCORE)
ALL_SCOPES = (*AGS_SCOPES, MEMBERSHIP_READ)
