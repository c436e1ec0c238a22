"""The canonical documents: frozen, in contract order, and strictly consistent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from psion_contract import Checker, check_documents
from psion_contract.documents import kinds
from psion_contract.documents.digests import Digest, digests_of
from psion_contract.documents.serialising import document_text, in_contract_order
from psion_contract.resources import data_bytes
from tools import canonical

DOCUMENTS = canonical.documents()
DESCRIPTOR = "psion/models/psion_compact_decoder_descriptor_v1.json"
CORPUS = "psion/tokenized/psion_tokenized_corpus_manifest_v1.json"
POLICY = "psion/sampling/psion_sampling_policy_v1.json"
PILOT_CONFIG = "psion/pretrain/psion_pretrain_stage_config_v1.json"
PILOT = "psion/pretrain/psion_pretrain_stage_receipt_v1.json"
RESUMED_CONFIG = "psion/pretrain/psion_pretrain_stage_resumed_config_v1.json"
RESUMED = "psion/pretrain/psion_pretrain_stage_resumed_receipt_v1.json"
ACCELERATED_CONFIG = "psion/pretrain/psion_pretrain_stage_accelerated_config_v1.json"
ACCELERATED = "psion/pretrain/psion_pretrain_stage_accelerated_receipt_v1.json"
PROGRAM = "psion/program/psion_training_stage_program_v1.json"
CONFIG_OF = {PILOT: PILOT_CONFIG, RESUMED: RESUMED_CONFIG, ACCELERATED: ACCELERATED_CONFIG}

DIGESTS = {
    DESCRIPTOR: {
        "D1": "9311338843a6599caf3bd6824bb3f038c2155383ad8c6f4cb84cb73254f69ab3",
        "D2": "846d8384eed8ea0b467d27983736f4bd14e182d7854d97415930173ddc0166ee",
        "D6": "f866f04a916e2cb3055445781d1acca7baaeba756fee3f61925ad9be3af833fb",
        "content": "3e01c0fe68bd4ea83a7c0d05d210148e50780a4ca3d0ded780327d238f11aa30",
    },
    CORPUS: {"content": "bccfa98b622195a2cbc01acec33a4637454b81a7df8c139603ba5ef92d8380ae"},
    POLICY: {"content": "2bd9fe3181049ea90c9926c44705bd0b3d9eb37fe553d72e69132787c37ad572"},
    PILOT_CONFIG: {"content": "a7db1c980914aa8288a9ec41b661fe29226238aa828fa5062940319fdea3a2a4"},
    PILOT: {
        "D3": "a0ee04e51c1712244bbcf607ed0e1d526858872f531ee2e00e60f184eae54ea8",
        "D4": "93cb7aad88d0a6ecac6e819f8873a0f8ffeb924ccfaa249d8e6b766b81fe09f4",
        "D5": "393dda69cbc644ed874e17a215af1b1b94a030fae1511fce9ea384a4d5ecce92",
        "content": "b661c1d478d42adf5d7d0368c396eeba86a70905d2f0b6105511b10de5bed294",
    },
    RESUMED_CONFIG: {"content": "acd4e46ac177f6a722da2f1f4222d904fdb31230566761f244a3535b7d6bfdc0"},
    RESUMED: {
        "D3": "7cc31ee2b1b188b2841c9e3ef51a27c592b893cfa51c58f142ab11809688013f",
        "D4": "cd57393e8d2b2f25411c86b9633c7223c135925048889845fef05e29e3fa3097",
        "D5": "407e284fa4cab2d5a9bbf1602afb65394ea9fd475241e93b4349ce5d2ce31b86",
        "content": "e5f1ad49056360d911614636b549ccac4f83b1455f9883bab78e9c291ecf7d42",
    },
    ACCELERATED_CONFIG: {"content": "d6561611f29d6b34e193aefa537e9da4fdbb98318198f389ab068f216de93af5"},
    ACCELERATED: {
        "D3": "795cab8178a535a4cdecc3dbd555697b7cb25750fa8cca055b2c7636afe5eaaf",
        "D4": "0cd4dc12178640681b0194f59b0953e2e1bbe1f5f54084f4138eb0b35fe50b88",
        "D5": "2819c2b1cf211e751fa5d7b56705f107f3de9a0ddba3958c511cb7793ab6eed0",
        "content": "7dfac6e51260254055a7e8420d7510eba9a9992020dcbcc75aa33e1153f1b7d5",
    },
    PROGRAM: {
        "D7 /completions/0": "bf6e36e2eb409bf3de03e8b39f350f77fdc3221a3f4430ebbaf38411a01c6f59",
        "D8 /promotions/0": "f2f04d12a44ec66d91f53311a5a7f209fed96c83e71c3d3c9f38c1db1a2ddb95",
        "D9 /transitions/0": "990b47691d986e40cb3c547ae9b36cbc63f146eee2fd1a33c07cb1dab56440d2",
        "D9 /transitions/1": "9ac821f5bfba4bc2a7c31d4c826f9ac8087253073d2ba870b6a41fda760ea7be",
        "content": "fc5adb1f343bb7a4e61499beaa0d00151baf7a19f6419a24252d9c7c4d68a686",
    },
}
"""By document, its digests; those of records with their place. Literals, which updating snapshots cannot rewrite."""


class JsonText(SingleFileSnapshotExtension):
    """One file per snapshot, holding the text as it is."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"


