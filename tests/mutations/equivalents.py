"""Mutants that give the same verdicts as the original, and why. In a pattern, ``*`` matches anything."""

from __future__ import annotations

from re import DOTALL, escape, fullmatch

_FASTER = "only makes a shortcut be taken less often: the long way comes to the same"
_OTHER_SIDE = "only affects the place of the other side of a contradiction"
_EXPECTED = "only affects the expected value"
_WORDS = "only chooses words"
_REMEMBERED = "works out again what was remembered"
_BOUNDS_WORK = "only keeps numbers that cannot be right from becoming huge"
_NOT_REFERRED_TO = "nothing refers to receipts and programs, so their identity is never looked up"
_TWICE_SAFE = "a member that is no string or object is broken, which was asked before"
_ENDS_A_LIST = "only ends a list that no case fills"
_SAME_KEYS = "makes other keys, which are equal for the same documents"
_FOR_DIGEST = "is for the command that lists digests"
_FOR_PROGRAM = "is for the command that keeps stage programs"
_FOR_STREAM = "is for streams, which tests/streaming and tests/engines compare with whole checks"
_JUDGED_ANYWAY = "judges again what is judged anyway, and finds the same"

EQUIVALENT: dict[str, dict[str, str]] = {
    "rules.checks": {
        "check_parts.body: passes(s) -> False": _FASTER,
        "check_parts: 0 -> 1*": "all parts of a check judge the same role",
        "check_equal: members(own_object(s)) == members(other_object(s)) -> False": _FASTER,
    },
    "rules.corpus": {
        "split_families: pointers.setdefault(*) -> pointers.__setitem__(*)": _OTHER_SIDE,
        "_families: pointers.setdefault(*) -> pointers.__setitem__(*)": _OTHER_SIDE,
    },
    "rules.coverage": {
        "corpus_index: in_split.setdefault(*) -> in_split.__setitem__(*)": _OTHER_SIDE,
        "corpus_index: split -> nothing": _FASTER,
        "corpus_index: splits[split][1] -> nothing": _FASTER,
        "corpus_index: family -> nothing": _FASTER,
        "corpus_index: 0 -> 1": "an index that is never used",
        "_passes: split -> nothing": _FASTER,
        "_passes: kind -> nothing": _FASTER,
        "_passes: family -> nothing": _FASTER,
        "_passes: expected is None -> True": _FASTER,
        "_passes: not bound.issuperset(*) -> True": _FASTER,
        "_passes: not bound.issuperset(*) -> bound.issuperset(*)": _FASTER,
        "_passes: bound.issuperset(*) -> False": _FASTER,
        "_passes: not (loss and *) -> True": _FASTER,
        "_passes: not (loss and *) -> loss and *": _FASTER,
        "_passes: loss and * -> False": _FASTER,
        "_passes: loss -> False": _FASTER,
        "_passes: token_share or sequence_share -> False": _FASTER,
        "_passes: token_share -> False": _FASTER,
        "_passes: sequence_share -> False": _FASTER,
        "_passes: kind == 'train' -> True": _FASTER,
        "_passes: token_share > maximum -> True": _FASTER,
        "_passes: token_share > maximum -> token_share >= maximum": _FASTER,
        "_passes: is_code -> True": _FASTER,
        "_passes: code > * -> True": _FASTER,
        "_passes: code > * -> code >= *": _FASTER,
        "_passes: tokens[number] += token_share -> nothing": _FASTER,
        "_passes: sequences[number] += sequence_share -> nothing": _FASTER,
        "_passes: 0 -> 1*": _FASTER,
        "_passes: not missing and * -> False": _FASTER,
        "_passes: not missing -> False": _FASTER,
        "_passes: missing -> True": _FASTER,
        "_passes: set(tokens) == {_TOTAL_BPS} == * -> False": _FASTER,
        "_passes: _TOTAL_BPS -> nothing*": _FASTER,
    },
    "rules.policy": {
        "class_caps: len(caps_of[name]) < MAX_RELATED -> True": _ENDS_A_LIST,
        "class_caps: len(caps_of[name]) < MAX_RELATED -> len(*": _ENDS_A_LIST,
    },
    "rules.continuity": {
        "one_config: 1: -> :": "compares the first receipt with itself",
        "stage_base: len(known) == 1 -> *": _EXPECTED,
        "stage_base: 1 -> 2": _EXPECTED,
        "_too_early: 'before ' -> nothing": _WORDS,
        "_too_early: {cause} -> nothing": _WORDS,
    },
    "documents.confusables": {
        "identifiers_seen_as: look.skeleton in seen_as -> True": _FOR_STREAM,
        "identifiers_seen_as: look.skeleton in seen_as -> False": _FOR_STREAM,
        "module: 4 -> 5": _WORDS,
        "module: '[' -> nothing #3": _WORDS,
        "module: {INVISIBLE} -> nothing #2": _WORDS,
        "module: {BLANK} -> nothing #2": _WORDS,
        "confusables: alike.setdefault(*) -> alike.__setitem__(*)": _FASTER,
        "confusables: len(values) > 1 or any(*) -> True": _FASTER,
        "confusables: len(values) > 1 -> True": _FASTER,
        "confusables: len(values) > 1 -> len(values) >= 1": _FASTER,
        "confusables: any((value != plain for value, plain in values.items())) -> True": _FASTER,
        "confusables: any((value != plain for value, plain in values.items())) -> all(*)": "of one value, any is all",
        "confusables: look.skeleton in doubtful -> True": _FASTER,
        "confusables: not doubtful -> False": _FASTER,
        "confusables: doubtful -> True": _FASTER,
        "_suspects: is_suspicious(document) -> True": _FASTER,
        "is_suspicious: document.non_ascii -> True": _FASTER,
        "is_suspicious: document.non_ascii -> False": _FASTER,
        "confusables: not alike -> False": _FASTER,
        "confusables: alike -> True": _FASTER,
        "confusables: 'the identifier ' -> nothing": _WORDS,
        "confusables: {excerpt(value)} -> nothing": _WORDS,
        "confusables: ' ' -> nothing": _WORDS,
        "confusables: {_reason(value, plain, other)} -> nothing": _WORDS,
        "_suspicious: not value.isascii() -> True": _FASTER,
        "_suspicious: value.isascii() -> False": _FASTER,
        "_suspicious: look.skeleton != value -> True": _FASTER,
        "_look: not plain.isascii() -> True": _FASTER,
        "_look: plain.isascii() -> False": _FASTER,
        "plainly: identifier.isascii() -> False": _FASTER,
        "_reason: * -> nothing": _WORDS,
        "_reason: * -> False": _WORDS,
        "_reason: value == plain -> True": _WORDS,
        "_reason: normalised(value) != value -> True": _WORDS,
        "_reason: not each.isascii() -> *": _WORDS,
        "_reason: each.isascii() -> True": _WORDS,
        "_spelled: * -> nothing": _WORDS,
        "_spelled: character in chosen -> *": _WORDS,
        "_spelled: :_LISTED -> :": _WORDS,
        "_spelled: len(found) > _LISTED -> *": _WORDS,
    },
    "identities": {
        "_conflicts: len(known) + len(further) < 2 -> False": _FASTER,
        "conflicts_with: len(documents) == 1 and (not before) -> False": _FASTER,
        "conflicts_with: len(documents) == 1 -> False": _FASTER,
        "conflicts_with: not before -> False": _FASTER,
        "conflicts_with: not before -> *": _FOR_STREAM,
        "conflicts_with: before -> *": _FOR_STREAM,
        "_conflicts: before -> False": _FOR_STREAM,
        "_conflicts: *known -> nothing": _FOR_STREAM,
        "_conflicts: *before -> nothing": _FOR_STREAM,
        "conflicts_with: not known or _is_copy(documents[0], known[0]) -> False": _FASTER,
        "conflicts_with: _is_copy(documents[0], known[0]) -> False": _FASTER,
        "_conflicts: continue -> nothing": _FASTER,
        "_is_copy: document.kind != kinds.RECEIPT or document.value != other.value -> True": _FASTER,
        "_is_copy: document.kind != kinds.RECEIPT -> *": _FASTER,
        "_is_copy: document.value != other.value -> True": _FASTER,
        "_is_copy: not document.value.get('delivered_execution') or * -> False": _FASTER,
        "_is_copy: _open_object(document) == _open_object(other) -> False": _FASTER,
        "_distinct: all(*) -> False": _FASTER,
        "in_order: len(documents) == 1 -> False": _FASTER,
        "claim_key: claim -> True": _FOR_STREAM,
        "claim_key: claim -> False": _FOR_STREAM,
        "claim_key: :16 -> :": _FOR_STREAM,
        "claim_key: 16 -> 17": _FOR_STREAM,
        "claim_key: 16 -> 17 #2": _FOR_STREAM,
        "known_keys: (key := claim_key(known[0])) is not None -> True": _FOR_STREAM,
        "known_keys: (key := claim_key(known[0])) is not None -> False": _FOR_STREAM,
        "known_keys: 0 -> 1": _FOR_STREAM,
        "_distinct: 1: -> :": _FASTER,
        "_claim: identity -> True": _TWICE_SAFE,
    },
    "rules.execution": {
        "module: s.receipt.get('delivered_execution') is None -> False": _FASTER,
        "topology_backend: delivered is None -> False": "without what was delivered there is no topology",
    },
    "rules.lineage": {
        "_is_fresh: lineage.get('base_checkpoint') is None and * -> False": _FASTER,
        "_is_fresh: lineage.get('base_checkpoint') is None -> False": _FASTER,
        "_is_fresh: not _times(*) -> False": _FASTER,
        "_is_fresh: _times(*) -> True": _FASTER,
    },
    "rules.layout": {
        "module: 2 ** 64 - 1 -> 2 ** 64 + 1": _BOUNDS_WORK,
        "module: 2 -> 3": _BOUNDS_WORK,
        "module: 64 -> 65": _BOUNDS_WORK,
        "module: 1 -> 2": _BOUNDS_WORK,
        "_elements: product > _MAX_U64 -> False": _BOUNDS_WORK,
        "_elements: product > _MAX_U64 -> product >= _MAX_U64": _BOUNDS_WORK,
        "_elements: break -> nothing": _BOUNDS_WORK,
        "tensor_layout: tensor['name'] != expected.name -> *": _WORDS,
        "tensor_layout: break -> nothing": _WORDS,
    },
    "rules.numbers": {
        "_unsafe.integers: s.main.unsafe -> True": _FASTER,
    },
    "rules.receipt": {
        "objective_config: own == declared -> False": _FASTER,
    },
    "rules.program_records": {
        "_checks_of.one_per_stage: positions[named] in * -> *": _WORDS,
        "_checks_of.one_per_stage: not pairing.missing and (not pairing.unexpected) -> False": _FASTER,
        "_checks_of.one_per_stage: not pairing.missing -> False": _FASTER,
        "_checks_of.one_per_stage: pairing.missing -> True": _FASTER,
        "_checks_of.one_per_stage: not pairing.unexpected -> False": _FASTER,
        "_checks_of.one_per_stage: pairing.unexpected -> True": _FASTER,
    },
    "documents.document": {
        "remember: compute not in cache -> True": _REMEMBERED,
        "broken_at: len(broken) == 1 -> False": _FASTER,
        "place: self.text is None -> *": "no position is part of a verdict",
        "identity: self.broken -> True": _FASTER,
        "identity: self.explained -> True": _ENDS_A_LIST,
    },
    "resolution": {
        "__init__: not each.judged -> True": _JUDGED_ANYWAY,
        "__init__: each.judged -> False": _JUDGED_ANYWAY,
        "__init__: any(*) -> True": _FASTER,
        "_resolve_receipt: document.broken -> True": _FASTER,
        "_resolve_receipt: 'config' -> nothing": _FASTER,
        "_resolve_receipt: value['run_id'] -> nothing": _FASTER,
        "_resolve_receipt: value['stage_id'] -> nothing": _FASTER,
        "_resolve_receipt: len(exact) == 1 -> False": _FASTER,
        "_resolve_receipt: found is None -> True": _REMEMBERED,
        "_reference: len(exact) == 1 -> False": _FASTER,
        "module: 10 -> 11": _ENDS_A_LIST,
        "module: 0 -> 1": "a default that is never used",
        "_reference: exact -> False #4": _WORDS,
        "_reference: 0 -> 1 #3": _WORDS,
        "_reference: :MAX_CANDIDATES -> :": _ENDS_A_LIST,
        "_exact: tie_breaker and * -> True": _FASTER,
        "_exact: tie_breaker -> True": _FASTER,
        "_exact: tie_breaker in * -> True": _FASTER,
        "_exact: role -> nothing": _REMEMBERED,
        "_exact: (*identity, *chosen) -> nothing": _REMEMBERED,
        "_exact: *identity -> nothing": _REMEMBERED,
        "_exact: *chosen -> nothing": _REMEMBERED,
        "_exact: key not in self._found -> True": _REMEMBERED,
        "_near_matches: (role, key) not in self._found -> True": _REMEMBERED,
        "_near_matches: role -> nothing": _REMEMBERED,
        "_near_matches: key -> nothing": _REMEMBERED,
        "_near_index: role not in self._near -> True": _REMEMBERED,
        "_difference: (first, second) not in * -> True": _REMEMBERED,
        "_difference: first -> nothing": _REMEMBERED,
        "_difference: second -> nothing": _REMEMBERED,
        "_difference: difference(*) or * -> *": _WORDS,
        "_hashable: isinstance(value, str) -> False": _SAME_KEYS,
        "_hashable: repr(type(value)) -> nothing": _SAME_KEYS,
        "_hashable: str(value)[:1000] -> nothing": _SAME_KEYS,
        "_hashable: :1000 -> :": _SAME_KEYS,
        "_hashable: 1000 -> 1001": _SAME_KEYS,
        "dependents: *": "is for the command that checks changed files",
        "_distinct: len(documents) < 2 -> False": _FASTER,
        "_distinct: *pointer* -> * <= *": "no two documents of a text have one pointer",
    },
    "documents.kinds": {
        "module: 'run_id' -> nothing #2": _NOT_REFERRED_TO,
        "module: 'stage_id' -> nothing #2": _NOT_REFERRED_TO,
        "module: *'receipt_digest'* -> nothing": _NOT_REFERRED_TO,
        "find: *": "is for the tools that make cases",
        "identify: not isinstance(*) -> False": _TWICE_SAFE,
        "identify: isinstance(*) -> True": _TWICE_SAFE,
    },
    "documents.digests": {
        "enum_name: name[-1:].isdigit() -> True": "no word has a part that starts with a digit after a letter",
        "enum_name: :1 -> :": "no word has a part that starts with a digit and goes on otherwise",
        "enum_name: 1 -> 2 #2": "no word has a part that starts with a digit and goes on otherwise",
        "enum_name: cache -> nothing": _REMEMBERED,
        "computed: *": _FOR_DIGEST,
        "differs: *": _FOR_DIGEST,
        "digests_of: *": _FOR_DIGEST,
    },
    "documents.stage_kinds": {
        "promoted_by: *": _FOR_PROGRAM,
        "distinct_promoted_checkpoints: *": _FOR_PROGRAM,
        "next_step: *": _FOR_PROGRAM,
    },
}
"""By module, patterns of the names of mutants, and the reason."""


def reason(module: str, mutant: str) -> str | None:
    """Why a mutant gives the same verdicts as the original, if it does."""
    patterns = EQUIVALENT.get(module, {}).items()
    return next((why for pattern, why in patterns if matches(mutant, pattern)), None)


def matches(mutant: str, pattern: str) -> bool:
    """Whether a pattern matches a mutant: ``*`` matches anything."""
    return fullmatch(".*".join(map(escape, pattern.split("*"))), mutant, DOTALL) is not None
