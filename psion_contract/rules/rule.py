"""What a rule is, and the parts of the documentation that rules stand in."""

from typing import Literal, NamedTuple

from psion_contract.findings import Severity

Origin = Literal["parity", "stricter", "ours"]


class Rule(NamedTuple):
    """One rule of the contract.

    Attributes:
        name: kebab-case, states the defect.
        severity: ``error`` decides the verdict, ``warning`` only a strict one.
        sentence: when the rule is broken.
        remedy: what to do about it.
        section: the heading of docs/rules.md it stands under.
        origin: ``parity`` where the Rust implementation has the rule too, ``stricter`` where it accepts
            what this rule rejects, ``ours`` where it does not speak of the matter.
    """

    name: str
    severity: Severity
    sentence: str
    remedy: str
    section: str
    origin: Origin


READING = "Reading"
REFERENCES = "References"
CONFIG = "Config against model, corpus and policy"
RECEIPT = "Receipt against config, corpus and model"
INPUTS = "Inputs on their own"
PROGRAM = "Stage program"
