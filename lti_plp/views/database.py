"""The database session of a request."""

from flask_sqlalchemy import SQLAlchemy

from lti_plp.database import Base

db = SQLAlchemy(model_class=Base)
