"""Builds the manifest of a corpus from its shard files and a sidecar."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from psion_contract.build.inputs import Input, Inputs, in_order, refuse_unless_ok, warn_of
from psion_contract.build.shard_paths import matches, path_below, refuse_unlistable
from psion_contract.build.sidecars import Sidecar
from psion_contract.documents.kinds import CORPUS, DESCRIPTOR
from psion_contract.documents.schemas import CORPUS_SIDECAR
from psion_contract.exceptions import ArtifactError, SidecarError
from psion_contract.reading.escaping import listed, printable, quoted
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits
from psion_contract.reading.pointers import child
from psion_contract.reading.python_values import checked_jobs
from psion_contract.reading.source import Source

if TYPE_CHECKING:
    from psion_contract.artifacts.shards import Counts, Shard

_SPLIT_KINDS = ("train", "validation", "test", "held_out", "preference", "replay")
"""The kinds that a split's name can be; `custom` says nothing."""

_BINDING = ("special_tokens_digest", "template_digest")


class HashedShard(NamedTuple):
    """A shard whose bytes were read.

    Attributes:
        path: of its file, relative to the root of the corpus, with ``/`` between its parts.
        digest: of its bytes.
        counts: its sequences and tokens.
        shard_id: its id in the manifest.
    """

    path: str
    digest: str
    counts: Counts
    shard_id: str


