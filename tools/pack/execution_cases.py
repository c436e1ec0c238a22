"""Cases of the rules on what a receipt measured and what it ran on."""

from __future__ import annotations

from tools.edits import Edit, copy, drop, put, repeat
from tools.pack.base_documents import FULL, RUN
from tools.pack.case_builder import Group
from tools.pack.restoring import bound
from tools.pack.shares_cases import shares

_ROWS = "/receipt/source_family_reports"
_TOKENS, _LOSS = "token_share_bps_within_split", "mean_next_token_loss_milli"
_DELIVERED = "/full/delivered_execution"
_DEVICES, _ASSIGNMENTS = f"{_DELIVERED}/selected_devices", f"{_DELIVERED}/execution_topology/assignments"
_STEPS = "/full/accelerator_execution/optimizer_steps_completed"
_BASE, _PROMOTED = "/full/checkpoint_lineage/base_checkpoint", "/full/checkpoint_lineage/promoted_checkpoint"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("execution", "What a receipt measured, and what it ran on.", on=FULL)
    _code(cases)
    _measured(cases)
    _devices(cases)
    _ranges(cases)
    _steps(cases)
    _broken(cases)
    return cases


def _policy(code: int) -> list[Edit]:
    """The policy allows so many basis points of code, in its maximum and in the cap of its only family of code."""
    return [
        put("/policy/maximum_code_token_ratio_bps", code),
        put("/policy/source_family_weights/1/maximum_family_token_share_bps", code),
        put("/policy/source_contribution_caps/2/maximum_source_token_share_bps", code),
        put("/policy/content_class_token_share_report/0/observed_token_share_bps", 7200),
        put("/policy/content_class_token_share_report/2/observed_token_share_bps", 2800),
    ]


_TRAINED_TWICE = [
    put("/corpus/splits/1/kind", "train"), put("/corpus/shards/2/split_kind", "train"),
    put(f"{_ROWS}/2/split_kind", "train"), put(f"{_ROWS}/3/split_kind", "train"),
]
"""The validation split is one to train on, too."""


def _code(cases: Group) -> None:
    rule, row, other = "code-ratio-exceeded", f"{_ROWS}/1/{_TOKENS}", f"{_ROWS}/3/{_TOKENS}"
    cases.accepted(
        rule, "at-the-maximum", "Code has exactly the share of the training tokens that the policy allows.",
        *_policy(2900), *shares(0, 7100, 7000), *shares(1, 2900, 3000), on=RUN,
    )
    cases.rejected(
        rule, "within-caps", "Code has more than the policy allows, though no family has more than its cap, which is too high.",
        put("/policy/maximum_code_token_ratio_bps", 2899), put("/policy/content_class_token_share_report/2/observed_token_share_bps", 2899),
        put("/policy/content_class_token_share_report/0/observed_token_share_bps", 7101), *shares(0, 7100, 7000),
        *shares(1, 2900, 3000), at=[row], also=[("code-cap-exceeded", "/policy/maximum_code_token_ratio_bps")], on=RUN,
    )
    cases.warned(
        rule, "one-more", "Code has a basis point more of the training tokens than the policy allows.",
        *_policy(2899), *shares(0, 7100, 7000), *shares(1, 2900, 3000), at=[row], on=RUN,
        also=[("family-cap-exceeded", row)],
    )
    cases.accepted(
        rule, "validation", "Code has a larger share of the validation tokens than the policy allows in training.",
        *shares(2, 1, 1), *shares(3, 9999, 9999), on=RUN,
    )
    cases.accepted(
        rule, "sequences", "Code has a larger share of the training sequences than of tokens, and only the tokens are limited.",
        *shares(0, 7100, 1), *shares(1, 2900, 9999), on=RUN,
    )
    cases.accepted(
        rule, "two-splits", "Two splits are trained on, and code is within the maximum in each.", *_policy(2900),
        *_TRAINED_TWICE, *shares(0, 7100, 7000), *shares(1, 2900, 3000), *shares(2, 7100, 7000), *shares(3, 2900, 3000),
        on=RUN,
    )
    cases.warned(
        rule, "second-split", "Two splits are trained on, and code is above the maximum in the second.", *_policy(2900),
        *_TRAINED_TWICE, *shares(0, 7100, 7000), *shares(1, 2900, 3000), *shares(2, 7099, 7000), *shares(3, 2901, 3000),
        at=[other], also=[("family-cap-exceeded", other)], on=RUN,
    )
    both = [
        put("/policy/source_family_weights/0/content_class", "code"),
        put("/policy/content_class_token_share_report/0/observed_token_share_bps", 0),
        put("/policy/content_class_token_share_report/2/observed_token_share_bps", 10000),
    ]
    cases.rejected(
        rule, "two-families", "The policy has two families of code, whose shares together are above its maximum.",
        *_policy(2500), *both, put("/policy/maximum_code_token_ratio_bps", 9999),
        put("/policy/source_family_weights/0/maximum_family_token_share_bps", 7499),
        *shares(0, 7400, 7000), *shares(1, 2600, 3000), at=[f"{_ROWS}/0/{_TOKENS}"], on=RUN,
        also=[
            ("family-cap-exceeded", row),
            ("content-class-cap-exceeded", "/policy/content_class_token_share_report/2/observed_token_share_bps"),
        ],
    )
    cases.rejected(
        rule, "first-weight", "The policy weights a family twice, first as prose and then as code, and the first counts.",
        put("/policy/source_family_weights/1/content_class", "prose"),
        put("/policy/source_family_weights/1/sampling_weight_bps", 2700),
        repeat("/policy/source_family_weights/1", sampling_weight_bps=100, content_class="code"),
        put("/policy/maximum_code_token_ratio_bps", 2899),
        put("/policy/source_family_weights/2/maximum_family_token_share_bps", 2899),
        put("/policy/content_class_token_share_report/0/observed_token_share_bps", 7200),
        put("/policy/content_class_token_share_report/2/observed_token_share_bps", 2800), at=[], on=RUN,
        also=[("duplicate-id", "/policy/source_family_weights/2/source_family_id")],
    )


