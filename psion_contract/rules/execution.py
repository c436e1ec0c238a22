"""The execution that a receipt reports."""

from __future__ import annotations

from collections.abc import Iterable

from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check

_BACKEND = "/delivered_execution/runtime_backend"
_TOPOLOGY = "/delivered_execution/execution_topology"


@check("topology-backend-mismatch")
def topology_backend(s: Subject) -> Iterable[Flaw]:
    """The topology ran on the runtime backend."""
    delivered = s.receipt.get("delivered_execution")
    topology = delivered.get("execution_topology") if delivered else None
    if delivered is None or topology is None:
        return ()
    actual, expected = topology["effective_backend"], delivered["runtime_backend"]
    if actual == expected:
        return ()
    message = f"the topology ran on {excerpt(actual)}, but the runtime backend is {excerpt(expected)}"
    return (
        Flaw(
            "receipt", f"{_TOPOLOGY}/effective_backend", message, expected, actual, (("receipt", _BACKEND),)
        ),
    )


CHECKS: tuple[Check, ...] = (topology_backend,)
