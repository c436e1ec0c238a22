"""Writes sidecars to fill in: YAML with a comment for each member, from the descriptions of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from glob import escape
from json import dumps
from textwrap import wrap
from typing import Any

from psion_contract.build.inputs import Input, Inputs
from psion_contract.build.new_policy import training_tokens
from psion_contract.build.shard_paths import refuse_names
from psion_contract.documents import schemas
from psion_contract.documents.schemas import CORPUS_SIDECAR, POLICY_SIDECAR
from psion_contract.reading.escaping import printable
from psion_contract.reading.json_reader import DEFAULT_LIMITS, Json, Limits
from psion_contract.rules.policy import REGRESSIONS, training_data

_WIDTH = 100
_ESCAPED = (0x2028, 0x2029, 0xFFFE, 0xFFFF)
_NOT_MEASURED = "Not measured, so there is no limit."


def corpus_template(files: list[str]) -> str:
    """A sidecar of a corpus to fill in.

    Args:
        files: paths of the shard files, relative to the root of the corpus. Those of one folder get one entry, unless its
            pattern would match those in folders below it, too.

    Raises:
        ArgumentError: a file has a name that no manifest can have.
    """
    refuse_names(files)
    return _template(CORPUS_SIDECAR, {"shards": [{"files": each} for each in _patterns(files)]})


def policy_template(corpus: Input | None = None, *, limits: Limits = DEFAULT_LIMITS) -> str:
    """A sidecar of a sampling policy to fill in.

    Args:
        corpus: the manifest whose families are listed; None for one that is not made yet.
        limits: of the reader.

    Raises:
        ArgumentError: the corpus has no JSON form.
        InconsistentError: it cannot be read or does not match its schema.
        UnreadableError: its file cannot be read.
        WrongKindError: it is another kind of document.
    """
    known: Json = {
        "regression_thresholds": [
            {"regression_kind": kind, "maximum_regression_bps": 10_000, "rationale": _NOT_MEASURED}
            for kind in REGRESSIONS
        ]
    }
    if corpus is None:
        return _template(POLICY_SIDECAR, known)
    data = Inputs(limits, corpus=corpus).values["corpus"]
    tokens, trained = training_tokens(data) or {}, training_data(data)
    known["source_family_weights"] = [{"source_family_id": family} for family in trained.families]
    sources = ", ".join(trained.sources)
    remarks = [f"{family}: {count} training tokens" for family, count in tokens.items()]
    return _template(POLICY_SIDECAR, known, [f"Sources that may be trained on: {sources}", *remarks])


def _patterns(files: Iterable[str]) -> Iterator[str]:
    """Patterns for files of one folder with one ending, and the paths of others, so that each file is matched once."""
    groups: dict[tuple[str, str], list[str]] = {}
    for path in files:
        folder, _, name = path.rpartition("/")
        groups.setdefault((folder, name.rpartition(".")[2] if "." in name else ""), []).append(path)
    outer = {("", ending) for _, ending in groups}
    for folder, ending in groups:
        while folder := folder.rpartition("/")[0]:
            outer.add((folder, ending))
    for (folder, ending), own in groups.items():
        yield from own if not ending or (folder, ending) in outer else [f"{escape(folder)}/*.{ending}"]


def _template(schema: str, known: Json, remarks: list[str] | None = None) -> str:
    root = schemas.schema(schema)
    lines = [
        f"# yaml-language-server: $schema=.schemas/psion/{schemas.file_name(schema)}",
        *_comment(f"{root['description']}.", ""),
        "# Fill in what is empty; what is optional may stay empty, or be removed.",
    ]
    for remark in remarks or ():
        lines += _comment(remark, "")
    return "\n".join([*lines, *_members(schema, root, known, "", spaced=True)]) + "\n"


def _members(
    schema: str,
    node: Json,
    known: Mapping[str, Any],
    indent: str,
    *,
    spaced: bool = False,
    comments: bool = True,
) -> Iterator[str]:
    """The members of an object, each with its comment; without comments, only those that are required or known."""
    for name, member in node["properties"].items():
        definition = schemas.definition(schema, member)
        optional = name not in node["required"] and name not in known
        if spaced:
            yield ""
        if comments:
            text = member.get("description") or definition["description"]
            words = ", ".join(definition.get("enum", ()))
            text = f"{'Optional. ' if optional else ''}{text}{f'. One of {words}' if words else ''}"
            yield from _comment(text, indent)
        elif optional:
            continue
        yield from _member(schema, name, definition, known.get(name), indent, comments)


def _member(
    schema: str, name: str, definition: Json, known: Any, indent: str, comments: bool
) -> Iterator[str]:
    head, inner = f"{indent}{name}:", f"{indent}  "
    if "properties" in definition:
        yield head
        yield from _members(schema, definition, known or {}, inner, comments=comments)
        return
    if "items" not in definition:
        yield head if known is None else f"{head} {_scalar(known)}"
        return
    item = schemas.definition(schema, definition["items"])
    if "properties" not in item:
        yield f"{head} [{', '.join(map(dumps, known or ()))}]"
        return
    yield head
    for number, each in enumerate(known or [{}]):
        lines = list(_members(schema, item, each, f"{inner}  ", comments=comments and not number))
        first = next(index for index, line in enumerate(lines) if not line.lstrip().startswith("#"))
        lines[first] = f"{inner}- {lines[first].lstrip()}"
        yield from lines


def _comment(text: str, indent: str) -> list[str]:
    return [
        f"{indent}# {line}" for line in wrap(printable(text), _WIDTH - len(indent), break_on_hyphens=False)
    ]


def _scalar(value: Any) -> str:
    """A string or a number as JSON, and so as YAML, which takes U+2028 for the end of a line and refuses others."""
    return dumps(value, ensure_ascii=False).translate({code: f"\\u{code:04x}" for code in _ESCAPED})
