"""The execution that a receipt reports: its devices, what each of them held, and its steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check, check_parts

_BACKEND = "/delivered_execution/runtime_backend"
_TOPOLOGY = "/delivered_execution/execution_topology"
_ASSIGNMENTS = f"{_TOPOLOGY}/assignments"
_DEVICES = "/delivered_execution/selected_devices"
_STEPS = "/accelerator_execution/optimizer_steps_completed"
_PROMOTED, _BASE = "/checkpoint_lineage/promoted_checkpoint", "/checkpoint_lineage/base_checkpoint"
_BOUNDS = {"layer_range": ("start_layer", "end_layer"), "tensor_range": ("start", "end")}
"""The members of a partition that bound a range, by its kind."""


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


@check("execution-mismatch.devices")
def distinct_devices(s: Subject) -> Iterator[Flaw]:
    """A device is selected once."""
    seen: dict[str, int] = {}
    for position, device in enumerate(_devices(s)):
        name = device["stable_device_id"]
        first = seen.setdefault(name, position)
        if first != position:
            message = f"the device {excerpt(name)} is selected twice"
            other = (("receipt", f"{_DEVICES}/{first}/stable_device_id"),)
            yield Flaw("receipt", f"{_DEVICES}/{position}/stable_device_id", message, None, name, other)


@check("execution-mismatch.assignments")
def selected_devices(s: Subject) -> Iterator[Flaw]:
    """Shards are assigned to selected devices."""
    selected = {device["stable_device_id"] for device in _devices(s)}
    for position, assignment in enumerate(_assignments(s)):
        name = assignment["device"]["stable_device_id"]
        if name not in selected:
            message = f"the shard is assigned to {excerpt(name)}, which is not a selected device"
            pointer = f"{_ASSIGNMENTS}/{position}/device/stable_device_id"
            yield Flaw("receipt", pointer, message, None, name, (("receipt", _DEVICES),))


@check("execution-mismatch.ranges")
def ordered_ranges(s: Subject) -> Iterator[Flaw]:
    """A range does not end before it starts."""
    for position, partition in enumerate(each["partition"] for each in _assignments(s)):
        if bounds := _BOUNDS.get(partition["kind"]):
            start, end = (partition[name] for name in bounds)
            if end < start:
                pointer = f"{_ASSIGNMENTS}/{position}/partition"
                message = f"the range ends at {end}, before its start at {start}"
                other = (("receipt", f"{pointer}/{bounds[0]}"),)
                yield Flaw("receipt", f"{pointer}/{bounds[1]}", message, None, end, other)


@check("execution-mismatch.layers")
def known_layers(s: Subject) -> Iterator[Flaw]:
    """A range of layers ends within the model."""
    layers = s.descriptor["config"]["layer_count"]
    for position, partition in enumerate(each["partition"] for each in _assignments(s)):
        if partition["kind"] == "layer_range" and partition["end_layer"] > layers:
            end = partition["end_layer"]
            message = f"the range ends at layer {end}, but the model has {layers} layers"
            pointer = f"{_ASSIGNMENTS}/{position}/partition/end_layer"
            yield Flaw("receipt", pointer, message, None, end, (("descriptor", "/config/layer_count"),))


@check("execution-mismatch.memory")
def free_memory(s: Subject) -> Iterator[Flaw]:
    """No device has more free memory than memory."""
    for position, device in enumerate(_devices(s)):
        total, free = device.get("total_memory_bytes"), device.get("free_memory_bytes")
        if total is not None and free is not None and free > total:
            message = f"{free} bytes of the device are free, but it has {total}"
            pointer, other = (
                f"{_DEVICES}/{position}/free_memory_bytes",
                f"{_DEVICES}/{position}/total_memory_bytes",
            )
            yield Flaw("receipt", pointer, message, None, free, (("receipt", other),))


@check("execution-mismatch.steps")
def completed_steps(s: Subject) -> Iterable[Flaw]:
    """The completed steps lead from the base checkpoint, or from fresh weights, to the promoted one."""
    execution, lineage = s.receipt.get("accelerator_execution"), s.receipt["checkpoint_lineage"]
    base, last = lineage.get("base_checkpoint"), lineage["promoted_checkpoint"].get("step")
    first = 0 if base is None else base.get("step")
    if execution is None or first is None or last is None:
        return ()
    actual, expected = execution["optimizer_steps_completed"], last - first
    # Where the base is not before the promoted one, checkpoint-order says so.
    if actual == expected or (base is not None and expected <= 0):
        return ()
    start = "fresh weights" if base is None else f"step {first} of the base checkpoint"
    message = f"{actual} steps are completed, but from {start} to step {last} of the promoted one there are {expected}"
    others = (f"{_PROMOTED}/step", *([] if base is None else [f"{_BASE}/step"]))
    return (
        Flaw("receipt", _STEPS, message, expected, actual, tuple(("receipt", other) for other in others)),
    )


def _devices(s: Subject) -> list[dict[str, Any]]:
    """The selected devices."""
    delivered = s.receipt.get("delivered_execution")
    return delivered["selected_devices"] if delivered else []


def _assignments(s: Subject) -> list[dict[str, Any]]:
    """The assignments of shards to devices."""
    delivered = s.receipt.get("delivered_execution")
    topology = delivered.get("execution_topology") if delivered else None
    return topology["assignments"] if topology else []


_execution = check_parts(
    topology_backend,
    distinct_devices,
    selected_devices,
    ordered_ranges,
    known_layers,
    free_memory,
    completed_steps,
    passes=lambda s: s.receipt.get("delivered_execution") is None,
)

CHECKS: tuple[Check, ...] = (_execution,)
