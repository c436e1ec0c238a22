"""Random sets of documents: canonical documents, edited, resealed, damaged as texts, and combined."""

from __future__ import annotations

from json import dumps, loads
from random import Random
from typing import Any, NamedTuple

from random_sets import value_edits
from random_sets.confusing import confusable
from random_sets.resealing import reseal, reseal_all
from tools import canonical

RUNS = ("", "_resumed", "_accelerated")
"""The canonical runs, by what distinguishes the names of their documents."""

NAMING_MEMBERS = (
    "run_id",
    "stage_id",
    "model_id",
    "stable_dataset_identity",
    "dataset_identity",
    "policy_id",
    "policy_version",
)
"""Members that name something, besides those whose name contains ``_id``."""


class DocumentSet(NamedTuple):
    """Texts to check together.

    Attributes:
        documents: the texts to judge, by name.
        inputs: texts that the documents may refer to, by name.
        strict: whether warnings decide the verdict.
        limits: limits of the reader that differ from the default.
        history: the edits of the canonical documents, for people.
    """

    documents: dict[str, bytes]
    inputs: dict[str, bytes]
    strict: bool
    limits: dict[str, int]
    history: list[str]


def document_set(seed: int, index: int) -> DocumentSet:
    """The set of that number, which is the same every time."""
    return _Generator(Random(f"{seed}:{index}")).document_set()


_CANONICAL = {
    name.rsplit("/", 1)[1].removesuffix("_v1.json"): dumps(value)
    for name, value in canonical.documents().items()
}


