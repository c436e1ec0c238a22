"""The records of a program: one completion, promotion and transition for each stage that requires one.

A record is paired with the stage whose id it names; the remaining records and stages are paired in order, so a
wrong id is one finding, not two.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from psion_contract.documents import digests
from psion_contract.reading.escaping import excerpt
from psion_contract.rules.checks import Check, Flaw, Subject, check
from psion_contract.rules.program import other_runs

Json = dict[str, Any]


class Pairing(NamedTuple):
    """Records paired with the stages that they are about.

    Attributes:
        pairs: position of a record and of the stage that it is about.
        missing: positions of stages without their record.
        unexpected: positions of records that no stage requires.
    """

    pairs: list[tuple[int, int]]
    missing: list[int]
    unexpected: list[int]


class RecordKind(NamedTuple):
    """One kind of record.

    Attributes:
        name: of one record; the program's list has the plural.
        member: by which it names its stage.
        required: the positions of the stages that require one.
        because: why they require one, in words.
        unless: why other stages require none, in words.
        digest: number of its digest in section 2 of the contract.
        preimage: of its digest.
    """

    name: str
    member: str
    required: Callable[[list[Json]], list[int]]
    because: str
    unless: str
    digest: str
    preimage: Callable[[Json], str]

    @property
    def plural(self) -> str:
        """The member of the program that lists them."""
        return f"{self.name}s"

    @property
    def digest_member(self) -> str:
        """The member that holds the digest of one of them."""
        return f"{self.name}_digest"

    def pairing(self, program: Json) -> Pairing:
        """Which records of this kind belong to which stages of the program."""
        stages = program["stages"]
        by_stage_id: dict[str, list[int]] = {}
        for position in reversed(self.required(stages)):
            by_stage_id.setdefault(stages[position]["stage_id"], []).append(position)
        pairs, unpaired = [], []
        for index, record in enumerate(program.get(self.plural) or ()):
            if named := by_stage_id.get(record[self.member]):
                pairs.append((index, named.pop()))
            else:
                unpaired.append(index)
        unrecorded = sorted(position for positions in by_stage_id.values() for position in positions)
        pairs += zip(unpaired, unrecorded, strict=False)
        return Pairing(sorted(pairs), unrecorded[len(unpaired) :], unpaired[len(unrecorded) :])


COMPLETION = RecordKind(
    "completion",
    "stage_id",
    lambda stages: [number for number, stage in enumerate(stages) if stage["status"] == "completed"],
    "is completed",
    "is not completed",
    "D7",
    digests.stage_completion_preimage,
)
PROMOTION = RecordKind(
    "promotion",
    "from_stage_id",
    lambda stages: list(range(len(stages) - 1)),
    "is followed by another",
    "is not followed by another",
    "D8",
    digests.checkpoint_promotion_preimage,
)
TRANSITION = RecordKind(
    "transition",
    "next_stage_id",
    lambda stages: list(range(len(stages))),
    "was entered",
    "was not entered",
    "D9",
    digests.stage_transition_preimage,
)


def _checks_of(kind: RecordKind) -> tuple[Check, ...]:
    """The checks that all kinds of record share."""
    records, digest = f"/{kind.plural}", kind.digest_member

    @check(f"missing-{kind.name}")
    def one_per_stage(s: Subject) -> Iterator[Flaw]:
        pairing, stages = s.of("program", kind.pairing), s.program["stages"]
        if not pairing.missing and not pairing.unexpected:
            return
        required = set(kind.required(stages))
        for position in pairing.missing:
            named = excerpt(stages[position]["stage_id"])
            message = f"the stage {named} {kind.because}, but has no {kind.name}"
            other = (("program", "" if s.program.get(kind.plural) is None else records),)
            yield Flaw("program", f"/stages/{position}", message, related=other, rule=f"missing-{kind.name}")
        positions = {stage["stage_id"]: position for position, stage in enumerate(stages)}
        for index in pairing.unexpected:
            named = s.program[kind.plural][index][kind.member]
            stage_pointer, why = f"/stages/{positions.get(named)}", kind.unless
            if named not in positions:
                stage_pointer, why = "/stages", "is not in the program"
            elif positions[named] in required:
                why = f"already has a {kind.name}"
            message = f"the stage {excerpt(named)} {why}"
            pointer = f"{records}/{index}/{kind.member}"
            other = (("program", stage_pointer),)
            yield Flaw("program", pointer, message, None, named, other, f"unexpected-{kind.name}")

    @check(f"{kind.name}-digest-mismatch")
    def own_digest(s: Subject) -> Iterator[Flaw]:
        for index, row in enumerate(s.program.get(kind.plural) or ()):
            actual, expected = row[digest], digests.sha256(kind.preimage(row))
            if actual != expected:
                message = f"digest {kind.digest} of the {kind.name} is {expected}"
                other = (("program", f"{records}/{index}"),)
                yield Flaw("program", f"{records}/{index}/{digest}", message, expected, actual, other)

    @check(f"program-run-mismatch.{kind.plural}")
    def run(s: Subject) -> Iterator[Flaw]:
        rows = enumerate(s.program.get(kind.plural) or ())
        yield from other_runs(s, ((f"{records}/{index}", row) for index, row in rows))

    return one_per_stage, own_digest, run


RECORDS = (COMPLETION, PROMOTION, TRANSITION)
"""Every kind of record."""

CHECKS: tuple[Check, ...] = tuple(each for kind in RECORDS for each in _checks_of(kind))
