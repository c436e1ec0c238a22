"""The records of a program: one completion, promotion and transition for each stage that asks for one.

Which record is about which stage is told by the stage id that it names; records and stages that are left
over then belong together in their order, so that a wrong id is one finding and not two.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from psion_contract.documents import digests
from psion_contract.reading.escaping import shown
from psion_contract.rules.checks import Check, Flaw, Subject, check
from psion_contract.rules.program import other_runs

Json = dict[str, Any]


class Pairing(NamedTuple):
    """Which records are about which stages.

    Attributes:
        pairs: position of a record and of the stage that it is about.
        missing: positions of the stages that lack a record.
        unexpected: positions of the records that no stage asks for.
    """

    pairs: list[tuple[int, int]]
    missing: list[int]
    unexpected: list[int]


class RecordKind(NamedTuple):
    """One kind of record.

    Attributes:
        name: what one of them is called; the program's list has the plural.
        member: by which it names its stage.
        asked_for: the positions of the stages that there must be one of each.
        because: why there must be.
        unasked: why there is none for another stage.
        digest: number of its digest in section 2 of the contract.
        preimage: of its digest.
    """

    name: str
    member: str
    asked_for: Callable[[list[Json]], list[int]]
    because: str
    unasked: str
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
        """Which of the program's records of this kind are about which of its stages."""
        stages = program["stages"]
        waiting: dict[str, list[int]] = {}
        for position in reversed(self.asked_for(stages)):
            waiting.setdefault(stages[position]["stage_id"], []).append(position)
        pairs, loose = [], []
        for index, record in enumerate(program.get(self.plural) or ()):
            if named := waiting.get(record[self.member]):
                pairs.append((index, named.pop()))
            else:
                loose.append(index)
        lacking = sorted(position for positions in waiting.values() for position in positions)
        pairs += zip(loose, lacking, strict=False)
        return Pairing(sorted(pairs), lacking[len(loose) :], loose[len(lacking) :])


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
    "is followed by another one",
    "is followed by no other",
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
    def one_each(s: Subject) -> Iterator[Flaw]:
        pairing, stages = kind.pairing(s.program), s.program["stages"]
        for position in pairing.missing:
            named = shown(stages[position]["stage_id"])
            message = f"the stage {named} {kind.because}, but has no {kind.name}"
            other = (("program", "" if s.program.get(kind.plural) is None else records),)
            yield Flaw("program", f"/stages/{position}", message, related=other, rule=f"missing-{kind.name}")
        places = {stage["stage_id"]: position for position, stage in enumerate(stages)}
        for index in pairing.unexpected:
            named = s.program[kind.plural][index][kind.member]
            place, why = f"/stages/{places.get(named)}", kind.unasked
            if named not in places:
                place, why = "/stages", "is none of the program's"
            elif places[named] in kind.asked_for(stages):
                why = f"has another {kind.name} already"
            message = f"the stage {shown(named)} {why}"
            pointer = f"{records}/{index}/{kind.member}"
            other = (("program", place),)
            yield Flaw("program", pointer, message, None, named, other, f"unexpected-{kind.name}")

    @check(f"{kind.name}-digest-mismatch")
    def own_digest(s: Subject) -> Iterator[Flaw]:
        for index, row in enumerate(s.program.get(kind.plural) or ()):
            actual, expected = row[digest], digests.sha256(kind.preimage(row))
            if actual != expected:
                message = f"the digest {kind.digest} of the {kind.name}'s members is {expected}"
                other = (("program", f"{records}/{index}"),)
                yield Flaw("program", f"{records}/{index}/{digest}", message, expected, actual, other)

    @check(f"program-run-mismatch.{kind.plural}")
    def run(s: Subject) -> Iterator[Flaw]:
        rows = enumerate(s.program.get(kind.plural) or ())
        yield from other_runs(s, ((f"{records}/{index}", row) for index, row in rows))

    return one_each, own_digest, run


RECORDS = (COMPLETION, PROMOTION, TRANSITION)
"""Every kind of record."""

CHECKS: tuple[Check, ...] = tuple(each for kind in RECORDS for each in _checks_of(kind))
