"""Cases of the rules on reading: what is not strict JSON, byte by byte."""

from __future__ import annotations

from typing import Any

from tools.pack import claims_cases as claims
from tools.pack import limits_cases as limits
from tools.pack.base_documents import FULL, PLAN
from tools.pack.case_builder import Group, Spelling, respelt

_SMOOTHING = '"label_smoothing_bps":40'
_PLACE = "/config/objective_config/label_smoothing_bps"

# A case reads best as a few full lines.
# fmt: off


def group() -> Group:
    """The cases, in the order of the rules."""
    cases = Group("reading", "Texts, byte by byte.", on=PLAN)
    _grammar(cases)
    _encoding(cases)
    _members(cases)
    _numbers(cases)
    limits.add(cases)
    claims.add(cases)
    return cases


def _bad(text: str) -> Spelling:
    return respelt(_SMOOTHING, text)


def _grammar(cases: Group) -> None:
    rule = "invalid-json"
    config: dict[str, Any] = {"on": ("config",)}
    for slug, description, spelling in (
        ("trailing-comma", "There is a comma before a closing brace.", _bad(_SMOOTHING + ',"x":{"y":1,}')),
        ("trailing-comma-list", "There is a comma before a closing bracket.", _bad(_SMOOTHING + ',"x":[1,]')),
        ("comment", "There is a comment between two members.", _bad("/* forty */" + _SMOOTHING)),
        ("line-comment", "A comment that starts with // ends a line.", _bad(_SMOOTHING.replace(":", ": // bps\n"))),
        ("single-quotes", "A member's name is in single quotes.", _bad("'label_smoothing_bps':40")),
        ("bare-name", "A member's name is not in quotes.", _bad("label_smoothing_bps:40")),
        ("nan", "A number is NaN, which JSON does not have.", _bad(_SMOOTHING[:-2] + "NaN")),
        ("infinity", "A number is -Infinity, which JSON does not have.", _bad(_SMOOTHING[:-2] + "-Infinity")),
        ("plus", "A number has a plus sign.", _bad(_SMOOTHING[:-2] + "+40")),
        ("leading-zero", "An integer has a leading zero.", _bad(_SMOOTHING[:-2] + "040")),
        ("leading-point", "A number starts with a point.", _bad(_SMOOTHING[:-2] + ".40")),
        ("trailing-point", "A number ends with a point.", _bad(_SMOOTHING + ".")),
        ("half-exponent", "A number ends with an exponent's letter.", _bad(_SMOOTHING + "e")),
        ("letter-after-number", "A letter right after a fraction leaves no number.", _bad(_SMOOTHING + ".5x")),
        ("point-after-fraction", "A second point right after a fraction leaves no number.", _bad(_SMOOTHING + ".5.5")),
        ("exponent-after-exponent", "A second exponent right after an exponent leaves no number.", _bad(_SMOOTHING + "e1E1")),
        ("digit-after-zero", "A digit right after -0 leaves no number.", _bad(_SMOOTHING[:-2] + "-01")),
        ("hexadecimal", "A number is hexadecimal.", _bad(_SMOOTHING[:-2] + "0x28")),
        ("minus-alone", "A minus sign has no digits.", _bad(_SMOOTHING[:-2] + "-")),
        ("python-literal", "A literal is spelled True, which is not JSON's true.", _bad(_SMOOTHING[:-2] + "True")),
        ("no-comma", "A comma between two members is missing.", _bad(_SMOOTHING + '"x":1')),
        ("two-commas", "There are two commas between two members.", _bad(_SMOOTHING + ',,"x":1')),
        ("no-colon", "The colon between a name and its value is missing.", _bad(_SMOOTHING.replace(":", " "))),
        ("no-value", "A member has a name and a colon, but no value.", _bad(_SMOOTHING[:-2])),
        ("line-feed-in-string", "A string holds a line feed without an escape.", respelt('"quay-mix"', '"quay-\nmix"')),
        ("tab-in-string", "A string holds a tab without an escape.", respelt('"quay-mix"', '"quay-\tmix"')),
        ("unknown-escape", "A string holds \\x41, an escape that JSON does not have.", respelt('"quay-mix"', '"quay-\\x41mix"')),
        ("short-escape", "An escape \\u in a string has only three digits.", respelt('"quay-mix"', '"quay-\\u041"')),
        ("escape-plus", "An escape \\u in a string has a plus sign and three digits.", respelt('"quay-mix"', '"quay-\\u+041"')),
        ("escape-minus", "An escape \\u in a string has a minus sign and three digits.", respelt('"quay-mix"', '"quay-\\u-041"')),
        ("escape-space", "An escape \\u in a string has a space and three digits.", respelt('"quay-mix"', '"quay-\\u 041"')),
        ("escape-underscore", "An escape \\u in a string has an underscore between its digits.", respelt('"quay-mix"', '"quay-\\u0_41"')),
        ("escape-prefix", "An escape \\u in a string has the prefix 0x.", respelt('"quay-mix"', '"quay-\\u0x41"')),
        ("escape-full-width", "An escape \\u in a string has full-width digits.", respelt('"quay-mix"', '"quay-\\u\uff10\uff10\uff14\uff11"')),
        ("escape-capital", "An escape in a string starts with a capital \\U.", respelt('"quay-mix"', '"quay-\\U0041"')),
        ("unclosed-string", "A string does not end.", respelt('"quay-mix"', '"quay-mix')),
        ("mixed-brackets", "A closing bracket ends an object that a brace opened.", _bad('"x":{]')),
        ("truncated", "The text ends before the document does.", lambda text: text[:-1]),
        ("two-documents", "A second document follows the first.", lambda text: text + "\n" + text),
        ("text-after", "A full stop follows the document.", lambda text: text + " ."),
        ("closed-twice", "A second closing brace follows the document.", lambda text: text + "}"),
        (
            "lone-high-surrogate",
            "An escape names the first half of a surrogate pair alone.",
            respelt('"quay-mix"', '"quay-\\ud83d"'),
        ),
        (
            "lone-low-surrogate",
            "An escape names the second half of a surrogate pair alone.",
            respelt('"quay-mix"', '"\\ude00-quay"'),
        ),
        (
            "swapped-surrogates",
            "Two escapes name the halves of a surrogate pair in the wrong order.",
            respelt('"quay-mix"', '"\\ude00\\ud83d"'),
        ),
        (
            "half-pair",
            "The first half of a surrogate pair is followed by an escape that is not the second half.",
            respelt('"quay-mix"', '"quay-\\ud83d\\u0041"'),
        ),
        (
            "half-pair-letter",
            "The first half of a surrogate pair is followed by a letter that is not an escape.",
            respelt('"quay-mix"', '"quay-\\ud83dA"'),
        ),
        (
            "half-pair-short",
            "The first half of a surrogate pair is followed by another kind of escape.",
            respelt('"quay-mix"', '"quay-\\ud83d\\n"'),
        ),
        (
            "two-first-halves",
            "Two escapes name the first halves of surrogate pairs.",
            respelt('"quay-mix"', '"quay-\\ud83d\\ud83d\\ude00"'),
        ),
        (
            "half-pair-in-name",
            "In a member's name the first half of a surrogate pair is followed by another character.",
            _bad(_SMOOTHING + ',"\\ud83d\\u0041":1'),
        ),
        ("surrogate-in-name", "An escape in a member's name names half a surrogate pair.", _bad(_SMOOTHING + ',"\\ud83d":1')),
        ("form-feed", "A form feed before the document is not white space in JSON.", lambda text: "\f" + text),
        ("no-break-space", "A no-break space after the document is not white space in JSON.", lambda text: text + "\u00a0"),
        ("null-byte", "A null character after the document is not white space in JSON.", lambda text: text + "\0"),
    ):
        cases.rejected(rule, slug, description, at=["/config"], texts={"config": spelling}, **config)
    cases.accepted(
        rule, "white-space", "Spaces, tabs, line feeds and carriage returns may be between any two tokens.",
        texts={"config": lambda text: "\r\n\t " + text.replace(",", " ,\r\n\t").replace(":", "\t: ",
            3) + "\n\n"},
    )
    cases.accepted(
        rule, "escapes", "Characters that need no escape may be escaped, in a member's name too.",
        texts={"config": respelt('"sampling_policy_id":"quay-mix"',
            '"sampling\\u005fpolicy_id":"\\u0071uay\\u002Dmix"')},
    )
    cases.accepted(
        rule, "short-escapes", "Each of the eight short escapes may be in a string that may hold anything.", on=FULL,
        texts={"full": respelt('"job":48', '"job":"\\"\\\\\\/\\b\\f\\n\\r\\t"')},
    )
    cases.accepted(
        rule, "noncharacters", "Any character may be in a string, also U+FDD0, U+FFFE, U+FFFF and U+10FFFF.", on=FULL,
        texts={"full": respelt('"job":48', '"job":"\ufdd0\ufffe\uffff\U0010ffff\\uFFFF\\udbff\\udfff"')},
    )
    cases.accepted(
        rule, "surrogate-pair", "Escapes of both halves of a surrogate pair are one character.", on=FULL,
        texts={"full": respelt("𐐷", "\\uD801\\udc37")},
    )
    cases.accepted(
        rule, "delete", "U+007F and U+2028 need no escape, in a string that may hold anything.", on=FULL,
        texts={"full": respelt('"job":48', '"job":"\u007f\u2028\u0085\ufeff"')},
    )


