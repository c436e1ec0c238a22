"""Cases of the rules on the shares of rows: their totals and caps."""

from __future__ import annotations

from tools.edits import Edit, drop, put, repeat, swap
from tools.pack.case_builder import Group

_ROWS = "/receipt/source_family_reports"
_TOKENS, _SEQUENCES = "token_share_bps_within_split", "sequence_share_bps_within_split"

# A case reads best as a few full lines.
# fmt: off


def shares(row: int, tokens: int, sequences: int) -> list[Edit]:
    """Both shares of a row."""
    return [put(f"{_ROWS}/{row}/{_TOKENS}", tokens), put(f"{_ROWS}/{row}/{_SEQUENCES}", sequences)]


def add(cases: Group) -> None:
    """Add the cases, in the order of the rules."""
    _totals(cases)
    _caps(cases)


def _totals(cases: Group) -> None:
    rule = "share-total-mismatch"
    cases.accepted(
        rule, "moved",
        "A basis point of tokens and one of sequences change families, so that both sums stay 10000.",
        *shares(0, 7099, 7001), *shares(1, 2901, 2999),
    )
    for slug, description, member, value in (
        ("token-less", "The token shares of a split are a basis point short of 10000.", _TOKENS, 9999),
        ("sequence-less", "The sequence shares of a split are a basis point short of 10000.", _SEQUENCES,
            9999),
        ("token-nothing", "The token shares of a split add up to 0.", _TOKENS, 0),
    ):
        cases.rejected(rule, slug, description, put(f"{_ROWS}/4/{member}", value), at=[f"{_ROWS}/4/{member}"])
    for slug, description, row, member, value in (
        ("token-more", "The token shares of a split are a basis point over 10000.", 1, _TOKENS, 2901),
        ("sequence-more", "The sequence shares of a split are a basis point over 10000.", 0, _SEQUENCES,
            7001),
    ):
        cases.rejected(
            rule, slug, f"{description[:-1]}, reported at its first row.",
            put(f"{_ROWS}/{row}/{member}", value), at=[f"{_ROWS}/0/{member}"],
        )
    cases.rejected(
        rule, "both", "The token shares and the sequence shares of two splits do not add up to 10000.",
        *shares(1, 2899, 3001), *shares(4, 1, 1),
        at=[f"{_ROWS}/{row}/{member}" for row in (0, 4) for member in (_TOKENS, _SEQUENCES)],
    )
    cases.rejected(
        rule, "apart", "The rows of a split are not next to each other, and their token shares add up to 10001.",
        swap(_ROWS, 0, 3), put(f"{_ROWS}/3/{_TOKENS}", 7101), at=[f"{_ROWS}/1/{_TOKENS}"],
    )
    cases.rejected(
        rule, "unknown-split",
        "The token shares of a split that the corpus does not have add up to 9999, which is wrong too.",
        repeat(f"{_ROWS}/4", **{"split_name": "nowhere", _TOKENS: 9999}), at=[f"{_ROWS}/5/{_TOKENS}"],
        also=[("unknown-split", f"{_ROWS}/5/split_name")],
    )


def _caps(cases: Group) -> None:
    rule = "family-cap-exceeded"
    cases.accepted(
        rule, "at-the-cap", "The token share of prose is exactly at its cap, that of code below its own.",
        *shares(0, 8000, 0), *shares(1, 2000, 10000),
    )
    cases.rejected(
        rule, "at-the-cap-among-others",
        "The token share of prose is exactly at its cap, and only the shares of another split are wrong.",
        *shares(0, 8000, 0), *shares(1, 2000, 10000), *shares(4, 1, 10000), at=[],
        also=[("share-total-mismatch", f"{_ROWS}/4/{_TOKENS}")],
    )
    cases.rejected(
        rule, "unweighted", "The policy has no weight for code, so that code has no cap to exceed.",
        drop("/policy/source_family_weights/1"),
        put("/policy/source_family_weights/0/sampling_weight_bps", 10000),
        put("/policy/source_family_weights/0/maximum_family_token_share_bps", 10000),
        put("/policy/content_class_token_share_report/0/observed_token_share_bps", 10000),
        put("/policy/content_class_token_share_report/2/observed_token_share_bps", 0), *shares(4, 1, 10000),
        at=[],
        also=[("weight-coverage-mismatch", "/policy/source_family_weights"), ("share-total-mismatch",
            f"{_ROWS}/4/{_TOKENS}")],
    )
    cases.accepted(
        rule, "sequences",
        "The sequence share of prose is above the cap of prose, which is for token shares only.",
        *shares(0, 8000, 10000), *shares(1, 2000, 0),
    )
    cases.accepted(
        rule, "validation",
        "The share of code in the validation split is above the cap of code, which is for train splits.",
        *shares(2, 1, 1), *shares(3, 9999, 9999),
    )
    cases.warned(
        rule, "prose", "The token share of prose is a basis point above the cap of prose.",
        *shares(0, 8001, 7000), *shares(1, 1999, 3000), at=[f"{_ROWS}/0/{_TOKENS}"],
    )
    cases.warned(
        rule, "code", "The token share of code is a basis point above the cap of code.",
        *shares(0, 6499, 7000), *shares(1, 3501, 3000), put("/policy/maximum_code_token_ratio_bps", 3501),
        at=[f"{_ROWS}/1/{_TOKENS}"],
    )
    cases.rejected(
        rule, "first-weight",
        "The policy weights code twice, and its share is above the second cap only, which does not count.",
        put("/policy/source_family_weights/1/sampling_weight_bps", 2700),
        put("/policy/maximum_code_token_ratio_bps", 3501),
        repeat("/policy/source_family_weights/1", sampling_weight_bps=100, maximum_family_token_share_bps=1),
        at=[], also=[("duplicate-id", "/policy/source_family_weights/2/source_family_id")],
    )
