"""Cases of what was shown and is no document: what claims the contract, and what has nothing to do with it."""

from __future__ import annotations

from json import dumps
from typing import Any

from tools.pack.base_documents import PLAN
from tools.pack.base_documents import documents as base_documents
from tools.pack.case_builder import Group

# A case reads best as a few full lines.
# fmt: off

_RECEIPT = "psion.pretrain_stage_receipt.v1"


def add(cases: Group) -> None:
    """Add the cases."""
    _versions(cases)
    _members(cases)
    _inputs(cases)
    _discarded(cases)


def _beside(value: Any) -> dict[str, bytes]:
    """A text with a sound config and another value, so that the text has a document."""
    text = dumps([base_documents()["config"], value], ensure_ascii=False)
    return {"bundle": text.encode()}


_OTHERS = tuple(name for name in PLAN if name != "config")


def _versions(cases: Group) -> None:
    rule = "unknown-kind"
    for slug, description, version in (
        ("later", "another version", "psion.pretrain_stage_receipt.v2"),
        ("minor", "a minor version", "psion.pretrain_stage_receipt.v1.1"),
        ("no-version", "no version number", "psion.pretrain_stage_receipt"),
        ("upper-case", "upper case", "Psion.Pretrain_Stage_Receipt.V1"),
        ("blank-after", "a blank at the end", f"{_RECEIPT} "),
        ("blanks-around", "white space around it", f"\n {_RECEIPT}\t"),
        ("hyphens", "hyphens for underscores", "psion.pretrain-stage-receipt.v1"),
        ("all-underscores", "only underscores", "psion_pretrain_stage_receipt_v1"),
        ("no-separators", "no separators", "psion.pretrainStageReceipt.v1"),
        ("address", "the address of the schema", f"https://example.org/schemas/{_RECEIPT}.schema.json"),
        ("cyrillic", "Cyrillic letters that look alike", "рsіоn.рrеtrаіn_stаgе_rесеірt.v1"),
        ("greek", "a Greek letter that looks alike", "psiοn.pretrain_stage_receipt.v1"),
        ("full-width", "a full-width letter", "ｐsion.pretrain_stage_receipt.v1"),
        ("zero-width", "an invisible character", "psion.pretrain_stage\u200b_receipt.v1"),
        ("accent", "a combining accent", "psion.pretrain_stage_re\u0301ceipt.v1"),
        ("swapped", "two letters swapped", "psion.pretrain_stage_reciept.v1"),
        ("missing-letter", "a letter missing", "psion.pretrain_stage_recept.v1"),
        ("two-wrong", "two wrong letters", "psion.pretrain_stage_rece1pd.v1"),
    ):
        cases.rejected(
            rule, f"near-{slug}", f"A document whose schema_version is that of a receipt with {description}.",
            on=_OTHERS, texts=_beside({"schema_version": version}), at=["/bundle/1/schema_version"], related={},
        )
    for slug, description, version in (
        ("longer-word", "a longer word that begins like ours", "psion.sampling_policy_comparison.v1"),
        ("plural", "a longer word by one letter", "psion.pretrain_stage_receipts.v1"),
        ("three-wrong", "three wrong letters", "psion.pretrain_stage_rexxxpt.v1"),
        ("longer-prefix", "another prefix", "acme.psion.sampling_policy.v1"),
        ("in-a-word", "ours inside a word", "xpsion_sampling_policyx"),
        ("foreign", "another kind", "psion.trained_stage_report.v1"),
        ("long", "more than 200 characters", f"{_RECEIPT}{'.x' * 100}"),
    ):
        cases.accepted(
            rule, f"other-{slug}", f"A document of another kind: its schema_version is {description}.",
            on=_OTHERS, texts=_beside({"schema_version": version}),
        )
    cases.rejected(
        rule, "near-root", "A near miss at the root of a text is one finding.", on=PLAN,
        texts={"text": b'{"schema_version":"psion.sampling_policy.v2"}'}, at=["/text/schema_version"], related={},
    )
    cases.rejected(
        rule, "near-deep", "A near miss is found at any depth.", on=_OTHERS,
        texts=_beside({"a": [[{"b": {"schema_version": "psion.sampling_policy.v2"}}]]}),
        at=["/bundle/1/a/0/0/b/schema_version"], related={},
    )
    cases.rejected(
        rule, "near-as-open-object", "The open object of a receipt may be a near miss itself.", on=(*PLAN, "full"),
        at=["/full/delivered_execution/cluster_execution/schema_version"], related={},
        texts={"full": lambda text: text.replace('"cluster_execution":{', '"cluster_execution":{"schema_version":"psion.sampling_policy.v2",')},
    )
    cases.rejected(
        rule, "near-in-open-object", "A near miss in the open object of a receipt is found too.",
        on=(*PLAN, "full"), at=["/full/delivered_execution/cluster_execution/job/schema_version"], related={},
        texts={"full": lambda text: text.replace('"job":48', '"job":{"schema_version":"psion.sampling_policy.v2"}')},
    )


