"""The ``lti-plp`` command."""

import logging

import click

from lti_plp.cli.demo import demo
from lti_plp.cli.demo_plans import demo_plans
from lti_plp.cli.framework import framework
from lti_plp.cli.keys import keys
from lti_plp.cli.pathway import pathway
from lti_plp.cli.plan import plan
from lti_plp.cli.plan_template import plan_template
from lti_plp.cli.platform import platform
from lti_plp.cli.school_year import school_year
from lti_plp.cli.server import db, serve, worker
from lti_plp.views.watching import LINE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lti-plp")
def main() -> None:
    """Personalized Learning Plans inside the school's LMS."""
    # Warnings only: what a command has to say it prints.
    logging.basicConfig(format=LINE)


for _command in (
    *(demo, demo_plans, serve, worker, db, keys),
    *(framework, pathway, plan, plan_template, platform, school_year),
):
    main.add_command(_command)
