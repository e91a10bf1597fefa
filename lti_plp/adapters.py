"""Which Gateway speaks to which LMS."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lti_plp.canvas.gateway import CanvasGateway
from lti_plp.launch.gateway import LtiGateway
from lti_plp.launch.models import Registration
from lti_plp.launch.toolbox import Toolbox
from lti_plp.lms.gateway import Gateway, GatewayFor, Refused
from lti_plp.lms.models import Deployment


def gateways(toolbox: Toolbox) -> GatewayFor:
    """Return the function that finds the Gateway of a deployment."""

    def gateway_for(session: Session, deployment_id: int) -> Gateway:
        found = session.execute(
            select(Registration, Deployment)
            .join(Deployment, Deployment.registration_id == Registration.id)
            .where(Deployment.id == deployment_id)
        ).one_or_none()
        if found is None:
            raise Refused("deployment_unknown")
        registration, deployment = found
        if registration.kind == "canvas":
            return CanvasGateway(toolbox, registration, deployment)
        return LtiGateway(toolbox, registration, deployment.lti_deployment_id)

    return gateway_for