def _members(cases: Group) -> None:
    rule = "unknown-kind"
    for slug, name in (
        ("case", "Schema_Version"), ("camel", "schemaVersion"), ("hyphen", "schema-version"), ("no-separator", "SCHEMAVERSION"),
        ("dollar", "$schema_version"), ("missing-letter", "shema_version"), ("swapped", "schema_verison"),
        ("cyrillic", "sсhema_version"), ("plural", "schema_versions"),
    ):
        cases.rejected(
            rule, f"member-{slug}", f"A document's schema_version is misspelt as {name}.", on=_OTHERS,
            texts=_beside({name: _RECEIPT}), at=[f"/bundle/1/{name}"], related={},
        )
    cases.rejected(
        rule, "member-beside", "A misspelt schema_version counts beside one of another kind.", on=_OTHERS,
        texts=_beside({"schema_version": "x", "Schema_Version": _RECEIPT}), at=["/bundle/1/Schema_Version"], related={},
    )
    others: tuple[tuple[str, Any], ...] = (
        ("other-name", {"tokenized_corpus_schema_version": "psion.tokenized_corpus_manifest.v1"}),
        ("short-name", {"version": _RECEIPT}), ("other-value", {"Schema_Version": "x.v1"}), ("not-text", {"schemaVersion": 1}),
    )
    for slug, value in others:
        cases.accepted(
            rule, f"member-{slug}", f"An object with {dumps(value)} has nothing to do with the contract.", on=_OTHERS,
            texts=_beside(value),
        )
    documents = base_documents()
    for role in ("config", "receipt", "descriptor", "corpus", "policy"):
        value = {name: item for name, item in documents[role].items() if name != "schema_version"}
        place = ["/bundle/1"]
        cases.rejected(
            rule, f"without-version-{role}", f"A {role} without a schema_version.", on=_OTHERS, texts=_beside(value), at=place,
            related={},
        )
        cases.rejected(
            rule, f"null-version-{role}", f"A {role} whose schema_version is null.", on=_OTHERS,
            texts=_beside({"schema_version": None, **value}), at=place, related={},
        )
        cases.accepted(
            rule, f"other-version-{role}", f"The members of a {role} with the schema_version of another kind.", on=_OTHERS,
            texts=_beside({"schema_version": "elsewhere.v1", **value}),
        )
    run = {"run_id": "r", "checkpoint_family": "f", "stages": []}
    stage = {"stage_id": "s", "kind": "pretrain", "environment": {}, "status": "active"}
    programs: tuple[tuple[str, str, Any], ...] = (
        ("misspelt-family", "misspells checkpoint_family", {"run_id": "r", "checkpoint_famly": "f", "stages": []}),
        ("camel-family", "spells checkpoint_family otherwise", {"run_id": "r", "checkpointFamily": "f", "stages": []}),
        ("misspelt-stages", "misspells stages", {"run_id": "r", "checkpoint_family": "f", "stage": []}),
        ("no-family", "has stages, but no checkpoint_family", {"run_id": "r", "stages": [stage]}),
        ("records", "has stages and completions", {"stages": [{}], "completions": []}),
    )
    for slug, description, value in programs:
        cases.rejected(
            rule, f"program-{slug}", f"An object that {description} means to be a stage program.", on=_OTHERS,
            texts=_beside(value), at=["/bundle/1"], related={},
        )
    cases.rejected(
        rule, "program-other-version", "A stage program with a schema_version of another kind is one to readers that ignore it.",
        on=_OTHERS, texts=_beside({"schema_version": "x", **run}), at=["/bundle/1/schema_version"], related={},
    )
    pipelines: tuple[tuple[str, Any], ...] = (
        ("pipeline", {"run_id": "r", "stages": ["build", "test"]}), ("no-stages", {"run_id": "r", "stages": []}),
        ("other-stages", {"run_id": "r", "stages": [{"stage_id": "s", "kind": "x", "status": "y"}]}),
        ("family", {"run_id": "r", "checkpoint_family": "f"}),
    )
    for slug, value in pipelines:
        cases.accepted(
            rule, f"program-{slug}", f"An object {dumps(value)} is no stage program.", on=_OTHERS, texts=_beside(value),
        )