def _encoding(cases: Group) -> None:
    rule = "invalid-json"
    config = b'{"schema_version":"psion.pretrain_stage_config.v1","run_id":"%s"}'
    for slug, description, data in (
        ("empty", "The text is empty.", b""),
        ("blank", "The text holds only white space.", b" \n"),
        ("byte-order-mark", "The text starts with a byte order mark.", b"\xef\xbb\xbf" + config % b"quay"),
        ("utf-16", "The text is UTF-16 with a byte order mark.", (config % b"quay").decode().encode("utf-16")),
        ("utf-16-be", "The text is UTF-16 without a byte order mark.", (config % b"quay").decode().encode("utf-16-be")),
        ("latin-1", "A letter is encoded in Latin-1, which is not UTF-8.", config % b"qu\xe4y"),
        ("overlong", "A character is encoded in more bytes than it needs.", config % b"qu\xc0\xaf"),
        ("surrogate-bytes", "Half a surrogate pair is encoded in three bytes.", config % b"qu\xed\xa0\x81"),
        ("beyond-unicode", "Four bytes encode a character beyond U+10FFFF.", config % b"qu\xf4\x90\x80\x80"),
        ("cut-character", "The last character of a string lacks a byte.", config % b"qu\xf0\x90\x90"),
        ("stray-continuation", "A continuation byte follows no first byte of a character.", config % b"qu\x80"),
    ):
        cases.rejected(rule, slug, description, at=["/text"], on=(), texts={"text": data})


