"""lti_plp: Personalized Learning Plans inside the learning platforms that schools already use."""

__version__ = "0.1.0"
