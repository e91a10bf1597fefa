"""``python -m lti_plp.cli``: the same as ``lti-plp``."""

from lti_plp.cli import main

main()
