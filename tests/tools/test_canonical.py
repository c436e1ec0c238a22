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
        "D2": "219f596fee194a1478edee6c3759c8306af76ec251a76d2f5b91ae5979cc8132",
        "D6": "f866f04a916e2cb3055445781d1acca7baaeba756fee3f61925ad9be3af833fb",
        "content": "f195aee60a3bcab60ec9eeab05a5fdeebe204543d0a7146e4f170cd4748219c7",
    },
    CORPUS: {"content": "b59ea6e987213000087b93359e9df8922f7f2b7d73f92e6a7ac367d25f6e8272"},
    POLICY: {"content": "fbaaa10aa980d25015b5fb0dcf4fd426abdf5f9567a1761d8c16c7d2510bf629"},
    PILOT_CONFIG: {"content": "fb217f60984afc9f6e3d30377199dc42fdba2805239ab7b9e53f8b03db9dc0aa"},
    PILOT: {
        "D3": "a0ee04e51c1712244bbcf607ed0e1d526858872f531ee2e00e60f184eae54ea8",
        "D4": "e3823685a71804dc4fd17ed2d8d3a2fe22944975ea328fbfec5ab6a3d543159b",
        "D5": "170d4d5f427ed623da2b3a65b9b3801a55873b2fe44e80416c44f7d852b68f0e",
        "content": "96e0a282ca35ab54d9fc85a349b82ea7dda0d426803f70ae95cccfdf6e79397a",
    },
    RESUMED_CONFIG: {"content": "220445cb3c96da2e6ed551521ed5fbee56099d83da78fcc4b5cbe46f03f4d718"},
    RESUMED: {
        "D3": "7cc31ee2b1b188b2841c9e3ef51a27c592b893cfa51c58f142ab11809688013f",
        "D4": "aac79b7c5f5188eb2426f3b5b4bfccfd4016c02bbca5f7848422f2fc6006faec",
        "D5": "55764cd629b6f265e338487bf968721fc78ae2ec84956a31c5054b38d78e4678",
        "content": "6763424e3d6c5407c0cc6540fcbb47804dc242d299492b9d1ea76379de33d8ba",
    },
    ACCELERATED_CONFIG: {"content": "fb5cc986b8a91a356b67c036c6aa77bb2c73af600c5aa10914c8a5df313fcaa8"},
    ACCELERATED: {
        "D3": "795cab8178a535a4cdecc3dbd555697b7cb25750fa8cca055b2c7636afe5eaaf",
        "D4": "4e1953b3dabaae1195c7b66c11bea3b1ab154fb01cd435a77797a83bacb860e2",
        "D5": "cf253f8bf99008e258c1c52b0efb7b400deb89d2387bc764aac2126a9b5e29d5",
        "content": "bb0fb2f7d3b32f3af56cf85fd569b016c05f6c75b9add2ebbb7fced2a1445cb2",
    },
    PROGRAM: {
        "D7 /completions/0": "bf6e36e2eb409bf3de03e8b39f350f77fdc3221a3f4430ebbaf38411a01c6f59",
        "D8 /promotions/0": "01ea02903b7522958d8e7f19084f7a79d1ab06ca1f2b972f8a80139f4835c4b4",
        "D9 /transitions/0": "990b47691d986e40cb3c547ae9b36cbc63f146eee2fd1a33c07cb1dab56440d2",
        "D9 /transitions/1": "53536ee37503a13d67290b3503d9718d30be1629512ef63f70cf98402299afb4",
        "content": "2e45a46853134412d33e20b89084c4bddda7c22ebc103157412c84454e3fb687",
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
