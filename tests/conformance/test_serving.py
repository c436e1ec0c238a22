"""This implementation as a command that answers requests."""

from __future__ import annotations

import json
from base64 import b64encode
from io import BytesIO
from typing import Any

import pytest
from support.canonical_sets import documents
from support.implementations import CASES, ITEMS

from psion_contract.conformance import serving
from psion_contract.conformance.runner import request_of
from psion_contract.conformance.serving import Service, ask, serve

Json = dict[str, Any]


def served(*requests: object) -> list[Json]:
    """The answers to requests, each an object or a line."""
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in requests]
    answers = BytesIO()
    serve(BytesIO(b"".join(lines)), answers)
    return list(map(json.loads, answers.getvalue().splitlines()))


def test_a_request_that_cannot_be_answered_does_not_keep_the_next_from_it() -> None:
    good = request_of(ITEMS[0])
    digest = {"op": "digest", "digest": "D7", "base64": "e30="}
    bad: list[tuple[object, str]] = [
        (b"no json\n", "the request is not JSON"),
        (b"\xff\n", "the request is not JSON"),
        (b"[" * 100_000 + b"\n", "the request is not JSON"),
        (b"[]\n", "the request is not an object"),
        (b"{}\n", 'the request has no "id"'),
        (b'{"id": 1.5}\n', '"id" of the request is not an integer'),
        (b'{"id": true}\n', '"id" of the request is not an integer'),
        ({"id": 1}, 'the request has no "op"'),
        ({"id": 2, "op": "sing\n"}, 'unknown op "sing\\u000a"'),
        ({"id": 3, "op": "check"}, 'the request has no "documents"'),
        ({"id": 4, "op": "check", "documents": []}, 'the request has no "inputs"'),
        ({"id": 5, **good, "documents": {}}, '"documents" of the request is not an array'),
        ({"id": 6, **good, "documents": ["x"]}, "documents[0] is not an object"),
        ({"id": 7, **good, "inputs": [{"name": "x"}]}, 'inputs[0] has no "base64"'),
        ({"id": 8, **good, "inputs": [{"name": "x", "base64": "*"}]}, '"base64" of inputs[0] is not Base64'),
        ({"id": 9, **good, "strict": 1}, '"strict" of the request is not a boolean'),
        ({"id": 10, **good, "limits": []}, '"limits" of the request is not an object'),
        ({"id": 11, **good, "limits": {"max_words": 3}}, 'unknown limit "max_words"'),
        ({"id": 12, **good, "limits": {"max_depth": True}}, '"max_depth" of the limits is not an integer'),
        ({"id": 13, **good, "limits": {"max_depth": 0}}, '"max_depth" of the limits is less than 1'),
        ({"id": 14, **digest, "digest": "D0"}, 'unknown digest "D0"'),
        ({"id": 15, **digest, "base64": "é"}, '"base64" of the request is not Base64'),
        ({"id": 16, **digest}, "D7 cannot be made from this text"),
        ({"id": "x", **digest, "base64": "W10="}, "D7 cannot be made from this text"),
    ]  # fmt: skip
    *refusals, last = served(*(request for request, _ in bad), {"id": 99, **good})
    ids = [*[None] * 7, *range(1, 17), "x"]
    assert refusals == [
        {"id": number, "error": error} for number, (_, error) in zip(ids, bad, strict=True)
    ]  # fmt: skip
    assert last == {"id": 99, **ask(good)}


def test_a_text_that_is_not_json_has_no_digest() -> None:
    assert list(ask({"op": "digest", "digest": "D7", "base64": "ew=="})) == ["error"]


def test_an_internal_error_is_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object, **__: object) -> None:
        raise RuntimeError("oops")

    monkeypatch.setattr("psion_contract.conformance.answering.Checker", faulty)
    assert ask(request_of(CASES[0])) == {"error": "internal error: RuntimeError: oops"}


def test_a_request_that_is_too_large_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    good = request_of(ITEMS[0])
    monkeypatch.setattr(serving, "MAX_REQUEST", len(json.dumps({"id": 2, **good})) + 1)
    too_large = {"id": None, "error": f"the request is larger than {serving.MAX_REQUEST} bytes"}
    large = {"id": 1, **good, "x": "x" * 3 * serving.MAX_REQUEST}
    assert served(large, {"id": 2, **good}) == [too_large, {"id": 2, **ask(good)}]
    assert served({"id": 2, **good}, json.dumps(large).encode()) == [{"id": 2, **ask(good)}, too_large]


# Inputs that are kept.

PLAN = ("descriptor", "corpus", "policy", "config")


def texts(*names: str) -> list[Json]:
    return [
        {"name": f"{name}.json", "base64": b64encode(json.dumps(documents(name)[name]).encode()).decode()}
        for name in names
    ]