def new_corpus(
    shards: Iterable[Shard],
    sidecar: Mapping[str, Any] | os.PathLike[str] | Source,
    *,
    descriptor: Input | None = None,
    root: str | os.PathLike[str] | None = None,
    jobs: int | None = None,
    progress: Callable[[int, int], object] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Json:
    """Build the manifest of a corpus (section 1.4 of the contract) from its files and a sidecar.

    The files of shards, sources and tokenizer are hashed. Counts, bounds, lineage, bindings and splits are derived, and
    so is the tokenizer from the descriptor.

    Args:
        shards: the shards with their counts, as `psion_contract.artifacts.shards.shards` gives them. Their order is
            the order of the manifest.
        sidecar: what no file says, as the schema ``psion.corpus_sidecar.v1`` describes it: a mapping, or the path of a
            YAML, TOML or JSON file.
        descriptor: the model that the corpus is made for; None if the sidecar has the tokenizer.
        root: the folder to which the paths of the sidecar are relative, and the ``storage_ref`` of each shard; by
            default, that of the sidecar's file, or else the current one.
        jobs: how many files are read at a time; by default, as many as there are cores.
        progress: called with the number of bytes that were read, and that of all files; from one thread at a time.
        limits: of the reader.

    Returns:
        The manifest, with its members in contract order. It breaks no rule of severity error.

    Warns:
        ContractWarning: the manifest has findings of severity warning.

    Raises:
        ArgumentError: an argument has no JSON form; or there are no shards, or some that no manifest can list.
        ArtifactError: a file cannot be read, or is not what it should be.
        InconsistentError: the result or the descriptor breaks a rule; the error has the report.
        MissingExtraError: the sidecar is YAML, and PyYAML is not installed.
        SidecarError: the sidecar has gaps, or does not fit the files; the message has a line for each problem.
        UnreadableError: the sidecar or the descriptor cannot be read.
        WrongKindError: the descriptor is another kind of document.
    """
    checked_jobs(jobs)
    inputs = Inputs(limits, **({} if descriptor is None else {"descriptor": descriptor}))
    read = Sidecar(sidecar, CORPUS_SIDECAR, limits)
    folder = os.fsdecode(root) if root is not None else read.folder
    found = list(shards)
    paths = {shard.path: path_below(shard.path, folder) for shard in found}
    refuse_unlistable(found, paths)
    _judge(read, folder, list(paths.values()), has_descriptor=descriptor is not None)
    files = {
        each["source_id"]: os.path.join(folder, each["file"])
        for each in read.value["sources"]
        if "file" in each
    }
    tokenizer = tokenizer_members(read.value.get("tokenizer"), inputs.values.get("descriptor"), folder)

    def manifest(digest_by_path: Mapping[str, str]) -> Json:
        hashed = [
            HashedShard(paths[each.path], digest_by_path[each.path], each.counts, paths[each.path])
            for each in found
        ]
        return assemble(
            read, hashed, tokenizer, {source: digest_by_path[path] for source, path in files.items()}
        )

    # Hashing takes long, so everything else is checked before, with numbers in place of digests, as long as these.
    every_path = [*paths, *files.values()]
    refuse_unless_ok(
        inputs.check(
            "new corpus", manifest({path: f"sha256:{number:064}" for number, path in enumerate(every_path)})
        )
    )
    made = manifest(_digests(every_path, {each.path: each.state for each in found}, jobs, progress))
    report = inputs.check("new corpus", made)
    refuse_unless_ok(report)
    warn_of(report)
    return in_order(CORPUS, made)


def files_of(
    sidecar: Mapping[str, Any] | os.PathLike[str] | Source,
    root: str | os.PathLike[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[str]:
    """The paths of the files that a sidecar names: those of the tokenizer and of the sources, all of those in a folder.

    Args:
        sidecar: as for `new_corpus`.
        root: as for `new_corpus`.
        limits: of the reader.

    Raises:
        ArtifactError: a folder cannot be read.
        MissingExtraError: as for `new_corpus`.
        SidecarError: the sidecar cannot be read; its gaps do not matter.
        UnreadableError: as for `new_corpus`.
    """
    from psion_contract.artifacts.folders import folder_files

    read = Sidecar(sidecar, CORPUS_SIDECAR, limits)
    folder = os.fsdecode(root) if root is not None else read.folder
    entries = [each for _, each in read.items("/sources")]
    if read.has("/tokenizer"):
        entries.append(read.value["tokenizer"])
    paths = [os.path.join(folder, each["file"]) for each in entries if "file" in each]
    return [file for path in paths for file in (folder_files(path) if os.path.isdir(path) else [path])]


def _digests(
    paths: Iterable[str],
    counted: Mapping[str, object],
    jobs: int | None,
    progress: Callable[[int, int], object] | None,
) -> dict[str, str]:
    """The digests of files and folders, by path; each file is read once.

    Args:
        paths: of the files and folders.
        counted: the states in which files were counted, as far as they are known.
        jobs: as for `new_corpus`.
        progress: as for `new_corpus`.
    """
    from psion_contract.artifacts.folders import digest_of_files, folder_files
    from psion_contract.artifacts.hashing import hash_files, size_of

    files = {path: folder_files(path) if os.path.isdir(path) else [path] for path in dict.fromkeys(paths)}
    every_file = list(dict.fromkeys(file for each in files.values() for file in each))
    total, read = sum(map(size_of, every_file)), 0

    def count(size: int) -> None:
        nonlocal read
        read += size
        if progress is not None:
            progress(read, total)

    hashed = hash_files(every_file, jobs, count)
    for path, state in counted.items():
        if state is not None and state != hashed[path].state:
            raise ArtifactError(path, "changed after it was counted", "a file that nothing writes to")
    return {
        path: digest_of_files(hashed[each] for each in own) if os.path.isdir(path) else hashed[path].digest
        for path, own in files.items()
    }


def _judge(sidecar: Sidecar, folder: str, paths: list[str], has_descriptor: bool) -> None:
    """Report everything that the schema does not say: what contradicts itself, or does not fit the files."""
    _judge_tokenizer(sidecar, folder, has_descriptor)
    replay: Json = sidecar.value.get("replay_contract", {})
    if (
        sidecar.has("/replay_contract")
        and replay["shard_ordering"] == "deterministic_shuffle"
        and "deterministic_shuffle_seed" not in replay
    ):
        sidecar.gap("/replay_contract/deterministic_shuffle_seed", "the shuffled order needs a seed")
    families: dict[str, str] = {}
    for pointer, source in sidecar.items("/sources"):
        name = source["source_id"]
        if name in families:
            sidecar.problem(f"{pointer}/source_id", f"the source {quoted(name)} occurs twice")
        families.setdefault(name, source["source_family_id"])
        _judge_digest(sidecar, pointer, source)
        _judge_file(sidecar, pointer, source, folder)
    entries = dict(sidecar.items("/shards"))
    matching_entries = matches(paths, entries)
    matching = {pointer for pointers in matching_entries.values() for pointer in pointers}
    used = set[str]()
    kinds = {each["split_name"] for _, each in sidecar.items("/splits")}
    for pointer, entry in entries.items():
        if pointer not in matching:
            sidecar.problem(
                f"{pointer}/files",
                f"no shard file matches {quoted(entry['files'])}; there are {listed(paths)}",
            )
        for index, source in enumerate(entry["source_ids"]):
            used.add(source)
            if source not in families and sidecar.complete("/sources"):
                message = f"the source {quoted(source)} is not among the sources, {listed(families)}"
                sidecar.problem(child(f"{pointer}/source_ids", index), message)
        name = entry["split_name"]
        if name not in kinds and name not in _SPLIT_KINDS and sidecar.complete("/splits"):
            message = f"what the split {quoted(name)} is for is not known: add it to splits, with its kind"
            sidecar.problem(f"{pointer}/split_name", message)
    if not sidecar.complete("/shards"):
        sidecar.refuse_if_any()
        return
    for path, pointers in matching_entries.items():
        if not pointers:
            sidecar.problem("/shards", f"no entry matches the shard file {quoted(path)}")
        elif len(pointers) > 1:
            message = (
                f"the shard file {quoted(path)} is matched by {' and '.join(pointers)}; expected one entry"
            )
            sidecar.problem(f"{pointers[-1]}/files", message)
    for pointer, source in sidecar.items("/sources"):
        if source["source_id"] not in used:
            message = f"no entry of shards holds the source {quoted(source['source_id'])}; remove it, or name it there"
            sidecar.problem(f"{pointer}/source_id", message)
    sidecar.refuse_if_any()


def _judge_digest(sidecar: Sidecar, pointer: str, source: Json) -> None:
    """A source has a file or a digest, not both."""
    if "file" in source and "source_normalized_digest" in source:
        sidecar.problem(f"{pointer}/source_normalized_digest", "given beside file; expected one of the two")
    elif "file" not in source and "source_normalized_digest" not in source:
        sidecar.gap(
            f"{pointer}/file", "the text of the source after normalization, or its source_normalized_digest"
        )


def _judge_file(sidecar: Sidecar, pointer: str, entry: Json, folder: str) -> None:
    """The file of an entry, if it has one, is there."""
    if "file" in entry and not os.path.exists(os.path.join(folder, entry["file"])):
        place = printable(folder) if folder else "the current folder"
        sidecar.problem(f"{pointer}/file", f"there is no file {quoted(entry['file'])} in {place}")


def _judge_tokenizer(sidecar: Sidecar, folder: str, has_descriptor: bool) -> None:
    """The tokenizer comes from one place, with everything that a manifest says of it."""
    pointer, tokenizer = "/tokenizer", sidecar.value.get("tokenizer")
    if tokenizer is None:
        if not has_descriptor and sidecar.complete(pointer):
            sidecar.gap(pointer, "the tokenizer of the shards, unless the descriptor of the model is given")
        return
    if has_descriptor:
        sidecar.problem(pointer, "the descriptor of the model says that already; expected one of the two")
    if not sidecar.has(pointer):
        return
    _judge_file(sidecar, pointer, tokenizer, folder)
    for name in ("family", "vocab_size", "tokenizer_digest"):
        if "file" in tokenizer and name in tokenizer:
            sidecar.problem(f"{pointer}/{name}", "given beside file, which says it; expected one of the two")
        elif "file" not in tokenizer and name not in tokenizer:
            sidecar.gap(f"{pointer}/{name}")


def tokenizer_members(given: Json | None, descriptor: Json | None, folder: str) -> Json:
    """The members of a manifest about its tokenizer.

    Args:
        given: what the sidecar says of it, unless there is a descriptor.
        descriptor: the model that the corpus is made for, if it is given.
        folder: to which the path of its file is relative.
    """
    if descriptor is not None:
        given = dict(descriptor["tokenizer_binding"])
        given["family"] = given["tokenizer_family"]
    elif given is None:
        raise SidecarError("sidecar: /tokenizer: missing")
    elif "file" in given:
        from psion_contract.artifacts.tokenizer_files import tokenizer_file

        read = tokenizer_file(os.path.join(folder, given["file"]))
        given = {**given, **read._asdict(), "tokenizer_digest": read.digest}
    return {
        "tokenizer_id": given["tokenizer_id"],
        "tokenizer_version": given["tokenizer_version"],
        "tokenizer": {
            "family": given["family"],
            "tokenizer_digest": given["tokenizer_digest"],
            "vocab_size": given["vocab_size"],
            **{name: given.get(name) for name in _BINDING},
        },
    }


def assemble(
    sidecar: Sidecar, shards: list[HashedShard], tokenizer: Json, digests_of_sources: Mapping[str, str]
) -> Json:
    """The manifest of shards that were hashed.

    Args:
        sidecar: without problems.
        shards: each matched by one entry of the sidecar.
        tokenizer: the members of the manifest about the tokenizer.
        digests_of_sources: the digest of each source whose sidecar entry has none.
    """
    given = sidecar.value
    identity = f"{given['dataset_id']}@{given['dataset_version']}"
    families = {each["source_id"]: each["source_family_id"] for each in given["sources"]}
    normalized = {
        each["source_id"]: each.get("source_normalized_digest") or digests_of_sources[each["source_id"]]
        for each in given["sources"]
    }
    kinds = dict(zip(_SPLIT_KINDS, _SPLIT_KINDS, strict=True))
    kinds |= {each["split_name"]: each["kind"] for each in given.get("splits", ())}
    manifest: Json = {
        "schema_version": CORPUS.version,
        "dataset_id": given["dataset_id"],
        "dataset_version": given["dataset_version"],
        "tokenizer_bundle_schema_version": given.get("tokenizer_bundle_schema_version", DESCRIPTOR.version),
        **tokenizer,
        "raw_source_schema_version": given.get("raw_source_schema_version", CORPUS_SIDECAR),
        "preprocessing_version": given["preprocessing_version"],
        "packing_policy": given["packing_policy"],
        "replay_contract": {
            "deterministic_shuffle_seed": 0,
            **given["replay_contract"],
            "stable_dataset_identity": identity,
        },
        "source_family_bindings": [
            {"source_family_id": family, "source_ids": sources}
            for family, sources in _grouped(families).items()
        ],
    }
    rows = []
    entries = matches([each.path for each in shards], dict(enumerate(given["shards"])))
    for shard in shards:
        entry = given["shards"][entries[shard.path][0]]
        rows.append(
            {
                "shard_id": shard.shard_id,
                "split_name": entry["split_name"],
                "split_kind": kinds[entry["split_name"]],
                "storage_ref": given.get("storage_prefix", "") + shard.path,
                "shard_digest": shard.digest,
                "sequence_count": shard.counts.sequences,
                "token_count": shard.counts.tokens,
                "min_sequence_tokens": shard.counts.shortest,
                "max_sequence_tokens": shard.counts.longest,
                "tokenizer_digest": tokenizer["tokenizer"]["tokenizer_digest"],
                "source_manifest_schema_version": manifest["raw_source_schema_version"],
                "preprocessing_version": manifest["preprocessing_version"],
                "packing_policy_version": manifest["packing_policy"]["policy_version"],
                "source_lineage": [
                    {
                        "source_id": source,
                        "source_family_id": families[source],
                        "source_normalized_digest": normalized[source],
                    }
                    for source in entry["source_ids"]
                ],
            }
        )
    splits = [_split(name, rows, families) for name in dict.fromkeys(row["split_name"] for row in rows)]
    return {**manifest, "splits": splits, "shards": rows}


def _grouped(families: Mapping[str, str]) -> dict[str, list[str]]:
    """The sources of each family, in the order of the sidecar."""
    found: dict[str, list[str]] = {}
    for source, family in families.items():
        found.setdefault(family, []).append(source)
    return found


def _split(name: str, rows: list[Json], families: Mapping[str, str]) -> Json:
    own = [row for row in rows if row["split_name"] == name]
    held = {entry["source_family_id"] for row in own for entry in row["source_lineage"]}
    return {
        "split_name": name,
        "kind": own[0]["split_kind"],
        "shard_ids": [row["shard_id"] for row in own],
        "source_family_ids": [family for family in dict.fromkeys(families.values()) if family in held],
        "sequence_count": sum(row["sequence_count"] for row in own),
        "token_count": sum(row["token_count"] for row in own),
    }
