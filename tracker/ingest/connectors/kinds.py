"""Every connector by the name of its kind. A new one is named here, and nowhere else."""

from collections.abc import Mapping

from tracker.ingest.connectors import hubspot, pipedrive, salesforce
from tracker.ingest.connectors.shape import Connector, PulledConnector

PULLED: Mapping[str, PulledConnector] = {"hubspot": hubspot, "pipedrive": pipedrive}
"""Those whose CRM can be asked."""

KINDS: Mapping[str, Connector] = {**PULLED, "salesforce": salesforce}
