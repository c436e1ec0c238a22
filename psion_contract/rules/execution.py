"""What a receipt says of the machines that ran the stage."""

from __future__ import annotations

from collections.abc import Iterable

from psion_contract.quoting import shown
from psion_contract.rules.base import Flaw, Subject, check

_BACKEND = "/delivered_execution/runtime_backend"
_TOPOLOGY = "/delivered_execution/execution_topology"


@check("topology-backend-mismatch", "receipt", receipt=(_BACKEND, f"{_TOPOLOGY}/effective_backend"))
def topology_backend(s: Subject) -> Iterable[Flaw]:
    """The topology ran on the backend that was delivered."""
    delivered = s.receipt.get("delivered_execution")
    topology = delivered.get("execution_topology") if delivered else None
    if delivered is None or topology is None:
        return ()
    stands, right = topology["effective_backend"], delivered["runtime_backend"]
    if stands == right:
        return ()
    message = f"the topology ran on {shown(stands)}, but the backend delivered is {shown(right)}"
    return (
        Flaw("receipt", f"{_TOPOLOGY}/effective_backend", message, right, stands, (("receipt", _BACKEND),)),
    )
