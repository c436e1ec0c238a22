"""The conformance pack is complete: whatever is left out of the checker, or weakened, some case or vector fails.

`mutation` makes the changes, `worlds` makes a checker of each, `survivors` puts the pack to it, and `equivalents`
lists the changes that no verdict can show, with the reason.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from equivalents import EQUIVALENT, matches
from mutation import mutants
from psion_contract.rules.rule import READING, REFERENCES
from survivors import MODULES, needs_survivors
from worlds import World, items, source

from psion_contract.conformance.pack import Case, Vector
from psion_contract.catalog import RULES
from psion_contract.rules import CHECKS

CASES = [item for item in items().values() if isinstance(item, Case)]
VECTORS = [item for item in items().values() if isinstance(item, Vector)]


def finding(rules: tuple[str, ...]) -> Iterator[Case]:
    """The cases in which one of the rules is broken."""
    return (case for case in CASES if any(rule in rules for rule, _, _ in case.findings))


def test_an_unchanged_checker_passes() -> None:
    world = World()
    assert [name for name, item in items().items() if world.fails(item)] == []


# Left out.


@pytest.mark.parametrize("subject", CHECKS)
def test_no_check_can_be_left_out(subject: str) -> None:
    world = World()
    checks = world.modules["rules.base"].CHECKS[subject]
    for place, check in enumerate(list(checks)):
        del checks[place]
        assert any(map(world.fails, finding(check.rules))), f"{check.rules} {check.needs}"
        checks.insert(place, check)


def test_no_part_of_a_check_can_be_left_out() -> None:
    world = World()
    for checks in world.modules["rules.base"].CHECKS.values():
        for place, check in enumerate(list(checks)):
            for part in check.parts:
                checks[place] = without(check, part)
                assert any(map(world.fails, finding(part.rules))), f"{part.rules} {part.needs}"
                checks[place] = check


def without(check: Any, part: Any) -> Any:
    """The check without one of its parts."""
    parts = tuple(each for each in check.parts if each is not part)

    def body(subject: Any) -> Iterator[Any]:
        for each in parts:
            for flaw in each.body(subject):
                yield flaw if flaw.rule else flaw._replace(rule=each.rules[0])

    return check._replace(parts=parts, body=body)


@pytest.mark.parametrize(
    "name", [name for name, rule in RULES.items() if rule.section in (READING, REFERENCES)]
)
def test_no_rule_on_reading_and_references_can_be_left_out(name: str) -> None:
    world = World()
    for module in ("intake", "checker"):
        for function in ("_reading_finding", "_schema_finding", "_unknown_kind", "_reference_finding"):
            if hasattr(world.modules[module], function):
                silence(world.modules[module], function, name)
    assert any(map(world.fails, finding((name,))))


def silence(module: Any, function: str, rule: str) -> None:
    """Let what makes findings make none of a rule: what it makes instead is a warning that nobody knows."""
    make = getattr(module, function)

    def made(*arguments: Any) -> Any:
        found = make(*arguments)
        return found._replace(rule="", severity="warning") if found.rule == rule else found

    setattr(module, function, made)


# Weakened.


@pytest.mark.parametrize("name", RULES)
def test_no_rule_can_have_another_severity(name: str) -> None:
    world = World()
    table = world.modules["rules.table"].RULES
    other = "warning" if table[name].severity == "error" else "error"
    table[name] = table[name]._replace(severity=other)
    assert any(map(world.fails, finding((name,))))


NEEDED_ANYWAY = {
    # Where one of these is broken, a document is not found or looks for none, and the check is skipped for that.
    "model-id-mismatch of a config does not need config /model_id",
    "model-id-mismatch of a config does not need descriptor /model/model_id",
    "model-descriptor-digest-mismatch of a config does not need config /model_descriptor_digest",
    "dataset-identity-mismatch of a config does not need config /dataset_identity",
    "dataset-identity-mismatch of a config does not need corpus /replay_contract/stable_dataset_identity",
    "sampling-policy-mismatch of a config does not need config /sampling_policy_id",
    "sampling-policy-mismatch of a config does not need config /sampling_policy_version",
    "sampling-policy-mismatch of a config does not need policy /policy_id",
    "sampling-policy-mismatch of a config does not need policy /policy_version",
    "config-mismatch of a receipt does not need receipt /run_id",
    "config-mismatch of a receipt does not need receipt /stage_id",
    "config-mismatch of a receipt does not need config /run_id",
    "config-mismatch of a receipt does not need config /stage_id",
    "replay-contract-mismatch of a receipt does not need corpus /replay_contract/stable_dataset_identity",
}


def test_a_check_reads_nothing_broken() -> None:
    assert set(needs_survivors()) == NEEDED_ANYWAY


def test_no_segment_of_a_preimage_can_be_left_out() -> None:
    text, file = source("digests")
    tried = 0
    for mutant in mutants(text, file):
        if "_preimage:" in mutant.name and "-> nothing" in mutant.name:
            tried += 1
            world = World("digests", mutant.code)
            assert any(map(world.fails, VECTORS)), mutant.name
    assert tried > 150  # the pieces of ten preimages


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    """What `survivors` says of each module, worked out by as many processes as there are cores."""
    program = Path(__file__).with_name("survivors.py")
    count = os.cpu_count() or 1
    modules = sorted(MODULES, key=lambda name: -len(source(name)[0]))
    started = [
        subprocess.Popen([sys.executable, program, *modules[first::count]], stdout=subprocess.PIPE)
        for first in range(count)
    ]
    found: dict[str, Any] = {}
    for each in started:
        out, _ = each.communicate()
        assert each.returncode == 0
        found |= json.loads(out)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_no_condition_can_be_weakened(module: str, outcomes: dict[str, Any]) -> None:
    tried, unnoticed, noticed = outcomes[module]
    assert tried > 10
    assert unnoticed == []
    assert noticed == []


@pytest.mark.parametrize("module", EQUIVALENT)
def test_no_exception_is_made_for_what_is_not_there(module: str) -> None:
    names = [mutant.name for mutant in mutants(*source(module))]
    assert [
        pattern for pattern in EQUIVALENT[module] if not any(matches(name, pattern) for name in names)
    ] == []


# The engine.


def test_what_is_changed() -> None:
    text = """
@check("r", "config", config=("/a",))
def f(rows, most):
    for place, row in enumerate(rows[1:]):
        if row > most and not row in ("x", "y"):
            message = f"{row} is above {most}"
            yield Flaw("config", f"/a/{place}", message, most, row)
"""
    assert [mutant.name.removeprefix("f: ") for mutant in mutants(text, "f.py")] == [
        "1: -> :",
        "1 -> 2",
        "row > most and (not row in ('x', 'y')) -> True",
        "row > most and (not row in ('x', 'y')) -> False",
        "row > most -> True",
        "row > most -> False",
        "row > most -> row >= most",
        "not row in ('x', 'y') -> True",
        "not row in ('x', 'y') -> False",
        "not row in ('x', 'y') -> row in ('x', 'y')",
        "row in ('x', 'y') -> True",
        "row in ('x', 'y') -> False",
        "'x' -> nothing",
        "'y' -> nothing",
        "yield Flaw('config', f'/a/{place}', message, most, row) -> nothing",
        "'/a/' -> nothing",
        "{place} -> nothing",
        "check('r', 'config', config=('/a',)) -> nothing",
    ]
