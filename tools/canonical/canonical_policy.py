"""The canonical sampling policy: how the families of the corpus that are trained on are mixed."""

from __future__ import annotations

from psion_contract.build.new_policy import new_policy
from psion_contract.reading.json_reader import Json


def sampling_policy(corpus: Json) -> Json:
    """The sampling policy of the corpus."""
    return new_policy(corpus, _SIDECAR)


def _cap(source: str, share: int, rationale: str) -> Json:
    return {"source_id": source, "maximum_source_token_share_bps": share, "rationale": rationale}


def _threshold(kind: str, maximum: int, rationale: str) -> Json:
    return {"regression_kind": kind, "maximum_regression_bps": maximum, "rationale": rationale}


_SIDECAR = {
    "policy_id": "tidewater-mixture",
    "policy_version": "4",
    "maximum_code_token_ratio_bps": 1500,
    "source_family_weights": [
        {
            "source_family_id": "engineering_prose",
            "content_class": "prose",
            "sampling_weight_bps": 5100,
            "maximum_family_token_share_bps": 5600,
            "rationale": "Explanations carry the mixture; past 60 % the model retells, not derives.",
        },
        {
            "source_family_id": "protocol_specifications",
            "content_class": "spec_text",
            "sampling_weight_bps": 3700,
            "maximum_family_token_share_bps": 4200,
            "rationale": "Standards teach exact wording (“shall” is not “should”), but they read alike.",
        },
        {
            "source_family_id": "systems_code",
            "content_class": "code",
            "sampling_weight_bps": 1200,
            "maximum_family_token_share_bps": 1500,
            "rationale": "Enough code to ground the prose, too little to make this a model for code.",
        },
    ],
    "source_contribution_caps": [
        _cap("harbour_handbook", 3400, "The handbook is long; a third of all tokens is plenty."),
        _cap("lecture_notes", 2600, "The notes exist in two editions that overlap by ≈40 %."),
        _cap("transport_standards", 2800, "Many short standards by many hands: the safest source."),
        _cap("encoding_standard", 1800, "Its tables of characters (ß, Ж, 漢) are not running text."),
        _cap("storage_engine", 1100, "One code base in one style."),
        _cap("numerics_library", 800, "Generated kernels were removed, near copies of them not."),
        _cap("pilotage_circulars", 400, "Kept for validation; a circular is a page or two."),
        _cap("naming_standards", 600, "Kept for validation, and short."),
        _cap("geometry_kernels", 300, "Kept for validation; most of a kernel is its table of constants."),
    ],
    "repetitive_region_controls": [
        {
            "source_id": "harbour_handbook",
            "document_id": "harbour_handbook/volume-2",
            "section_id": "harbour_handbook/volume-2/tide-tables",
            "downweight_multiplier_bps": 2500,
            "maximum_region_token_share_bps": 300,
            "rationale": "Tide tables are numbers in rows: one page teaches what a thousand do.",
        },
        {
            "source_id": "encoding_standard",
            "document_id": "encoding_standard/annex-c",
            "section_id": "encoding_standard/annex-c/code-charts",
            "downweight_multiplier_bps": 4000,
            "maximum_region_token_share_bps": 450,
            "rationale": "Code charts repeat one sentence frame for every character from U+0000 to 𐐷.",
        },
    ],
    "content_class_token_share_report": [
        {"content_class": "prose", "observed_token_share_bps": 5190},
        {"content_class": "spec_text", "observed_token_share_bps": 3620},
        {"content_class": "code", "observed_token_share_bps": 1190},
    ],
    "regression_thresholds": [
        _threshold("explanation_quality", 120, "Graders agree within 1 %; a larger loss is real."),
        _threshold("spec_interpretation", 80, "A misread requirement costs more than a clumsy sentence."),
        _threshold("tradeoff_reasoning", 150, "The probes are few, so their score swings."),
        _threshold("invariant_articulation", 100, "Saying what may never change is the model's purpose."),
        _threshold("coding_fluency", 350, "Code is a means here; it may give way to the other four."),
    ],
}
