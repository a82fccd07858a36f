"""After the meeting: the item, the work, the acceptance, the proof."""

from __future__ import annotations

import hashlib

from huishang.ledger.v1 import ledger_service_pb2 as ledger
from huishang.resolution.v1 import item_commands_pb2 as commands
from huishang.resolution.v1 import items_pb2 as items
from huishang.resolution.v1 import resolutions_pb2 as resolutions

from client import Person
from report import report


def find_item(supervisor: Person, session_id: str, closed: int) -> items.Item:
    """The item of the session's decision."""
    # The resolution and its items are made by another service. The answers come when they are there.
    listed = supervisor.resolution.ListResolutions(
        resolutions.ListResolutionsRequest(session_id=session_id, at_least_position=closed)
    )
    resolution = listed.resolutions[0]
    report(listed.position, f"The decision is resolution {resolution.number}")
    owed = supervisor.resolution.ListItems(
        items.ListItemsRequest(resolution_id=resolution.resolution_id, at_least_position=closed)
    )
    item = owed.items[0]
    report(owed.position, f"{item.lead_code} owes item {item.number} by {item.due_on}")
    return item


def carry_out(lead: Person, supervisor: Person, item_id: str) -> int:
    """Does the work and has it accepted; returns the position at which it is."""
    acknowledged = lead.resolution.AcknowledgeItem(commands.AcknowledgeItemRequest(item_id=item_id))
    report(acknowledged.position, "ROADS acknowledges it")
    progress = lead.resolution.ReportProgress(
        commands.ReportProgressRequest(item_id=item_id, percent=60, note="The crossing is built")
    )
    report(progress.position, f"ROADS reports {progress.item.percent} %")

    log = b"Monday: works. Tuesday: works. Wednesday: works.\n"
    evidence = items.Evidence(
        title="Log of the lights", sha256=hashlib.sha256(log).hexdigest(), uri="https://roads.example/log"
    )
    claimed = lead.resolution.ClaimCompletion(
        commands.ClaimCompletionRequest(
            item_id=item_id, summary="Crossing and lights are in use", evidence=[evidence]
        )
    )
    report(claimed.position, f"ROADS claims that it is done, with evidence: {evidence.title}")
    accepted = supervisor.resolution.AcceptWork(
        commands.AcceptWorkRequest(item_id=item_id, note="Seen on three mornings")
    )
    report(accepted.position, "The supervisor accepts it")
    return accepted.position


def show(auditor: Person, item_id: str, accepted: int) -> None:
    """Prints what happened to the item, and proof that its acceptance is in the log."""
    answer = auditor.resolution.GetItem(items.GetItemRequest(item_id=item_id, at_least_position=accepted))
    print(f"\nHistory of item {answer.item.number}, {answer.item.title}:\n")
    for entry in answer.history:
        kind = items.ItemEntryKind.Name(entry.kind).removeprefix("ITEM_ENTRY_KIND_")
        report(entry.position, f"{kind:<18}  {entry.subject:<28}  {entry.text}".rstrip())
    receipt = auditor.ledger.GetReceipt(ledger.GetReceiptRequest(position=accepted)).receipt
    print(f"\nThe receipt for position {accepted} begins: {receipt.splitlines()[0]}")
    stage = items.ItemStage.Name(answer.item.stage).removeprefix("ITEM_STAGE_")
    print(f"Item {answer.item.number} is {stage}.")