def stem(path: str) -> str:
    return Path(path).stem


@pytest.mark.parametrize("path", DOCUMENTS, ids=stem)
def test_the_text_of_a_canonical_document_is_frozen(path: str, snapshot: SnapshotAssertion) -> None:
    assert document_text(DOCUMENTS[path]) == snapshot(extension_class=JsonText)


@pytest.mark.parametrize("path", DOCUMENTS, ids=stem)
def test_the_digests_of_a_canonical_document_are_frozen(path: str) -> None:
    document = DOCUMENTS[path]
    kind = kinds.recognise(document)
    assert kind is not None
    found = list(digests_of(kind, document))
    assert {named(digest): digest.computed for digest in found} == DIGESTS[path]
    assert not [digest.pointer for digest in found if digest.differs]


def named(digest: Digest) -> str:
    """The id of a digest, and the record that it belongs to."""
    record = re.match(r"/[a-z]+/\d+", digest.pointer or "")
    return f"{digest.id} {record.group()}" if record else digest.id


def test_the_files_are_the_canonical_documents() -> None:
    assert list(canonical.files()) == [
        f"{canonical.FOLDER}/{path.removeprefix('psion/')}" for path in DOCUMENTS
    ]


def test_two_builds_are_equal_and_share_no_part() -> None:
    first, second = canonical.documents(), canonical.documents()
    assert first == second
    containers = [id(part) for build in (first, second) for part in parts_of(list(build.values()))]
    assert len(containers) == len(set(containers))


def parts_of(value: Any) -> Iterator[Any]:
    """Every object and array below a value."""
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, (dict, list)):
            yield item
            yield from parts_of(item)


@pytest.mark.parametrize("path", DOCUMENTS, ids=stem)
def test_properties_are_in_contract_order(path: str) -> None:
    document = DOCUMENTS[path]
    kind = kinds.recognise(document)
    assert kind is not None
    assert json.dumps(document) == json.dumps(in_contract_order(kind.version, document))


def test_a_text_depends_neither_on_the_order_of_properties_nor_on_null() -> None:
    receipt = DOCUMENTS[PILOT]
    backwards = dict(reversed(receipt.items())) | {"delivered_execution": None}
    assert document_text(backwards) == document_text(receipt)


def test_a_text_keeps_non_ascii_characters_and_ends_with_one_newline() -> None:
    text = document_text(DOCUMENTS[PILOT])
    assert "京都" in text
    assert "\\u" not in text
    assert text.startswith('{\n  "schema_version"')
    assert text.endswith("}\n")


def test_only_contract_documents_have_a_text() -> None:
    with pytest.raises(ValueError, match="not a contract document"):
        document_text({"schema_version": "psion.pretrain_stage_receipt.v9"})


def test_the_canonical_documents_are_strictly_consistent() -> None:
    report = check_documents({path: data_bytes("fixtures", path) for path in DOCUMENTS}, strict=True)
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())
    assert [entry.name for entry in report.documents if not entry.pointer] == list(DOCUMENTS)


def inputs_of(receipt: str, *without: str) -> dict[str, Any]:
    """All other canonical documents."""
    return {path: document for path, document in DOCUMENTS.items() if path not in (receipt, *without)}


@pytest.mark.parametrize("path", CONFIG_OF, ids=stem)
def test_a_receipt_resolves_its_own_config(path: str) -> None:
    report = Checker(inputs_of(path), strict=True).check({path: DOCUMENTS[path]})
    assert (report.verdict, report.findings, report.skipped) == ("consistent", (), ())


@pytest.mark.parametrize("path", CONFIG_OF, ids=stem)
def test_a_receipt_needs_the_config_of_its_own_run(path: str) -> None:
    report = Checker(inputs_of(path, CONFIG_OF[path])).check({path: DOCUMENTS[path]})
    assert [(finding.rule, finding.pointer) for finding in report.findings] == [
        ("unresolved-reference", "/run_id")
    ]


def test_the_resumed_run_starts_from_the_checkpoint_that_the_pilot_promoted() -> None:
    base = DOCUMENTS[RESUMED]["checkpoint_lineage"]["base_checkpoint"]
    assert base == DOCUMENTS[PILOT]["checkpoint_lineage"]["promoted_checkpoint"]


def test_the_program_records_the_pilot_and_goes_on_from_its_checkpoint() -> None:
    pretrain, general_sft = DOCUMENTS[PROGRAM]["stages"]
    assert pretrain["pretrain_runs"] == [DOCUMENTS[PILOT]]
    assert general_sft["base_checkpoint"] == DOCUMENTS[PILOT]["checkpoint_lineage"]["promoted_checkpoint"]


def test_the_program_needs_the_config_of_its_receipt() -> None:
    report = Checker(inputs_of(PROGRAM, PILOT_CONFIG)).check({PROGRAM: DOCUMENTS[PROGRAM]})
    assert [(finding.rule, finding.pointer) for finding in report.findings] == [
        ("unresolved-reference", "/stages/0/pretrain_runs/0/run_id")
    ]
