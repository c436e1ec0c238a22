"""What the canonical receipts report of each source family of each split of the corpus."""

from __future__ import annotations

from psion_contract.reading.json_reader import Json
from tools.canonical.canonical_corpus import sources_by_family
from tools.canonical.canonical_names import ACCELERATED, PILOT, RESUMED

_DETAILS = {
    "train": {
        "engineering_prose": "Handbook and notes: the largest share, and still below its cap of 5600 bps.",
        "protocol_specifications": 'Normative text; “shall”, "must" and "may" are learned first.',
        "systems_code": r"Code keeps its escapes: \n and \t stay two characters each.",
    },
    "validation": {
        "engineering_prose": "Circulars kept out of train; the gap to train is ≤ 0.1 nats.",
        "protocol_specifications": "Standards kept out of train; their sentence frames are the same.",
        "systems_code": "Geometry only: names such as Δx, θ₀ and naïve_sum are common.",
    },
    "test": {
        "engineering_prose": "Survey reports that no one looked at while the mixture was tuned.",
        "comprehension_probes": "Short answers; read once, after the last step, and never trained on.",
    },
    "held_out": {
        "held_out_examinations": "Past papers (Øresund, Kraków, 京都, 𐐷): measured, never trained on.",
    },
}
"""By split and family, in the order of the rows."""

_MEASURED = {
    PILOT: (
        (5187, 5064, 3412), (3622, 3698, 2874), (1191, 1238, 2105),
        (4902, 4850, 3498), (3806, 3850, 2951), (1292, 1300, 2188),
        (6350, 6400, 3551), (3650, 3600, 3719),
        (10000, 10000, 3688),
    ),
    RESUMED: (
        (5192, 5071, 3287), (3615, 3689, 2751), (1193, 1240, 1996),
        (4902, 4850, 3386), (3806, 3850, 2840), (1292, 1300, 2093),
        (6350, 6400, 3440), (3650, 3600, 3622),
        (10000, 10000, 3590),
    ),
    ACCELERATED: (
        (5190, 5068, 3409), (3619, 3693, 2877), (1191, 1239, 2102),
        (4902, 4850, 3495), (3806, 3850, 2955), (1292, 1300, 2184),
        (6350, 6400, 3549), (3650, 3600, 3723),
        (10000, 10000, 3691),
    ),
}  # fmt: skip
"""By run, a line for each split: token and sequence share in basis points, loss in thousandths of a nat."""


def source_family_reports(run_id: str, corpus: Json) -> list[Json]:
    """A row for each source family of each split of the corpus."""
    reports = []
    measured = iter(_MEASURED[run_id])
    for split, details in _DETAILS.items():
        sources = sources_by_family(shard for shard in corpus["shards"] if shard["split_name"] == split)
        for family, detail in details.items():
            tokens, sequences, loss = next(measured)
            reports.append(
                {
                    "split_name": split,
                    "split_kind": split,
                    "source_family_id": family,
                    "source_ids": sources[family],
                    "token_share_bps_within_split": tokens,
                    "sequence_share_bps_within_split": sequences,
                    "mean_next_token_loss_milli": loss,
                    "detail": detail,
                }
            )
    return reports