def _members(cases: Group) -> None:
    rule = "duplicate-member"
    cases.accepted(
        rule, "case", "Names that differ in the case of a letter are two members of the open object.",
        on=FULL, texts={"full": respelt('"job":48', '"job":48,"Job":48')},
    )
    cases.accepted(
        rule, "two-objects", "Two objects in a list may have members of one name.", on=FULL,
        texts={"full": respelt('"job":48', '"job":[{"a":1},{"a":1}]')},
    )
    for slug, description, again in (
        ("equal", "A member is given twice, with one value.", '"label_smoothing_bps":40'),
        ("different", "A member is given twice, with two values.", '"label_smoothing_bps":41'),
        ("escaped", "A repeated member's name is spelled with an escape the second time.", '"label\\u005fsmoothing_bps":40'),
        (
            "three-times",
            "A member is given three times.",
            '"label_smoothing_bps":1,"label_smoothing_bps":2',
        ),
    ):
        cases.rejected(rule, slug, description, at=[_PLACE], texts={"config": _bad(f"{_SMOOTHING},{again}")})
    cases.rejected(
        rule, "last-counts", "The last value of a repeated member breaks the schema too, which is not reported again.", at=[_PLACE],
        texts={"config": _bad('"label_smoothing_bps":40,"label_smoothing_bps":-1')},
    )
    cases.rejected(
        rule, "open", "In the open object a/b is given twice, the second time spelled with an escape.", on=FULL,
        at=["/full/delivered_execution/cluster_execution/a~1b"],
        texts={"full": respelt('"job":48', '"a/b":1,"a\\/b":2')},
    )
    for slug, short, code in (("backspace", "b", "0008"), ("form-feed", "f", "000c"), ("line-feed", "n", "000A"),
            ("carriage-return", "r", "000d"), ("tab", "t", "0009"), ("slash", "/", "002f")):
        cases.rejected(
            rule, slug, f"In the open object one name is spelled \\{short} and again \\u{code}.", on=FULL,
            at=["/full/delivered_execution/cluster_execution/" + chr(int(code, 16)).replace("/", "~1")],
            texts={"full": respelt('"job":48', f'"\\{short}":1,"\\u{code}":2')},
        )
    cases.accepted(
        rule, "short-escapes", "The names \\b, \\f, \\n, \\r, \\t, b, f, n, r and t are ten members of the open object.", on=FULL,
        texts={"full": respelt('"job":48', '"\\b":1,"\\f":1,"\\n":1,"\\r":1,"\\t":1,"b":1,"f":1,"n":1,"r":1,"t":1')},
    )
    for slug, what, one, other in (
        ("normalisation", "An é of one character and one of two", "é", "e\u0301"),
        ("null-inside", "Two names that differ after a null character", "a\\u0000b", "a\\u0000c"),
        ("number-like", "The names 1 and 01", "1", "01"),
        ("blank-after", "A name with and without a blank at its end", "a", "a "),
    ):
        cases.accepted(
            rule, slug, f"{what} are two members of the open object.", on=FULL,
            texts={"full": respelt('"job":48', f'"{one}":1,"{other}":2')},
        )
    cases.rejected(
        rule, "apart", "A member is given twice, with an object that has members of the same name between.", on=FULL,
        at=["/full/delivered_execution/cluster_execution/a"],
        texts={"full": respelt('"job":48', '"a":1,"b":{"a":1,"c":[{"a":1}]},"a":1')},
    )
    cases.rejected(
        rule, "not-adjacent", "A member of a config is given twice, with another member between.", at=["/config/run_id"],
        texts={"config": lambda text: text.replace("{", '{"run_id":"x",', 1)},
    )
    cases.rejected(
        rule, "overwritten", "What is wrong in the first value of a repeated member is reported too.", on=FULL,
        at=["/full/delivered_execution/cluster_execution/job", "/full/delivered_execution/cluster_execution/job/b"],
        also=[("non-integer-number", "/full/delivered_execution/cluster_execution/job/a")],
        texts={"full": respelt('"job":48', '"job":{"a":1.5,"b":1,"b":2},"job":48')},
    )
    cases.rejected(
        rule, "overwritten-number", "A repeated member is given with a fraction first, at whose place both are reported.",
        at=[_PLACE], also=[("non-integer-number", _PLACE)], texts={"config": _bad('"label_smoothing_bps":0.5,' + _SMOOTHING)},
    )
    cases.rejected(
        rule, "list", "An object in a list in the open object has a member twice.", on=FULL,
        at=["/full/delivered_execution/cluster_execution/job/1/a"],
        texts={"full": respelt('"job":48', '"job":[{"a":1},{"a":1,"a":{"a":1}}]')},
    )
    cases.rejected(
        rule, "reference", "A repeated model_id in the config looks for no model, so none is called missing.",
        at=["/config/model_id"], on=PLAN,
        texts={"config": respelt('"model_id":"psion-tidewater-pilot"',
            '"model_id":"x","model_id":"psion-tidewater-pilot"')},
    )
    config = '{"schema_version":"psion.pretrain_stage_config.v1","run_id":"r","stage_id":"s"}'
    cases.rejected(
        rule, "around",
        "A repeated member that holds a document breaks all of it, so that nothing can refer to it.",
        on=("receipt",), texts={"bundle": f'{{"c":0,"c":{{"d":{config}}}}}'.encode()}, at=["/bundle/c"],
        also=[("schema-violation", "/bundle/c/d"), ("unresolved-reference", "/receipt/run_id")],
    )
    cases.rejected(
        rule, "around-the-other", "Of two members of one name only the first holds a document.", on=(),
        texts={"bundle": f'{{"c":{config},"c":0}}'.encode()}, at=["/bundle/c"],
    )
    cases.rejected(
        rule, "kind", "The last value of a repeated schema_version decides what kind the document is of.", at=["/text/schema_version"], on=(),
        also=[("schema-violation", "/text")],
        texts={"text": b'{"schema_version":"x","schema_version":"psion.sampling_policy.v1"}'},
    )
    cases.rejected(
        rule, "unreadable", "In a text that cannot be read, members repeated before the error are reported too.",
        at=["/text/a"], on=(), also=[("invalid-json", "/text")], texts={"text": b'{"a":1,"a":2,}'},
    )


