"""Records a run while it happens: what it reads, in which order, with which losses, and what comes out.

Pure Python. ``Recorder`` does all of it for a loop; ``Tally``, ``OrderDigest`` and ``checkpoint_reference`` are its parts,
for trainers that keep their documents themselves. ``record.hugging_face`` and ``record.lightning_callback`` call a recorder
from these two trainers.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from psion_contract.record.checkpoints import checkpoint_reference
    from psion_contract.record.dry_run import preflight
    from psion_contract.record.order_digest import OrderDigest
    from psion_contract.record.recorder import Recorder
    from psion_contract.record.replays import Divergence, OrderComparison, compare_orders, observed_replays
    from psion_contract.record.tally import Tally

__all__ = [
    "Divergence",
    "OrderComparison",
    "OrderDigest",
    "Recorder",
    "Tally",
    "checkpoint_reference",
    "compare_orders",
    "observed_replays",
    "preflight",
]

_MODULE_OF = {
    "Divergence": "replays",
    "OrderComparison": "replays",
    "OrderDigest": "order_digest",
    "Recorder": "recorder",
    "Tally": "tally",
    "checkpoint_reference": "checkpoints",
    "compare_orders": "replays",
    "observed_replays": "replays",
    "preflight": "dry_run",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        from importlib import import_module

        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
