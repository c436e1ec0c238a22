"""A receipt against the config of its run, and against its own digest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.documents import digests
from psion_contract.reading.escaping import excerpt
from psion_contract.resolution import SHARED_MEMBERS
from psion_contract.rules.checks import Check, Flaw, Subject, check, check_equal

_shared_members = check_equal(
    "config-mismatch",
    SHARED_MEMBERS,
    ("receipt", ""),
    ("config", ""),
    "the receipt's {name} is {actual}, but the config declares {expected}",
)


@check("objective-config-mismatch")
def objective_config(s: Subject) -> Iterable[Flaw]:
    """The receipt repeats the config's objective."""
    own, declared = s.receipt["objective_config"], s.config["objective_config"]
    if own == declared:
        return ()
    return list(_differences(own, declared))


def _differences(own: dict[str, Any], declared: dict[str, Any]) -> Iterator[Flaw]:
    for name, expected in declared.items():
        actual, pointer = own[name], f"/objective_config/{name}"
        if actual != expected:
            message = (
                f"the receipt's {name} is {excerpt(actual)}, but the config declares {excerpt(expected)}"
            )
            yield Flaw("receipt", pointer, message, expected, actual, (("config", pointer),))


@check("receipt-digest-mismatch")
def receipt_digest(s: Subject) -> Iterable[Flaw]:
    """The receipt states its digest D5."""
    actual, expected = s.receipt["receipt_digest"], digests.sha256(digests.receipt_preimage(s.receipt))
    if actual == expected:
        return ()
    message = f"digest D5 of the receipt is {expected}"
    return (Flaw("receipt", "/receipt_digest", message, expected, actual, (("receipt", ""),)),)


CHECKS: tuple[Check, ...] = (
    _shared_members,
    objective_config,
    receipt_digest,
)
