"""The sources for ``check --changed``: changed files, and what else in their tree refers to them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from psion_contract.documents.loading import LoadedDocuments
from psion_contract.reading.files import gather
from psion_contract.reading.json_reader import Limits
from psion_contract.reading.source import Source
from psion_contract.reading.urls import is_remote
from psion_contract.resolution import Resolver, dependents


def sources(
    paths: Sequence[str], tree: Sequence[str], limits: Limits, excludes: Sequence[str]
) -> tuple[list[Source], list[Source]]:
    """The sources to judge, and those that they may refer to.

    Judged are the changed files, in which documents of other kinds are ignored, and every text of the tree with a document
    that refers to one of them, or to nothing: it may have referred to one of them before.

    Args:
        paths: the changed files; one that does not exist has been deleted.
        tree: the paths of the tree that they belong to.
        limits: the limits of the reader.
        excludes: patterns of what is not read below a directory.

    Raises:
        UnreadableError: a path of the tree does not exist, or a path cannot be read.
    """
    present = [path for path in paths if is_remote(path) or os.path.lexists(path)]
    changed = [each._replace(named=False) for each in gather(present, limits, excludes=excludes)]
    files = {os.path.realpath(path) for path in present}
    others = [
        each
        for each in gather(tree, limits, excludes=excludes)
        if os.path.realpath(_file_of(each)) not in files
    ]
    documents = [
        document
        for each, judged in ((changed, True), (others, False))
        for document in LoadedDocuments(each, limits, judged).documents
    ]
    names = dependents(Resolver(documents), {each.name for each in changed})
    return [*changed, *_named(others, names, True)], list(_named(others, names, False))


def _named(sources: Sequence[Source], names: set[str], included: bool) -> Iterator[Source]:
    return (each for each in sources if (each.name in names) == included)


def _file_of(source: Source) -> str:
    return source.group or source.name
