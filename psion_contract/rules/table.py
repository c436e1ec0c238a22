"""The one table of rules: names, severities, what each says, and the section of the docs it comes from.

Names are what machines read: never reused, never changed. The table feeds the checker, ``explain``, the
documentation and the tests.
"""

from psion_contract.rules.rule import CONFIG, INPUTS, PROGRAM, READING, RECEIPT, REFERENCES, Origin, Rule
from psion_contract.rules.tables import config, inputs, program, reading, receipt

__all__ = ["CONFIG", "INPUTS", "PROGRAM", "READING", "RECEIPT", "REFERENCES", "RULES", "Origin", "Rule"]

RULES: dict[str, Rule] = {
    rule.name: rule for part in (reading, config, receipt, inputs, program) for rule in part.RULES
}
"""Every rule by its name, in the order of the documentation."""
