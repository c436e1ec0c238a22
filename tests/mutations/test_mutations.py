"""The conformance pack is complete: whatever is left out of the checker, or weakened, some case or vector fails.

`mutants` makes the changes, `worlds` makes a checker of each, `survivors` runs the pack against it, and
`equivalents` lists the changes that no verdict can show, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from equivalents import EQUIVALENT, matches
from mutants import mutants
from support.pack_cases import WITHOUT_CASES
from survivors import MODULES, read_survivors, survivors
from worlds import World, items, source

from psion_contract.catalog import RULES
from psion_contract.conformance.pack import Case, Vector
from psion_contract.rules import CHECKS

pytestmark = pytest.mark.slow

CASES = [item for item in items().values() if isinstance(item, Case)]
VECTORS = [item for item in items().values() if isinstance(item, Vector)]


def finding(rules: tuple[str, ...]) -> Iterator[Case]:
    """The cases in which one of the rules is broken."""
    return (case for case in CASES if any(rule in rules for rule, _, _ in case.findings))


@pytest.mark.parametrize("module", sorted(MODULES, key=lambda name: -len(source(name)[0])))
def test_no_condition_can_be_weakened(module: str) -> None:
    tried, unnoticed, noticed = survivors(module)
    assert tried > 5
    assert unnoticed == []
    assert noticed == []


def test_an_unchanged_checker_passes() -> None:
    world = World()
    assert [name for name, item in items().items() if world.fails(item)] == []


# Left out.


def checks_of(world: World) -> dict[str, tuple[Any, ...]]:
    """The checks of a world by role, to be replaced."""
    checks: dict[str, tuple[Any, ...]] = world.modules["rules"].CHECKS  # type: ignore[attr-defined]
    return checks


@pytest.mark.parametrize("role", CHECKS)
def test_no_check_can_be_left_out(role: str) -> None:
    world = World()
    original = checks_of(world)[role]
    for place, check in enumerate(original):
        checks_of(world)[role] = (*original[:place], *original[place + 1 :])
        assert any(map(world.fails, finding(check.rules))), check.id


@pytest.mark.parametrize(
    "role", [role for role, checks in CHECKS.items() if any(each.parts for each in checks)]
)
def test_no_part_of_a_check_can_be_left_out(role: str) -> None:
    world = World()
    original = checks_of(world)[role]
    for place, check in enumerate(original):
        for part in check.parts:
            checks_of(world)[role] = (*original[:place], without(check, part), *original[place + 1 :])
            assert any(map(world.fails, finding(part.rules))), part.id


def without(check: Any, part: Any) -> Any:
    """The check without one of its parts."""
    parts = tuple(each for each in check.parts if each is not part)

    def body(subject: Any) -> Iterator[Any]:
        for each in parts:
            for flaw in each.body(subject):
                yield flaw if flaw.rule else flaw._replace(rule=each.rules[0])

    return check._replace(parts=parts, body=body)


SILENCED = {
    "documents.loading": (
        "_reading_finding",
        "_schema_finding",
        "_unknown_kind",
        "_near_miss_finding",
        "_unexplained",
        "too_many",
    ),
    "checker": ("_reference_finding", "too_many"),
}
"""What makes the findings of reading and references, by module."""


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, rule in RULES.items()
        if rule.section in ("Reading", "References") and name not in WITHOUT_CASES
    ],
)
def test_no_rule_on_reading_and_references_can_be_left_out(name: str) -> None:
    world = World()
    for module, functions in SILENCED.items():
        for function in functions:
            silence(world.modules[module], function, name)
    assert any(map(world.fails, finding((name,))))


def silence(module: Any, function: str, rule: str) -> None:
    """Make a function return a warning of an unknown rule instead of a finding of this one."""
    make = getattr(module, function)

    def made(*arguments: Any) -> Any:
        found = make(*arguments)
        return found._replace(rule="", severity="warning") if found.rule == rule else found

    setattr(module, function, made)


# Weakened.


ALWAYS_WITH_ANOTHER_ERROR = "stage-config-mismatch"
"""A receipt that differs from an earlier one differs from their config, or there are two configs, or none."""


@pytest.mark.parametrize(
    "name", [name for name in RULES if name not in {ALWAYS_WITH_ANOTHER_ERROR, *WITHOUT_CASES}]
)
def test_no_rule_can_have_another_severity(name: str) -> None:
    world = World()
    rules: Any = world.modules["catalog"].RULES  # type: ignore[attr-defined]
    other = "warning" if rules[name].severity == "error" else "error"
    rules[name] = rules[name]._replace(severity=other)
    assert any(map(world.fails, finding((name,))))


READ_ANYWAY = {
    # If one of these is broken, a reference is not resolved, so the check is skipped anyway.
    "config-mismatch.run-id config /run_id",
    "config-mismatch.run-id receipt /run_id",
    "config-mismatch.stage-id config /stage_id",
    "config-mismatch.stage-id receipt /stage_id",
    "dataset-identity-mismatch.config config /dataset_identity",
    "dataset-identity-mismatch.config corpus /replay_contract/stable_dataset_identity",
    "dataset-identity-mismatch.objective corpus /replay_contract/stable_dataset_identity",
    "dataset-identity-mismatch.policy corpus /replay_contract/stable_dataset_identity",
    "model-descriptor-digest-mismatch config /model_descriptor_digest",
    "model-id-mismatch config /model_id",
    "model-id-mismatch descriptor /model/model_id",
    "replay-contract-mismatch.stable-dataset-identity corpus /replay_contract/stable_dataset_identity",
    "sampling-policy-mismatch.id config /sampling_policy_id",
    "sampling-policy-mismatch.id policy /policy_id",
    "sampling-policy-mismatch.version config /sampling_policy_version",
    "sampling-policy-mismatch.version policy /policy_version",
}


def test_a_check_reads_all_that_the_catalogue_says() -> None:
    assert set(read_survivors()) == READ_ANYWAY


def test_no_segment_of_a_preimage_can_be_left_out() -> None:
    text, file = source("documents.digests")
    tried = 0
    for mutant in mutants(text, file):
        if "_preimage:" in mutant.name and "-> nothing" in mutant.name:
            tried += 1
            world = World("documents.digests", mutant.code)
            assert any(map(world.fails, VECTORS)), mutant.name
    assert tried > 150  # the pieces of ten preimages


@pytest.mark.parametrize("module", EQUIVALENT)
def test_no_exception_is_made_for_what_is_not_there(module: str) -> None:
    names = [mutant.name for mutant in mutants(*source(module))]
    assert [
        pattern for pattern in EQUIVALENT[module] if not any(matches(name, pattern) for name in names)
    ] == []