def keep(name: str, *names: str, **members: Any) -> Json:
    return {"op": "keep", "as": name, "inputs": texts(*names), **members}


def check(inputs: Any, **members: Any) -> Json:
    return {"op": "check", "documents": texts("receipt"), "inputs": inputs, "strict": False, **members}


def test_kept_inputs_give_the_answers_of_inputs_sent_again() -> None:
    service = Service()
    assert service.ask(keep("a", *PLAN)) == {"kept": ["a"]}
    assert service.ask(keep("b", "descriptor")) == {"kept": ["a", "b"]}
    for strict in (False, True):
        answers = [service.ask(check(inputs, strict=strict)) for inputs in ("a", texts(*PLAN), "a")]
        assert answers == [{"verdict": "consistent", "findings": []}] * 3
        assert service.ask(check("b", strict=strict)) == ask(check(texts("descriptor"), strict=strict))
    assert service.ask(check("b"))["verdict"] == "inconsistent"


def test_warnings_count_only_in_strict_requests() -> None:
    service = Service()
    service.ask(keep("a", *PLAN))
    receipt = documents("receipt")["receipt"]
    receipt["replay_receipt"]["exact_replay_observed"] = False
    service.ask(keep("a", *PLAN))
    text = [{"name": "r", "base64": b64encode(json.dumps(receipt).encode()).decode()}]
    verdicts = [service.ask(check("a", documents=text, strict=strict)) for strict in (False, True, False)]
    rules = {finding["rule"] for each in verdicts for finding in each["findings"]}
    assert "replay-not-exact" in rules


def test_a_name_is_given_to_other_inputs() -> None:
    service = Service()
    service.ask(keep("a", *PLAN))
    assert service.ask(keep("a", "descriptor")) == {"kept": ["a"]}
    assert service.ask(check("a"))["verdict"] == "inconsistent"


def test_inputs_that_are_not_kept_are_an_error_of_their_own() -> None:
    message = 'no inputs are kept as "x\\u000a": keep them, again if they were kept before'
    assert Service().ask(check("x\n")) == {"error": message, "unknown_inputs": "x\n"}


def test_the_inputs_that_were_not_used_for_longest_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MAX_KEPT", 2)
    service = Service()
    service.ask(keep("a", *PLAN))
    service.ask(keep("b", *PLAN))
    service.ask(check("a"))
    assert service.ask(keep("c", *PLAN)) == {"kept": ["a", "c"]}
    assert service.ask(check("b"))["unknown_inputs"] == "b"


def test_inputs_make_way_for_larger_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    size = len(json.dumps(documents("policy")["policy"]))
    monkeypatch.setattr(serving, "MAX_KEPT_BYTES", 2 * size)
    service = Service()
    service.ask(keep("a", "policy"))
    assert service.ask(keep("b", "policy")) == {"kept": ["a", "b"]}
    assert service.ask(keep("c", "policy", "policy")) == {"kept": ["c"]}
    refused = service.ask(keep("c", "policy", "policy", "policy"))
    assert refused == {"error": f"the inputs have {3 * size} bytes; at most {2 * size} are kept"}
    assert service.ask(keep("d")) == {"kept": ["c", "d"]}


def test_limits_of_kept_inputs_are_given_when_they_are_kept() -> None:
    service = Service()
    service.ask(keep("a", *PLAN, limits={"max_depth": 2}))
    assert {each["rule"] for each in service.ask(check("a"))["findings"]} >= {"limit-exceeded"}
    refused = {"error": "the limits of kept inputs are given when they are kept"}
    assert service.ask(check("a", limits={"max_depth": 2})) == refused


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"op": "keep", "inputs": []}, 'the request has no "as"'),
        ({"op": "keep", "as": 1, "inputs": []}, '"as" of the request is not a string'),
        ({"op": "keep", "as": "a"}, 'the request has no "inputs"'),
        ({"op": "keep", "as": "a", "inputs": "a"}, '"inputs" of the request is not an array'),
        ({"op": "keep", "as": "a", "inputs": [{"name": "x"}]}, 'inputs[0] has no "base64"'),
        (check("a", report=1), '"report" of the request is not a boolean'),
    ],
)
def test_a_bad_request_is_an_error(request_: Json, error: str) -> None:
    service = Service()
    service.ask(keep("a"))
    assert service.ask(request_) == {"error": error}


def test_the_whole_report_is_given_on_request() -> None:
    service = Service()
    service.ask(keep("a", "descriptor"))
    answer = service.ask(check("a", report=True))
    assert answer["report"]["verdict"] == answer["verdict"] == "inconsistent"
    assert answer["report"]["findings"][0]["message"]
    assert "report" not in service.ask(check("a", report=False))