def _numbers(cases: Group) -> None:
    rule = "non-integer-number"
    cases.accepted(
        rule, "zero", "The open object may hold zero and negative integers.", on=FULL,
        texts={"full": respelt('"job":48', '"job":[0,-1,-10]')},
    )
    for slug, number in (
        ("fraction", "40.5"),
        ("whole-fraction", "40.0"),
        ("exponent", "4e1"),
        ("capital-exponent", "4E1"),
        ("plus-exponent", "4e+1"),
        ("minus-exponent", "400e-1"),
        ("fraction-and-exponent", "0.4e2"),
        ("negative-zero", "-0"),
        ("negative-zero-fraction", "-0.0"),
        ("zero-exponent", "0e0"),
        ("huge", "1e999"),
        ("tiny", "1e-999"),
    ):
        cases.rejected(
            rule, slug, f"A number is written as {number}.", at=[_PLACE],
            texts={"config": _bad(f'"label_smoothing_bps":{number}')},
        )
    for slug, number in (("large-exponent", "1e16"), ("large-fraction", "9007199254740993.0"), ("larger-exponent", "1e400")):
        cases.rejected(
            rule, slug, f"The number {number} has no unsafe integer, as it is not written as an integer.", on=FULL,
            at=["/full/delivered_execution/cluster_execution/job"], texts={"full": respelt('"job":48', f'"job":{number}')},
        )
    for slug, what, after in (
        ("then-underscore", "An underscore", "_"), ("then-minus", "A minus sign", "-"), ("then-letter", "The letter é", "é"),
        ("then-digit", "An Arabic digit", "\u0661"), ("then-quote", "A quotation mark", '"'),
    ):
        cases.rejected(
            rule, slug, f"{what} right after a fraction ends the number, which is reported, and then the reading.",
            at=[_PLACE], also=[("invalid-json", "/config")], on=("config",), texts={"config": _bad(f"{_SMOOTHING}.5{after}")},
        )
    cases.rejected(
        rule, "two", "Two integers are written with a fraction, and each of them is reported.",
        at=[_PLACE, "/config/objective_config/max_context_tokens"],
        texts={"config": lambda text: text.replace(_SMOOTHING, _SMOOTHING + ".0").replace(":2048", ":2048.0")},
    )
    cases.rejected(
        rule, "open", "In the open object too, numbers may have no fraction and be no negative zero.", on=FULL,
        at=["/full/delivered_execution/cluster_execution/job/1",
            "/full/delivered_execution/cluster_execution/job/2"],
        texts={"full": respelt('"job":48', '"job":[1,0.5,-0]')},
    )
    cases.rejected(
        rule, "not-in-a-string", "Numbers in a string, -0 and 1.5e3, are not reported; one outside is.", at=[_PLACE],
        texts={"config": lambda text: text.replace("quay-mix", "-0 1.5e3").replace(_SMOOTHING,
            _SMOOTHING + ".0")}, also=[("sampling-policy-mismatch", "/config/sampling_policy_id")],
    )
    cases.rejected(
        rule, "unknown-member",
        "Of an unknown member that holds a fraction, only the fraction is reported.", at=["/config/x"],
        texts={"config": respelt('"run_id":"quay"', '"run_id":"quay","x":1.5')},
    )
    cases.rejected(
        rule, "unreadable", "In a text that cannot be read, fractions and -0 before the error are reported too.",
        at=["/text/0", "/text/1"], on=(), also=[("invalid-json", "/text")], texts={"text": b"[1.0,-0,"},
    )
