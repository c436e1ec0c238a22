"""The tables of docs/ that are made from the code: of rules, of what checks read, of members.

``python -m psion_contract.render.rulesdoc`` writes them anew. A table stands between two comments, the
first of which names it; all around it is written by hand. A section of rules that has no table yet gets
one, and a rule that has no entry in docs/rules.md is named, for its entry is to be written by hand too.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping

from psion_contract.catalog import RULES, Rule
from psion_contract.resources import data_path
from psion_contract.rules import CHECKS
from psion_contract.rules.checks import Check
from tools.docs import member_tables as membersdoc

FILES = ("documents.md", "rules.md", "stricter.md")
"""The files below docs/ that hold tables."""

_PART = re.compile(r"<!-- table: (?P<name>[^\n]+) -->\n.*?<!-- end of table -->\n", re.DOTALL)
_READS = "## What each check reads"
"""The heading of docs/rules.md before which sections of rules stand."""


def tables() -> dict[str, str]:
    """Every table by its name, as Markdown."""
    made = {f"members {name}": text for name, text in membersdoc.tables().items()}
    made |= {f"rules {section}": _rules(_of_section(section)) for section in sections()}
    made["stricter rules"] = _stricter(rule for rule in RULES.values() if rule.origin == "stricter")
    made["checks"] = _checks()
    return made


def sections() -> list[str]:
    """The sections of rules, in the order of the rule table."""
    return list(dict.fromkeys(rule.section for rule in RULES.values()))


def filled(text: str, made: Mapping[str, str]) -> str:
    """A page with its tables made anew; raises KeyError where it asks for one that there is none."""
    return _PART.sub(
        lambda part: f"<!-- table: {part['name']} -->\n\n{made[part['name']]}\n<!-- end of table -->\n", text
    )


def with_sections(text: str) -> str:
    """docs/rules.md with a heading and an empty table for each section of rules that has none."""
    for section in sections():
        if f"<!-- table: rules {section} -->" not in text:
            new = f"## {section}\n\n<!-- table: rules {section} -->\n<!-- end of table -->\n\n"
            text = text.replace(f"{_READS}\n", f"{new}{_READS}\n")
    return text


def entries(text: str) -> dict[str, str]:
    """By rule, what docs/rules.md says of it under a heading of its own."""
    found = re.split(r"^### `([a-z-]+)`$", text, flags=re.MULTILINE)[1:]
    bodies = (re.split(r"^##+ ", body, maxsplit=1, flags=re.MULTILINE)[0].strip() for body in found[1::2])
    return dict(zip(found[::2], bodies, strict=True))


def _of_section(section: str) -> Iterator[Rule]:
    return (rule for rule in RULES.values() if rule.section == section)


def _rules(rules: Iterable[Rule]) -> str:
    rows = [
        (f"[`{rule.name}`](#{rule.name})", rule.severity, rule.origin, rule.sentence, rule.remedy)
        for rule in rules
    ]
    return membersdoc.table(("Rule", "Severity", "Origin", "Broken when", "What to do"), rows)


def _stricter(rules: Iterable[Rule]) -> str:
    rows = [(f"[`{rule.name}`](rules.md#{rule.name})", rule.sentence) for rule in rules]
    return membersdoc.table(("Rule", "Rejected when"), rows)


def _checks() -> str:
    order = list(RULES)
    parts = [part for checks in CHECKS.values() for check in checks for part in check.parts or (check,)]
    parts.sort(key=lambda part: order.index(part.rules[0]))
    subjects: dict[tuple[str, str], dict[str, None]] = {}
    for part in parts:
        rules = ", ".join(f"`{rule}`" for rule in part.rules)
        subjects.setdefault((rules, _needs(part)), {})[part.judges] = None
    rows = [(rules, ", ".join(roles), needs) for (rules, needs), roles in subjects.items()]
    return membersdoc.table(("Rules", "Judges each", "Reads"), rows)


def _needs(check: Check) -> str:
    needs = [
        f"{role}: {', '.join(f'`{pointer}`' if pointer else 'the whole document' for pointer in pointers)}"
        for role, pointers in check.reads.items()
    ]
    return "; ".join(needs) or "nothing that must be sound"


def made_anew(folder: str) -> dict[str, str]:
    """The text of each of `FILES` below the folder docs/, with its tables as they should be."""
    made = tables()
    texts = {name: _read(folder, name) for name in FILES}
    texts["rules.md"] = with_sections(texts["rules.md"])
    return {name: filled(text, made) for name, text in texts.items()}


def outdated(folder: str) -> list[str]:
    """Those of `FILES` whose tables are not as they should be."""
    return [name for name, text in made_anew(folder).items() if text != _read(folder, name)]


def main() -> int:
    """Write the tables; 1 where an entry is to be written by hand."""
    folder = data_path("docs")
    if not os.path.isdir(folder):
        print("docs/ is only in a checkout and in the source distribution", file=sys.stderr)
        return 2
    for name, text in made_anew(folder).items():
        if text != _read(folder, name):
            with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as file:
                file.write(text)
            print(f"wrote docs/{name}")
    written = entries(_read(folder, "rules.md"))
    missing = [rule for rule in RULES if not written.get(rule)]
    for rule in missing:
        print(f"docs/rules.md has no entry with the heading ### `{rule}`", file=sys.stderr)
    return 1 if missing else 0


def _read(folder: str, name: str) -> str:
    with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
        return file.read()


if __name__ == "__main__":
    sys.exit(main())