def _measured(cases: Group) -> None:
    rule = "unmeasured-family"
    cases.accepted(
        rule, "least", "A row has the smallest shares and the smallest loss that can be measured.",
        *shares(2, 9999, 10000), *shares(3, 1, 0), put(f"{_ROWS}/3/{_LOSS}", 1), on=RUN,
    )
    cases.accepted(
        rule, "sequence-share", "A row has no share of the tokens, but one of the sequences.",
        *shares(2, 10000, 9999), *shares(3, 0, 1), on=RUN,
    )
    cases.warned(
        rule, "never-drawn", "A family of which nothing was drawn has a row with shares of 0 and a loss of 0, as it must.",
        *shares(2, 10000, 10000), *shares(3, 0, 0), put(f"{_ROWS}/3/{_LOSS}", 0), at=[f"{_ROWS}/3"], on=RUN,
    )
    cases.warned(
        rule, "shares", "A row has shares of 0 and a loss.", *shares(2, 10000, 10000), *shares(3, 0, 0),
        at=[f"{_ROWS}/3"], on=RUN,
    )
    cases.warned(
        rule, "loss", "Two rows have shares and a loss of 0.", put(f"{_ROWS}/0/{_LOSS}", 0), put(f"{_ROWS}/4/{_LOSS}", 0),
        at=[f"{_ROWS}/0", f"{_ROWS}/4"], on=RUN,
    )


def _devices(cases: Group) -> None:
    rule = "execution-mismatch"
    cases.accepted(rule, "full", "The execution of a receipt agrees with itself, with its model and its checkpoints.")
    cases.accepted(
        rule, "unassigned", "A device is selected to which nothing is assigned.",
        repeat(f"{_DEVICES}/0", stable_device_id="cuda:2"),
    )
    cases.accepted(
        rule, "topology-key", "A device is assigned by another topology_key than it was selected by, which is not compared.",
        put(f"{_ASSIGNMENTS}/0/device/topology_key", "pci-42"),
    )
    cases.warned(
        rule, "selected-twice", "A device is selected twice, with other memory the second time.",
        repeat(f"{_DEVICES}/0", free_memory_bytes=1), at=[f"{_DEVICES}/2/stable_device_id"],
    )
    cases.warned(
        rule, "selected-three-times", "A device is selected three times.", repeat(f"{_DEVICES}/1"), repeat(f"{_DEVICES}/1"),
        at=[f"{_DEVICES}/2/stable_device_id", f"{_DEVICES}/3/stable_device_id"],
    )
    assigned = f"{_ASSIGNMENTS}/3/device/stable_device_id"
    cases.warned(
        rule, "not-selected", "A shard is assigned to a device that was not selected.", put(assigned, "cuda:2"), at=[assigned],
    )
    cases.warned(
        rule, "none-selected", "Two of four shards are assigned to the device that is no longer selected.",
        drop(f"{_DEVICES}/0"),
        at=[f"{_ASSIGNMENTS}/{number}/device/stable_device_id" for number in (0, 2)],
    )
    free, total = f"{_DEVICES}/1/free_memory_bytes", f"{_DEVICES}/1/total_memory_bytes"
    cases.accepted(rule, "all-free", "All memory of a device is free.", copy(total, free))
    cases.accepted(rule, "no-total", "The total memory of a device is null and not compared.", put(total, None))
    cases.accepted(rule, "no-free", "A device does not say how much of its memory is free.", put(total, 0), drop(free))
    cases.warned(
        rule, "memory", "A device has a byte more of free memory than of memory.", put(free, 85520809985), at=[free],
    )
    cases.warned(
        rule, "no-memory", "A device has free memory and a total of 0.", put(total, 0), at=[free],
    )


