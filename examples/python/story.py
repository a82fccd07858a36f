"""One matter, from the request to the accepted result: a safe crossing in front of a school.

SCHOOLS requests a session. POLICE chairs it and decides together with ROADS. ROADS does what was decided.
Nothing is polled: where one service follows another, the query says from which position on it may answer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from huishang.ledger.v1.ledger_service_pb2 import GetHeadRequest

from after import carry_out, find_item, show
from before import convene_session, prepare, request_session
from client import Client, HuishangError
from during import debate, decide, open_docket


def main() -> None:
    """Takes the matter its whole way."""
    with Client(os.environ.get("HUISHANG_SERVER", "http://127.0.0.1:7400")) as client:
        clerk = client.act_as("clerk", "POLICE")
        chair = client.act_as("chair", "POLICE")
        police = client.act_as("delegate", "POLICE")
        roads = client.act_as("delegate", "ROADS")
        roads_lead = client.act_as("department-lead", "ROADS")
        schools_lead = client.act_as("department-lead", "SCHOOLS")
        supervisor = client.act_as("supervisor")
        auditor = client.act_as("auditor")

        prepare(clerk, roads_lead)
        # By the server's clock: that of a rehearsal shows another day than ours.
        now = clerk.ledger.GetHead(GetHeadRequest()).clock_at
        starts_at = Timestamp()
        starts_at.FromDatetime(now.ToDatetime() + timedelta(minutes=5))
        session = request_session(schools_lead, starts_at)
        convened = convene_session(clerk, session.session_id, starts_at)

        # The docket has the id of its session.
        docket_id = session.session_id
        open_docket(chair, docket_id, convened)
        topic = debate(chair, roads, schools_lead, docket_id)
        closed = decide(chair, {"POLICE": police, "ROADS": roads}, docket_id, len(topic.versions))

        item = find_item(supervisor, session.session_id, closed)
        accepted = carry_out(roads_lead, supervisor, item.item_id)
        show(auditor, item.item_id, accepted)


if __name__ == "__main__":
    try:
        main()
    except HuishangError as error:
        sys.exit(f"error: {error}")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: no token: {error}")
