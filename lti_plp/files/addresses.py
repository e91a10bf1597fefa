"""Addresses that open a file for some minutes, where a browser keeps no cookie.

A page in such a browser brings its token in a header with each request, which images and films in it cannot do. Their
address carries a signature instead: of this file, for this web session, until a moment. Whoever may not read the file
any more is refused all the same, and so is everybody once the session has ended.
"""

import hmac
from datetime import UTC, datetime, timedelta

STEP = timedelta(minutes=10)
"""Addresses made within one step are the same, so that a browser does not fetch a picture again for each page."""


def signature(secret: str, handle: str, file_id: str, until: int) -> str:
    """Return what shows that we made an address of this file for this session, good until a second of the clock."""
    text = f"file:{handle}:{file_id}:{until}".encode()
    return hmac.new(secret.encode(), text, "sha256").hexdigest()[:43]


def expiry(now: datetime) -> int:
    """Return the second of the clock until which an address made now is good: after one step to two."""
    step = int(STEP.total_seconds())
    return (int(now.timestamp()) // step + 2) * step


def is_signed(secret: str, handle: str, file_id: str, until: str, given: str, now: datetime) -> bool:
    """Say whether an address was made by us for this file and session, and is still good."""
    if not (until.isascii() and until.isdecimal() and len(until) < 12):
        return False
    moment = int(until)
    is_ours = hmac.compare_digest(signature(secret, handle, file_id, moment).encode(), given.encode())
    return is_ours and now < datetime.fromtimestamp(moment, UTC)