def _ranges(cases: Group) -> None:
    rule = "execution-mismatch"
    layers, tensors = f"{_ASSIGNMENTS}/2/partition", f"{_ASSIGNMENTS}/3/partition"
    cases.accepted(
        rule, "empty-ranges", "Ranges that end where they start are allowed, in either convention.",
        put(f"{layers}/start_layer", 4), put(f"{tensors}/start", 24576),
    )
    cases.accepted(rule, "last-layer", "A range of layers ends with the last layer of the model.", put(f"{layers}/end_layer", 8))
    cases.warned(
        rule, "layers-backwards", "A range of layers ends before it starts.", put(f"{layers}/start_layer", 5),
        at=[f"{layers}/end_layer"],
    )
    cases.warned(
        rule, "tensor-backwards", "A range of a tensor ends before it starts.", put(f"{tensors}/start", 24577),
        at=[f"{tensors}/end"],
    )
    cases.warned(
        rule, "beyond", "A range of layers ends a layer beyond the model.", put(f"{layers}/end_layer", 9),
        at=[f"{layers}/end_layer"],
    )
    cases.rejected(
        rule, "no-model", "The model is missing, and a range of layers that ends before it starts is still reported.",
        put(f"{layers}/start_layer", 99), drop("/descriptor"), at=[f"{layers}/end_layer"],
        also=[("unresolved-reference", "/config/model_id")],
    )


def _steps(cases: Group) -> None:
    rule = "execution-mismatch"
    cases.accepted(
        rule, "fresh-steps", "From fresh weights, the completed steps are the step of the promoted checkpoint.",
        drop(_BASE), put(_STEPS, 600),
    )
    for slug, description, edit in (
        ("no-step", "The promoted checkpoint has no step to compare with.", drop(f"{_PROMOTED}/step")),
        ("no-base-step", "The base checkpoint has a null step, and nothing is compared.", put(f"{_BASE}/step", None)),
        ("no-accelerator", "The receipt does not say how many steps were completed.", put("/full/accelerator_execution", None)),
    ):
        cases.accepted(rule, slug, description, edit)
    for slug, steps in (("step-less", 99), ("step-more", 101)):
        cases.warned(
            rule, slug, f"The receipt has {steps} completed steps, and its checkpoints are 100 steps apart.",
            put(_STEPS, steps), at=[_STEPS],
        )
    cases.warned(
        rule, "one-apart", "The checkpoints are one step apart, and 100 steps are completed.", put(f"{_BASE}/step", 599),
        at=[_STEPS],
    )
    cases.warned(
        rule, "null-base", "The base checkpoint is null, which is as good as none, and the steps count from 0.",
        put(_BASE, None), at=[_STEPS],
    )
    cases.warned(
        rule, "step-zero", "The promoted checkpoint of a run from fresh weights is of step 0, although steps are completed.",
        drop(_BASE), put(f"{_PROMOTED}/step", 0), at=[_STEPS],
    )


def _broken(cases: Group) -> None:
    """What a rule reads is broken, and the rule is skipped."""
    rule, maximum = "code-ratio-exceeded", "/policy/maximum_code_token_ratio_bps"
    cases.rejected(
        rule, "broken-maximum", "The policy's maximum of code is null, and the shares are not compared with it.",
        put(maximum, None), at=[], also=[("schema-violation", maximum)], on=RUN,
    )
    weight = "/policy/source_family_weights/0/rationale"
    cases.rejected(
        rule, "broken-weight", "The rationale of a weight is blank, and the share of code, which is above the maximum, is not compared.",
        *_policy(2800), put(weight, " "), at=[], also=[("schema-violation", weight)], on=RUN,
    )
    rule, layers = "execution-mismatch", "/descriptor/config/layer_count"
    cases.rejected(
        rule, "broken-layers", "The model has no layers, and a range of layers is not compared with them.",
        put(layers, 0), at=[], also=[("schema-violation", layers)], then=bound, inputs=("descriptor", "corpus", "policy", "config"),
    )
    step = f"{_PROMOTED}/step"
    cases.rejected(
        rule, "broken-step", "The step of the promoted checkpoint is below 0, and the completed steps are not compared.",
        put(step, -1), drop(_BASE), at=[], also=[("schema-violation", step)],
    )
