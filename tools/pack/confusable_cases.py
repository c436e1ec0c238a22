"""Cases of identifiers that are easily taken for others."""

from __future__ import annotations

from tools.edits import Edit, append, put
from tools.pack.base_documents import FULL, PLAN, PROGRAM, RUN
from tools.pack.base_programs import RECEIPT
from tools.pack.case_builder import Group, respelt

_RULE = "confusable-identifier"
_VERSION = "/corpus/tokenizer_bundle_schema_version"
_CLUSTER = ("cluster_id", "cluster_state_digest", "scheduler_node_id", "topology_digest")
_LABEL = "/receipt/checkpoint_lineage/promoted_checkpoint_label"
_WRITER = "/receipt/checkpoint_lineage/promoted_checkpoint/writer_node_id"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases."""
    cases = Group("confusables", "Identifiers that are easily taken for others.", on=("corpus",))
    _characters(cases)
    _normalised(cases)
    _look_alikes(cases)
    _places(cases)
    return cases


def _characters(cases: Group) -> None:
    for slug, name, character in (
        ("soft-hyphen", "a soft hyphen", "\u00ad"),
        ("joiner", "a combining grapheme joiner", "\u034f"),
        ("zero-width-space", "a zero-width space", "\u200b"),
        ("right-to-left", "a right-to-left override", "\u202e"),
        ("isolate", "a right-to-left isolate", "\u2067"),
        ("braille-blank", "a blank of Braille", "\u2800"),
        ("filler", "a Hangul filler", "\u3164"),
        ("variation", "a variation selector", "\ufe0f"),
        ("byte-order-mark", "a byte order mark", "\ufeff"),
        ("tag", "a tag letter", "\U000e0041"),
        ("supplement", "a supplementary variation selector", "\U000e01ef"),
        ("no-break-space", "a no-break space", "\u00a0"),
        ("ideographic-space", "an ideographic space", "\u3000"),
        ("line-separator", "a line separator", "\u2028"),
    ):
        cases.warned(
            _RULE, slug, f"An identifier contains {name}.", put(_VERSION, f"bun{character}dle"), at=[_VERSION], related={},
        )
    for slug, name, text in (
        ("beta", "a Greek letter that looks like none of ASCII", "2.0-β"),
        ("cyrillic", "only Cyrillic letters, and nothing looks the same", "сорока"),
        ("emoji", "an emoji without a variation selector", "\U0001f40b"),
        ("beside-invisible", "characters next to invisible ones", "bundle\u2010\u2027\u2070\u180a\u1810\ufe10\ufffb"),
        ("space", "spaces, also at its ends", " bun  dle "),
    ):
        cases.accepted(_RULE, slug, f"An identifier has {name}.", put(_VERSION, text))
    cases.warned(
        _RULE, "thousand", "An identifier of 1000 characters, some outside of the BMP, ends with a zero-width space.",
        put(_VERSION, "\U0001f40b" * 999 + "\u200b"), at=[_VERSION], related={},
    )
    cases.accepted(
        _RULE, "thousand-and-one", "An identifier of 1001 characters ends with a zero-width space, and is left out.",
        put(_VERSION, "x" * 1000 + "\u200b"),
    )
    cases.rejected(
        _RULE, "only-invisible", "An identifier has only invisible characters, and a judged config names it.",
        put("/config/run_id", "\u200b\u2060"), at=["/config/run_id"], on=PLAN, strict=True, related={},
    )
    cases.accepted(
        _RULE, "sentence", "A summary, a detail and a rationale contain zero-width spaces, and are no identifiers.",
        put("/receipt/summary", "a\u200bb"), put("/receipt/source_family_reports/0/detail", "a\u200bb"),
        put("/policy/source_family_weights/0/rationale", "a\u200bb"), on=RUN,
    )


def _normalised(cases: Group) -> None:
    for slug, name, text in (
        ("decomposed", "a letter and a combining accent that compose", "cafe\u0301"),
        ("order", "combining marks in an order that is not canonical", "q\u0307\u0323"),
        ("angstrom", "the sign Angstrom, which is normalised to a letter", "\u212b"),
        ("hangul", "Hangul letters that compose", "\u1112\u1161\u11ab"),
        ("compatibility", "a compatibility ideograph", "\uf900"),
        ("kana", "kana with a combining voiced sound mark", "\u304b\u3099"),
        ("after-emoji", "a decomposed letter after a character outside of the ranges", "\U0001f40bcafe\u0301"),
    ):
        cases.warned(
            _RULE, slug, f"An identifier has {name}.", put(_VERSION, text), at=[_VERSION], related={},
        )
    for slug, name, text in (
        ("composed", "a letter with an accent, composed", "caf\u00e9"),
        ("no-composition", "a letter and a combining accent that do not compose", "q\u0301"),
        ("outside", "characters outside of the ranges that Normalization Form C would change", "\U0002f800\u2adc\U0001d15e"),
        ("split-run", "a letter and a combining accent with a character outside of the ranges in between", "e\U0001f40b\u0301"),
    ):
        cases.accepted(_RULE, slug, f"An identifier has {name}.", put(_VERSION, text))
    cases.rejected(
        _RULE, "two-forms", "A config names its run in NFC and its receipt in NFD, which is another run.",
        put("/config/run_id", "caf\u00e9"), put("/receipt/run_id", "cafe\u0301"), at=["/receipt/run_id"],
        also=[("config-mismatch", "/receipt/run_id")], on=RUN,
    )


def _look_alikes(cases: Group) -> None:
    def two(first: str, second: str) -> list[Edit]:
        return [put(_LABEL, first), put(_WRITER, second)]

    for slug, name, first, second in (
        ("latin-cyrillic", "one in Latin, one with a Cyrillic letter", "final", "fin\u0430l"),
        ("latin-greek", "one in Latin, one with a Greek letter", "BEST", "\u0392EST"),
        ("latin-full-width", "one in Latin, one in full width", "a-1", "\uff41\uff0d\uff11"),
    ):
        cases.warned(
            _RULE, slug, f"Two identifiers look the same, {name}.", *two(first, second), at=[_WRITER], on=RUN,
            related={_WRITER: [_LABEL]},
        )
    cases.warned(
        _RULE, "cyrillic-greek", "Two identifiers look the same, one in Cyrillic, one in Greek letters.",
        *two("\u041e\u0421\u0422", "\u039f\u0421\u03a4"), at=[_LABEL, _WRITER], on=RUN,
        related={_LABEL: [_WRITER], _WRITER: [_LABEL]},
    )
    cases.warned(
        _RULE, "cyrillic-invisible", "An identifier in Cyrillic letters looks like another one in the same letters with a zero-width space.",
        *two("\u0441\u043e\u0440", "\u0441\u043e\u0440\u200b"), at=[_WRITER], on=RUN, related={_WRITER: [_LABEL]},
    )
    cases.warned(
        _RULE, "three", "Three identifiers look the same, and the least of the others is what each is related to.",
        *two("final", "fin\u0430l"), put("/receipt/replay_receipt/receipt_id", "final\u200b"),
        at=[_WRITER, "/receipt/replay_receipt/receipt_id"], on=RUN,
        related={_WRITER: [_LABEL], "/receipt/replay_receipt/receipt_id": [_LABEL]},
    )
    cases.accepted(
        _RULE, "different", "Two identifiers have Cyrillic look-alikes in different places, and do not look the same.",
        *two("fin\u0430l", "fina1"), on=RUN,
    )
    family = "/receipt/source_family_reports/1/source_family_id"
    cases.rejected(
        _RULE, "family", "A row names a family with a Cyrillic letter, where the corpus has a Latin one.",
        put(family, "c\u043ede"), at=[family], on=RUN,
        also=[("unknown-source-family", family), ("incomplete-coverage", "/receipt/source_family_reports")],
    )


def _places(cases: Group) -> None:
    stable = "/corpus/replay_contract/stable_dataset_identity"
    name = "quay\u200bcorpus@1"
    renamed = [put(stable, name), put("/corpus/dataset_id", "quay\u200bcorpus")]
    cases.warned(
        _RULE, "once", "An identifier with a zero-width space is reported once, where it is first by names of members.",
        put(_VERSION, "bun\u200bdle"), put("/corpus/tokenizer_id", "bun\u200bdle"), put("/corpus/preprocessing_version", "x"),
        *(put(f"/corpus/shards/{number}/preprocessing_version", "x") for number in range(4)),
        at=["/corpus/tokenizer_bundle_schema_version"], related={},
    )
    rows = "/corpus/shards"
    cases.warned(
        _RULE, "list-order", "In a list, the first item that has the identifier is the one of the lowest index, though 10 sorts before 2.",
        *(append(f"{rows}/0/source_lineage", {"source_id": f"s{number}", "source_family_id": "prose",
            "source_normalized_digest": f"d{number}"}) for number in range(9)),
        append("/corpus/source_family_bindings/0/source_ids", *(f"s{number}" for number in range(9))),
        put(f"{rows}/0/source_lineage/2/source_normalized_digest", "a\u200b"),
        put(f"{rows}/0/source_lineage/10/source_normalized_digest", "a\u200b"),
        at=[f"{rows}/0/source_lineage/2/source_normalized_digest"], related={},
    )
    cases.warned(
        _RULE, "each-document", "An identifier with a zero-width space is reported once for each document that has it.",
        *renamed, put("/policy/dataset_identity", name), put("/config/dataset_identity", name),
        put("/config/objective_config/dataset_identity", name), on=PLAN,
        at=[stable, "/corpus/dataset_id", "/policy/dataset_identity", "/config/dataset_identity"], related={},
    )
    cases.warned(
        _RULE, "input", "An identifier of an input that is reached has a zero-width space.", put(_VERSION, "bun\u200bdle"),
        at=[_VERSION], on=PLAN, inputs=("corpus",), related={},
    )
    cases.accepted(
        _RULE, "input-not-reached", "An identifier of an input that nothing refers to has a zero-width space.",
        put(_VERSION, "bun\u200bdle"), on=("corpus", "policy"), inputs=("corpus",),
    )
    cases.warned(
        _RULE, "escaped", "A zero-width space is written as an escape.", at=[_VERSION], related={},
        texts={"corpus": respelt('"bundle.v1"', '"bundle\\u200b"')},
    )
    cases.warned(
        _RULE, "program", "In a program, a receipt has an identifier with a zero-width space, and the receipt is a document of its own.",
        put(f"{RECEIPT}/replay_receipt/receipt_id", "quay\u200b"), at=[f"{RECEIPT}/replay_receipt/receipt_id"], on=PROGRAM,
    )
    reference = "/program/stages/1/environment/environment_ref"
    cases.warned(
        _RULE, "program-and-receipt",
        "A receipt in a program and a later stage of the program have the same identifier with a zero-width space.",
        put(f"{RECEIPT}/replay_receipt/receipt_id", "x\u200b"), put(reference, "x\u200b"),
        at=[f"{RECEIPT}/replay_receipt/receipt_id", reference], on=PROGRAM, related={},
    )
    cases.rejected(
        _RULE, "broken", "A document with a broken member is left out.", put(_VERSION, "bun\u200bdle"),
        put("/corpus/extra", 1), at=[], also=[("schema-violation", "/corpus/extra")],
    )
    cluster = "/full/delivered_execution/cluster_execution"
    cases.warned(
        _RULE, "cluster", "Of cluster_execution the identifiers that the contract knows count.",
        *(put(f"{cluster}/{name}", f"{name}\u200b") for name in _CLUSTER), at=[f"{cluster}/{name}" for name in _CLUSTER],
        on=FULL, related={},
    )
    cases.accepted(
        _RULE, "cluster-open", "A further member of cluster_execution has a zero-width space, and is not interpreted.",
        put(f"{cluster}/label", "a\u200b"), put(f"{cluster}/labels", {"cluster_id": "a\u200b"}), on=FULL,
    )
