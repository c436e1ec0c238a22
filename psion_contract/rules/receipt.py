"""A receipt against the config of its run, and against its own digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract import digests
from psion_contract.library import SHARED_MEMBERS
from psion_contract.quoting import shown
from psion_contract.rules.base import Flaw, Subject, check, check_equal

check_equal(
    "config-mismatch",
    SHARED_MEMBERS,
    ("receipt", ""),
    ("config", ""),
    "the receipt's {name} is {stands}, but the config of the run says {right}",
)


@check("objective-config-mismatch", "receipt", receipt=("/objective_config",), config=("/objective_config",))
def objective_config(s: Subject) -> Iterable[Flaw]:
    """The receipt was made under the config's objective."""
    own, declared = s.receipt["objective_config"], s.config["objective_config"]
    if own == declared:
        return ()
    return list(_differences(own, declared))


def _differences(own: dict[str, Any], declared: dict[str, Any]) -> Iterator[Flaw]:
    for name, right in declared.items():
        stands, pointer = own[name], f"/objective_config/{name}"
        if stands != right:
            message = f"the receipt's {name} is {shown(stands)}, but the config declares {shown(right)}"
            yield Flaw("receipt", pointer, message, right, stands, (("config", pointer),))


@check(
    "receipt-digest-mismatch",
    "receipt",
    receipt=(
        *(f"/{name}" for name in SHARED_MEMBERS),
        "/replay_receipt/replay_digest",
        "/checkpoint_lineage/checkpoint_lineage_digest",
        "/delivered_execution",
        "/accelerator_execution",
        "/summary",
        "/source_family_reports",
        "/receipt_digest",
    ),
)
def receipt_digest(s: Subject) -> Iterable[Flaw]:
    """The receipt carries its own digest D5."""
    stands, right = s.receipt["receipt_digest"], digests.sha256(digests.receipt_preimage(s.receipt))
    if stands == right:
        return ()
    message = f"the digest D5 of the receipt's members is {right}"
    return (Flaw("receipt", "/receipt_digest", message, right, stands, (("receipt", ""),)),)
