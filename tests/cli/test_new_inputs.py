"""``psion-contract new descriptor``, ``new corpus`` and ``new policy``: from files to documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.command_line import RunCommand, write_json
from support.small_corpora import corpus_sidecar, policy_sidecar, write_corpus, write_safetensors

from psion_contract import document_text, new_corpus, new_descriptor, new_policy
from psion_contract.artifacts.shards import shards
from psion_contract.documents import schemas

MODEL = (
    *("new", "descriptor", "--size-anchor", "pilot32m", "--context", 128, "--model-id", "small"),
    *("--revision", "1", "--tokenizer-id", "bytes", "--tokenizer-version", "1"),
)
EXPLICIT = ("--tokenizer-family", "byte_pair_encoding", "--vocab-size", 256, "--tokenizer-digest", "abc")
CORPUS = ("new", "corpus", "train", "validation", "exam", "--sequence-tokens", 128)
POLICY = ("new", "policy", "--corpus", "corpus.json")
TOKENIZER = Path(__file__).parent.parent / "artifacts" / "files" / "bpe.json"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small corpus and its sidecars; entered."""
    monkeypatch.chdir(tmp_path)
    write_corpus(tmp_path)
    write_json("corpus.sidecar.json", corpus_sidecar())
    write_json("policy.sidecar.json", policy_sidecar())
    return tmp_path


def the_model(**changes: Any) -> Any:
    given = {
        "size_anchor": "pilot32m",
        "max_context": 128,
        "model_id": "small",
        "revision": "1",
        "tokenizer_id": "bytes",
        "tokenizer_version": "1",
    }
    return new_descriptor(**given | changes)


def the_corpus(**changes: Any) -> Any:
    found = [each for path in ("train", "validation", "exam") for each in shards(path, sequence_tokens=128)]
    return new_corpus(found, corpus_sidecar() | changes)


# new descriptor


def test_a_descriptor_is_made_of_options(folder: Path, psion: RunCommand) -> None:
    made = the_model(tokenizer_family="byte_pair_encoding", vocab_size=256, tokenizer_digest="abc")
    assert psion(*MODEL, *EXPLICIT) == (0, document_text(made), "")
    assert psion(*MODEL, "--tokenizer-file", TOKENIZER, "--kv-heads", 3, "-o", "model.json") == (0, "", "")
    made = the_model(tokenizer_file=TOKENIZER, kv_head_count=3)
    assert Path("model.json").read_bytes().decode() == document_text(made)


def test_a_model_that_version_1_cannot_describe_is_a_refusal(folder: Path, psion: RunCommand) -> None:
    write_json("config.json", {"hidden_act": "gelu", "rope_theta": 10000.0, "hidden_size": 384})
    assert psion(*MODEL, *EXPLICIT, "--model-config", "config.json") == (
        1,
        "",
        'config.json: hidden_act is "gelu": version 1 has gated SiLU only, not GELU or ReLU\n'
        "config.json: rope_theta is 10000.0: version 1 has learned absolute positions only, not RoPE\n"
        "no document was created\n",
    )