class _Generator:
    """Generates one set."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.history: list[str] = []
        self.placeholders = value_edits.Placeholders()

    def chance(self, probability: float) -> bool:
        """True with that probability."""
        return self.random.random() < probability

    def document_set(self) -> DocumentSet:
        """The set."""
        values = self.chosen()
        for _ in range(self.random.choice((0, 1, 1, 1, 1, 2, 2, 3, 5, 9))):
            self.change(values)
        values = self.arranged(values)
        texts = {name: self.written(name, value) for name, value in values.items()}
        inputs = {name: text for name, text in texts.items() if self.is_input(name)}
        documents = {name: text for name, text in texts.items() if name not in inputs}
        return DocumentSet(documents, inputs, self.chance(0.3), self.limits(texts), self.history)

    def chosen(self) -> dict[str, Any]:
        """Documents of one or more runs, sometimes without one of them."""
        runs = self.random.sample(RUNS, self.random.choice((1, 1, 1, 2, 3)))
        names = [
            "psion_compact_decoder_descriptor",
            "psion_tokenized_corpus_manifest",
            "psion_sampling_policy",
        ]
        for run in runs:
            names += [f"psion_pretrain_stage{run}_config", f"psion_pretrain_stage{run}_receipt"]
        if self.chance(0.35):
            names.append("psion_training_stage_program")
            names += [f"psion_pretrain_stage{run}_config" for run in ("",) if run not in runs]
        left_out = self.random.choice(names) if self.chance(0.1) else ""
        if left_out:
            self.history.append(f"without {left_out}")
        values = {name: loads(_CANONICAL[name]) for name in names if name != left_out}
        if "psion_training_stage_program" in values:
            for _ in range(self.random.choice((0, 0, 1, 2))):
                self.enter_stage(values["psion_training_stage_program"])
        return values

    def enter_stage(self, program: Any) -> None:
        """Complete the last stage of a program and enter the next."""
        kinds = ("pretrain", "general_sft", "agentic_sft", "rl")
        last = program["stages"][-1]
        number, kind = len(program["stages"]), kinds[len(program["stages"]) % 4]
        stage_id = f"{program['run_id']}-stage-{number + 1}-{kind}"
        checkpoint = {
            **program["promotions"][-1]["checkpoint"],
            "stream_id": f"{last['stage_id']}/checkpoints",
        }
        run = {"run_id": program["run_id"]}
        time = 1_771_300_000_000 + 1_000_000 * number
        trace = {
            **program["stages"][1]["ingested_traces"][0],
            "stage_id": stage_id,
            "trace_kind": "long_context",
            "accepted_at_ms": time + 2,
        }
        last["status"] = "completed"
        counts = {name: len(last.get(name) or ()) for name in ("ingested_traces", "pretrain_runs")}
        program["completions"].append(
            {
                **run,
                "stage_id": last["stage_id"],
                "kind": last["kind"],
                "ingested_trace_count": counts["ingested_traces"],
                "pretrain_run_count": counts["pretrain_runs"],
                "completed_at_ms": time,
                "completion_digest": "0" * 64,
            }
        )
        program["promotions"].append(
            {
                **run,
                "from_stage_id": last["stage_id"],
                "from_stage_kind": last["kind"],
                "to_stage_kind": kind,
                "checkpoint": checkpoint,
                "promotion_digest": "0" * 64,
            }
        )
        program["transitions"].append(
            {
                **run,
                "previous_stage_id": last["stage_id"],
                "next_stage_id": stage_id,
                "next_stage_kind": kind,
                "base_checkpoint": checkpoint,
                "transitioned_at_ms": time + 1,
                "transition_digest": "0" * 64,
            }
        )
        program["stages"].append(
            {
                "stage_id": stage_id,
                "kind": kind,
                "environment": last["environment"],
                "status": "active",
                "base_checkpoint": checkpoint,
                **({"ingested_traces": [trace]} if kind == "agentic_sft" else {}),
            }
        )
        reseal(program)

    def change(self, values: dict[str, Any]) -> None:
        """Edit one or more documents, and repair the digests half of the time."""
        if self.chance(0.15):
            self.rename(values)
        elif self.chance(0.08):
            self.double(values)
        else:
            name = self.random.choices(list(values), [3 if "program" in name else 1 for name in values])[0]
            described = value_edits.edit(self.random, values[name], self.placeholders)
            if described:
                self.history.append(f"{name}: {described}")
        if self.chance(0.5):
            self.history.append("resealed")
            reseal_all(values, follow=self.chance(0.7))

    def rename(self, values: dict[str, Any]) -> None:
        """Rename something in all documents, in some, in all but one, or in one."""
        strings = {text for value in values.values() for text in _named(value)}
        if not strings:
            return
        old = self.random.choice(sorted(strings))
        names = [name for name, value in values.items() if old in _named(value)]
        where = self.random.choice(
            (names, names[:-1], names[:1], self.random.sample(names, (len(names) + 1) // 2))
        )
        new = self.random.choice(
            (old + "-2", self.random.choice(sorted(strings)), confusable(self.random, old))
        )
        for name in where:
            values[name] = _replaced(values[name], old, new)
        self.history.append(f"{old!r} renamed to {new!r} in {where}")

    def double(self, values: dict[str, Any]) -> None:
        """Add a copy of a document, unchanged or edited."""
        name = self.random.choice(list(values))
        copy = loads(dumps(values[name]))
        edited = self.chance(0.6)
        described = value_edits.edit(self.random, copy, self.placeholders) if edited else "unchanged"
        values[f"{name} again"] = copy
        self.history.append(f"{name} again: {described}")

    def arranged(self, values: dict[str, Any]) -> dict[str, Any]:
        """The documents in another order, inside larger values, with other values beside them."""
        names = list(values)
        if self.chance(0.5):
            self.random.shuffle(names)
        arranged = {name: values[name] for name in names}
        if self.chance(0.12):
            name = self.random.choice(names)
            place = self.random.choice(("a", "a/b", "~", "stages", "pretrain_runs", "0"))
            beside = self.random.choice(
                (1, None, self.placeholders.value("1.5"), {"schema_version": "x"}, arranged[names[0]])
            )
            arranged[name] = self.random.choice(
                ([arranged[name], beside], {"beside": beside, place: [arranged[name]]})
            )
            self.history.append(f"{name} inside {place!r}")
        if self.chance(0.05):
            arranged = {"all.json": list(arranged.values())}
        if self.chance(0.07):
            arranged["other.json"] = self.random.choice(
                (
                    {"schema_version": "psion.sampling_policy.v2"},
                    {
                        "schema_version": "psion.training_stage_program.v1",
                        "stages": [],
                        "checkpoint_family": 1,
                    },
                    {"schema_version": None, "stages": None, "checkpoint_family": None},
                    {"schema_version": 1, "stages": [], "checkpoint_family": ""},
                    {"schema_version": "psion.sampling_policy.v1"},
                    *([], 7, "text", None, {"a": 1}),
                )
            )
        return arranged

    def is_input(self, name: str) -> bool:
        """Whether a document is an input; that is mostly a document to which others refer."""
        return self.chance(0.35 if "receipt" not in name and "program" not in name else 0.05)

    def written(self, name: str, value: Any) -> bytes:
        """A document as text, sometimes damaged."""
        text = dumps(
            value,
            ensure_ascii=self.chance(0.3),
            indent=2 if self.chance(0.1) else None,
            sort_keys=self.chance(0.1),
        )
        if self.placeholders.any:
            text = self.placeholders.fill(text)
        data = text.encode("utf-8", "surrogatepass")
        if self.chance(0.015):
            data, described = self.damaged(data)
            self.history.append(f"{name}: {described}")
        return data

    def damaged(self, data: bytes) -> tuple[bytes, str]:
        """A text with an error at a random byte, and a description of it."""
        place = self.random.randrange(len(data))
        insert = self.random.choice(
            (
                *(
                    b"",
                    b",",
                    b"]",
                    b"}",
                    b'"',
                    b"\\",
                    b"\x00",
                    b"\n",
                    b"/**/",
                    b"NaN",
                    b"1",
                    b"01",
                    b"-",
                    b".5",
                    b"e",
                ),
                *(
                    b"\xff",
                    b"\xed\xa0\x80",
                    b"\xc0\x80",
                    b"\\ud800",
                    b"\\udc00\\ud800",
                    b"\\ud83d\\ude00",
                    b"\xef\xbb\xbf",
                ),
                *(
                    b"\\x",
                    b"'",
                    b"9" * 4301,
                    b"[" * 130,
                    b"true",
                    b"\xe2\x80\xa8",
                    b"1.0",
                    b'"a":1.0,"a":-0,',
                ),
            )
        )
        changed = {
            "truncated": data[:place],
            "a byte order mark": b"\xef\xbb\xbf" + data,
            "UTF-16": data.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass"),
            "UTF-16 without a byte order mark": data.decode("utf-8", "surrogatepass").encode(
                "utf-16-le", "surrogatepass"
            ),
            "empty": b"",
            "only white space": b" \n",
            "text appended": data + self.random.choice((b" x", b"\n", b"\x00", b"{}", b"\xc2\xa0")),
            f"{insert[:20]!r} at {place}": data[:place] + insert + data[place:],
            f"a byte at {place}": data[:place] + bytes([self.random.randrange(256)]) + data[place + 1 :],
        }
        described = self.random.choices(list(changed), (1, 1, 1, 1, 1, 1, 2, 12, 6))[0]
        return changed[described], described

    def limits(self, texts: dict[str, bytes]) -> dict[str, int]:
        """Limits of the reader, near the size of one of the texts; mostly none."""
        if not self.chance(0.05):
            return {}
        text = self.random.choice(list(texts.values()))
        near = self.random.randrange(-2, 3)
        return self.random.choice(
            (
                {"max_bytes": max(len(text) + near, 0)},
                {"max_depth": self.random.randrange(1, 14)},
                {"max_members": max(text.count(b",") + text.count(b"{") + text.count(b"[") + near, 0)},
            )
        )


def _named(value: Any) -> set[str]:
    """The strings that name something in a document."""
    if isinstance(value, list):
        return set[str]().union(*map(_named, value))
    if not isinstance(value, dict):
        return set()
    found = {
        text
        for name, text in value.items()
        if isinstance(text, str) and ("_id" in name or name in NAMING_MEMBERS)
    }
    return found.union(*(_named(part) for part in value.values()))


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    if isinstance(value, dict):
        return {name: _replaced(item, old, new) for name, item in value.items()}
    return new if value == old else value
