"""Lists as files for a spreadsheet."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from flask import Response

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a list as a file of this name; a spreadsheet takes nothing in it for a formula."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    # Spreadsheets take a file without this mark for one of their own old encodings, and spoil every accent.
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _harmless(value: object) -> str:
    """Return a cell's text; one that would begin a formula begins with an apostrophe instead.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