def test_a_checkpoint_that_does_not_fit_is_a_refusal(folder: Path, psion: RunCommand) -> None:
    made = the_model(tokenizer_family="byte_pair_encoding", vocab_size=256, tokenizer_digest="abc")
    tensors = {
        each["name"]: (each["dtype"], each["shape"]["dims"])
        for each in made["checkpoint_contract"]["tensor_layout"]
    }
    write_safetensors(Path("model.safetensors"), tensors)
    check = (*MODEL, *EXPLICIT, "--check-weights", "model.safetensors", "-o", "model.json")
    assert psion(*check).code == 0
    del tensors["lm_head.bias"]
    write_safetensors(Path("model.safetensors"), tensors)
    Path("model.json").unlink()
    assert psion(*check) == (
        1,
        "",
        'model.safetensors: "lm_head.bias" is missing; expected F32 [256]\nno document was created\n',
    )
    assert not Path("model.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--size-anchor", "7b"),
            'size_anchor: "7b" is not a size that version 1 describes: pilot32m (hidden_size 384,',
        ),
        (("--context", 0), "Invalid value for '--context': 0 is not in the range x>=1."),
        (
            ("--tokenizer-file", "tokenizer.json"),
            "tokenizer_family, vocab_size, tokenizer_digest: tokenizer_file says",
        ),
        (("--check-weights", "manual.txt"), "manual.txt: is not a safetensors file; expected "),
        (("--check-weights", "nowhere"), "nowhere: cannot be read: No such file or directory"),
        (("--check-weights", ""), "the path is empty"),
    ],
)
def test_a_descriptor_that_cannot_be_made_is_no_verdict(
    folder: Path, psion: RunCommand, arguments: tuple[object, ...], message: str
) -> None:
    run = psion(*MODEL, *EXPLICIT, *arguments)
    assert (run.code, run.out) == (2, "")
    assert message in run.err


# new corpus


def test_a_corpus_is_made_of_shards_and_a_sidecar(folder: Path, psion: RunCommand) -> None:
    made = document_text(the_corpus())
    assert psion(*CORPUS, "--sidecar", "corpus.sidecar.json") == (0, made, "")
    with_stdin = psion(*CORPUS, "--sidecar", "-", stdin=Path("corpus.sidecar.json").read_bytes())
    assert with_stdin == (0, made, "")
    assert (
        psion(*CORPUS, "--sidecar", "corpus.sidecar.json", "--shard-format", "raw", "--dtype", "uint16").out
        == made
    )


def test_a_corpus_has_the_tokenizer_of_the_descriptor(folder: Path, psion: RunCommand) -> None:
    assert psion(*MODEL, "--tokenizer-file", TOKENIZER, "-o", "model.json").code == 0
    sidecar = corpus_sidecar()
    del sidecar["tokenizer"]
    Path("side").mkdir()
    write_json("side/corpus.json", sidecar)
    run = psion(*CORPUS, "--sidecar", "side/corpus.json", "--descriptor", "model.json", "--root", ".")
    assert (run.code, run.err) == (0, "")
    assert json.loads(run.out)["tokenizer"]["family"] == "byte_pair_encoding"


def test_a_shard_without_sequences_is_left_out_and_named(folder: Path, psion: RunCommand) -> None:
    made = document_text(the_corpus())
    Path("train/empty.u16").touch()
    command = (*CORPUS, "--sidecar", "corpus.sidecar.json")
    assert psion(*command) == (0, made, "train/empty.u16: left out, it has no sequences\n")


def test_gaps_of_a_sidecar_are_shown_with_their_places(folder: Path, psion: RunCommand) -> None:
    sidecar = corpus_sidecar()
    sidecar["dataset_id"] = None
    sidecar["shards"][3]["files"] = "exams/*"
    write_json("corpus.sidecar.json", sidecar)
    assert psion(*CORPUS, "--sidecar", "corpus.sidecar.json") == (
        2,
        "",
        "Error: corpus.sidecar.json:2:16: /dataset_id: missing: name of the corpus, without its version\n"
        'corpus.sidecar.json:45:12: /shards: no entry matches the shard file "exam/papers.u16"\n'
        'corpus.sidecar.json:68:13: /shards/3/files: no shard file matches "exams/*"; there are "train/code.u16", '
        '"train/prose.u16", "validation/prose.u16", "exam/papers.u16"\n',
    )