def _inputs(cases: Group) -> None:
    at = ["/lost"]
    config = dumps(base_documents()["config"])
    honest = config.encode()
    for slug, description, data in (
        ("truncated", "is truncated", honest[:400]),
        ("byte-order-mark", "starts with a byte order mark", b"\xef\xbb\xbf" + honest),
        ("utf-16", "is UTF-16", config.encode("utf-16")),
        ("conflict", "has conflict markers", b"<<<<<<< ours\n" + honest + b"\n=======\n" + honest + b"\n>>>>>>> theirs\n"),
    ):
        cases.rejected(
            "invalid-json", f"input-{slug}", f"An input that would be a second config {description}.", inputs=("config", "lost"),
            on=(*PLAN, "receipt"), texts={"lost": data}, at=at, related={},
        )
    cases.rejected(
        "unknown-kind", "input-later", "An input that would be a second config has another version.", inputs=("config", "lost"),
        on=(*PLAN, "receipt"), texts={"lost": honest.replace(b"config.v1", b"config.v2")}, at=["/lost/schema_version"], related={},
    )
    cases.rejected(
        "schema-violation", "input-without-identity", "An input that no reference can reach, because its identity is broken.",
        inputs=("config", "lost"), on=(*PLAN, "receipt"), texts={"lost": config.replace('"run_id": ', '"run-id": ').encode()},
        at=["/lost", "/lost/run-id"], related={},
    )
    cases.accepted(
        "unknown-kind", "input-of-another-kind", "An input of another kind is ignored.", inputs=("other",),
        texts={"other": b'{"schema_version":"psion.sampling_policy_comparison.v1"}'},
    )


def _discarded(cases: Group) -> None:
    rule = "duplicate-member"
    config = base_documents()["config"]
    wrong = dumps({**config, "model_id": "x"})
    for slug, description, replaced, last, at in (
        ("document", "a document", wrong, "null", "/x"),
        ("list", "a list with a document", f"[[{wrong}]]", "[]", "/x"),
        ("near-miss", "a near miss", '{"schema_version":"psion.sampling_policy.v2"}', "0", "/x"),
        ("nested", "another repeated member, which holds a document", f'{{"y":{wrong},"y":1}}', "1", "/x"),
    ):
        text = f'[{dumps(config)},{{"x":{replaced},"x":{last}}}]'
        cases.rejected(
            rule, f"replaced-{slug}", f"A member that is repeated replaces {description}.", on=_OTHERS,
            texts={"bundle": text.encode()}, at=[f"/bundle/1{at}"],
        )
    cases.rejected(
        rule, "replaced-version", "A repeated schema_version replaces that of a receipt.", on=_OTHERS, at=["/bundle/1/schema_version"],
        texts={"bundle": f'[{dumps(config)},{{"schema_version":"{_RECEIPT}","schema_version":"x"}}]'.encode()},
    )
    cases.rejected(
        rule, "replaced-second", "The second of three values is a document.", on=_OTHERS, at=["/bundle/1/x"],
        texts={"bundle": f'[{dumps(config)},{{"x":0,"x":{wrong},"x":1}}]'.encode()},
    )
    cases.accepted(
        rule, "replaced-other", "A repeated member without anything of the contract is ignored outside of documents.", on=_OTHERS,
        texts={"bundle": f'[{dumps(config)},{{"x":{{"a":1}},"x":[{{"schema_version":"x"}}],"x":"{_RECEIPT}"}}]'.encode()},
    )
