"""The database session of a request."""

from flask import Flask, Response, request
from flask_sqlalchemy import SQLAlchemy

from lti_plp.database import Base

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Of requests that only look."""

db = SQLAlchemy(model_class=Base)


def _end_reading(response: Response) -> Response:
    session = db.session()
    looked_only = request.method in SAFE_METHODS and session.in_transaction()
    if looked_only and not (session.new or session.dirty or session.deleted):
        session.commit()
    return response


def init_app(app: Flask) -> None:
    """Let pages that only looked end with a COMMIT: at a ROLLBACK psycopg gives up all that the server has planned."""
    app.after_request(_end_reading)