def test_a_corpus_that_breaks_a_rule_is_a_refusal(folder: Path, psion: RunCommand) -> None:
    sidecar = corpus_sidecar()
    sidecar["packing_policy"]["max_sequence_tokens"] = 127
    write_json("corpus.sidecar.json", sidecar)
    run = psion(*CORPUS, "--sidecar", "corpus.sidecar.json", "-o", "made.json")
    assert (run.code, run.out) == (1, "")
    assert "new corpus#/shards/1/max_sequence_tokens: error: shard-bounds-mismatch" in run.err
    assert run.err.endswith("no document was created\n")
    assert not Path("made.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("new", "corpus", "train"), "Missing --sidecar, unless --template is given."),
        (("new", "corpus"), "Missing SHARDS and --sidecar, unless --template is given."),
        ((*CORPUS, "--sidecar", "nowhere.yaml"), "nowhere.yaml: No such file or directory"),
        ((*CORPUS, "--sidecar", "train"), "train: is a folder; expected the file of a sidecar"),
        ((*CORPUS, "nowhere", "--sidecar", "corpus.sidecar.json"), "nowhere: No such file or directory"),
        (("new", "corpus", "train", "--sidecar", "corpus.sidecar.json"), "sequence_tokens is missing"),
        (
            (*CORPUS, "--sidecar", "corpus.sidecar.json", "--shard-format", "arrows"),
            "unknown format 'arrows'; expected one of megatron",
        ),
        ((*CORPUS, "--sidecar", "corpus.sidecar.json", "--root", "train"), "shards: validation/prose.u16 is not below train"),
    ],
)  # fmt: skip
def test_a_corpus_that_cannot_be_made_is_no_verdict(
    folder: Path, psion: RunCommand, arguments: tuple[object, ...], message: str
) -> None:
    run = psion(*arguments)
    assert (run.code, run.out) == (2, "")
    assert message in run.err


@pytest.mark.parametrize(
    "path", ["train/prose.u16", "manual.txt", "texts/a.txt", "bpe.json", "hard-link.json"]
)
def test_a_manifest_never_replaces_what_it_is_made_from(folder: Path, psion: RunCommand, path: str) -> None:
    sidecar = corpus_sidecar()
    Path("texts").mkdir()
    Path("texts/a.txt").write_bytes(b"a")
    Path("bpe.json").write_bytes(TOKENIZER.read_bytes())
    Path("hard-link.json").hardlink_to("letters.txt")
    sidecar["sources"][2]["file"] = "texts"
    sidecar["tokenizer"] = {"tokenizer_id": "bytes", "tokenizer_version": "1", "file": "bpe.json"}
    write_json("corpus.sidecar.json", sidecar)
    before = Path(path).read_bytes()
    for command in (CORPUS, ("import", "corpus", "raw", *CORPUS[2:])):
        assert psion(*command, "--sidecar", "corpus.sidecar.json", "-o", path, "--force") == (
            2,
            "",
            f"Error: {path}: is read by this command; write to another file\n",
        )
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize(
    ("output", "message"),
    [("there.json", "already exists; use --force to replace it"), ("no/a.json", "there is no folder no")],
)
def test_nothing_is_read_for_an_output_that_cannot_be_written(
    folder: Path, psion: RunCommand, output: str, message: str
) -> None:
    Path("there.json").write_text("{}")
    for command in ((*CORPUS, "--sidecar", "nowhere.yaml"), (*CORPUS[:2], "nowhere", "--template")):
        assert psion(*command, "-o", output) == (2, "", f"Error: {output}: {message}\n")


# new policy


def test_a_policy_is_made_of_a_corpus_and_a_sidecar(folder: Path, psion: RunCommand) -> None:
    Path("corpus.json").write_text(document_text(the_corpus()), "utf-8")
    made = document_text(new_policy(the_corpus(), policy_sidecar()))
    assert psion(*POLICY, "--sidecar", "policy.sidecar.json") == (0, made, "")
    run = psion("new", "policy", "--sidecar", "policy.sidecar.json")
    assert (run.code, run.out) == (2, "")
    assert "Missing --corpus, unless --template is given." in run.err


def test_a_corpus_in_place_of_a_policy_is_no_sidecar(folder: Path, psion: RunCommand) -> None:
    Path("corpus.json").write_text(document_text(the_corpus()), "utf-8")
    run = psion(*POLICY, "--sidecar", "corpus.json")
    assert (run.code, run.out) == (2, "")
    assert 'corpus.json:3:17: /dataset_id: unknown property "dataset_id"' in run.err


