"""Which texts of an archive are read before all others, because others may refer to their documents."""

import pytest

from psion_contract.streaming.archives import may_be_referable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb'{"schema_version":"psion.sampling_policy.v1"}', True),
        (rb'{"schema_version":"psion.pretrain_stage_receipt.v1"}', False),
        (rb'{"schema_version":"psion\u002esampling_policy.v1"}', True),
        (rb'{"a":"\n\t\"","schema_version":"\u0070sion.sampling_policy.v1"}', True),
        (rb'{"a":"\\\u0041"}', True),
        (rb'{"a":"\\u0041"}', False),  # a backslash, then letters
        (rb'{"a":"\\\\","b":"upper"}', False),
        (b"\\", False),
    ],
)
def test_a_text_may_be_referable_if_it_spells_a_version_or_can_with_escapes(
    text: bytes, expected: bool
) -> None:
    assert may_be_referable(text) is expected