# Templates.


def test_templates_are_written_for_what_is_there(folder: Path, psion: RunCommand) -> None:
    run = psion(*CORPUS, "--template", "-o", "corpus.yaml")
    assert run == (0, "", "")
    text = Path("corpus.yaml").read_text("utf-8")
    assert [line for line in text.splitlines() if "files:" in line] == [
        f'  - files: "{split}/*.u16"' for split in ("train", "validation", "exam")
    ]
    assert "  - files:\n" in psion("new", "corpus", "--template").out
    Path("corpus.json").write_text(document_text(the_corpus()), "utf-8")
    text = psion(*POLICY, "--template").out
    assert text.startswith(
        f"# yaml-language-server: $schema=.schemas/psion/{schemas.file_name('psion.policy_sidecar.v1')}\n"
    )
    assert (
        '  - source_family_id: "code"\n    # What' in text
        and '  - source_family_id: "prose"\n    content' in text
    )
    assert psion("new", "policy", "--template").code == 0
    again = psion(*CORPUS, "--template", "-o", "corpus.yaml")
    assert (again.code, again.err) == (2, "Error: corpus.yaml: already exists; use --force to replace it\n")
    assert "train: is a folder" in psion("new", "policy", "--template", "-o", "train").err
    run = psion("new", "policy", "--corpus", "policy.sidecar.json", "--template")
    assert (run.code, run.out) == (1, "")


def test_the_template_for_shards_has_their_paths_from_its_own_folder(folder: Path, psion: RunCommand) -> None:
    assert (
        psion("new", "corpus", "train", "--sequence-tokens", 128, "--template", "-o", "train/side.yaml").code
        == 0
    )
    assert '  - files: "' in Path("train/side.yaml").read_text("utf-8")
    assert "train/" not in Path("train/side.yaml").read_text("utf-8").partition("shards:")[2]
    text = psion(
        "new",
        "corpus",
        "train",
        "--sequence-tokens",
        128,
        "--template",
        "-o",
        "train/root.yaml",
        "--root",
        ".",
    )
    assert text.code == 0
    assert '  - files: "train/*.u16"\n' in Path("train/root.yaml").read_text("utf-8")


@pytest.mark.parametrize("command", [CORPUS, POLICY])
def test_a_template_takes_no_sidecar(command: tuple[Any, ...], folder: Path, psion: RunCommand) -> None:
    run = psion(*command, "--template", "--sidecar", "corpus.sidecar.json")
    assert run.code == 2
    assert run.err.endswith(
        "Error: --template writes a sidecar and reads none; give either it or --sidecar.\n"
    )


@pytest.mark.parametrize(
    "command",
    [
        (*MODEL, "--tokenizer-file", "https://user:secret@h/tokenizer.json"),
        (*MODEL, *EXPLICIT, "--check-weights", "s3://b/model.safetensors"),
        ("new", "corpus", "s3://b/train", "--sidecar", "corpus.sidecar.json"),
        (*CORPUS, "--sidecar", "https://h/sidecar.json"),
        ("import", "corpus", "raw", "s3://b/train", "--sidecar", "corpus.sidecar.json"),
        ("import", "corpus", "raw", "train", "--sequence-tokens", 128, "--sidecar", "https://h/sidecar.json"),
        ("import", "rows", "nanotron", "s3://b/checkpoint", "--corpus", "corpus.json"),
    ],
)
def test_what_documents_are_about_is_local(command: tuple[Any, ...], folder: Path, psion: RunCommand) -> None:
    Path("corpus.json").write_text(document_text(the_corpus()), "utf-8")
    run = psion(*command)
    assert run.code == 2
    assert run.err.rstrip(".\n").endswith("must be a local file; only documents can be remote")
    assert "secret" not in run.err
