import assert from "node:assert/strict";
import { test } from "node:test";
import vm from "node:vm";
import { checkDocuments, parseDocument, parseReceipt } from "../dist/index.js";
import { canonical, edited } from "./fixtures.mjs";

/** The rules and pointers of the problems that the reader finds in a text. */
function refusals(text, limits) {
  const { findings } = checkDocuments({ text }, { limits });
  return findings
    .map(({ rule, pointer }) => `${rule}${pointer && ` ${pointer}`}`)
    .filter((each) => !/^unknown/.test(each));
}

const bytes = (...values) => Uint8Array.from(values);

const NOT_JSON = {
  empty: "",
  "white space": " \n",
  "a byte order mark": "\ufeff{}",
  "two values": "{} {}",
  "a trailing comma": "[1,]",
  "a trailing comma in an object": '{"a":1,}',
  "a comment": "/* */ {}",
  "single quotes": "{'a':1}",
  "not a number": "[NaN]",
  infinity: "[-Infinity]",
  "a leading zero": "[01]",
  "a plus sign": "[+1]",
  "a lone minus": "[-]",
  "a trailing decimal point": "[1.]",
  "a leading decimal point": "[.5]",
  "letters after a number": "[1.5x]",
  "letters after a word": "[truer]",
  "a control character in a string": '["\n"]',
  "an unknown escape": '["\\x"]',
  "an incomplete escape": '["\\u12"]',
  "an unpaired high surrogate": '["\\ud800"]',
  "surrogates in the wrong order": '["\\udc00\\ud800"]',
  "an unpaired surrogate in a name": '{"\\ud800":1}',
  "an unescaped unpaired surrogate": '["\ud800"]',
  "an unterminated string": '["',
  "a no-break space": "\u00a0{}",
  "an encoded surrogate": bytes(0x22, 0xed, 0xa0, 0x80, 0x22),
  "an overlong sequence": bytes(0x22, 0xc0, 0x80, 0x22),
  "Latin-1": bytes(0x22, 0xe9, 0x22),
  "UTF-16": bytes(0xff, 0xfe, 0x7b, 0, 0x7d, 0),
};

for (const [what, text] of Object.entries(NOT_JSON)) {
  test(`not JSON: ${what}`, () => assert.deepEqual(refusals(text), ["invalid-json"]));
}

test("a member that is repeated several times has one finding", () => {
  const text = edited("psion_sampling_policy", () => {}).replace("{", '{"policy_id":"x","policy_id":"x",');
  const { findings } = parseDocument("policy", text);
  assert.deepEqual(
    findings.map(({ rule, column }) => [rule, column]),
    [["duplicate-member", 18]],
  );
});

test("a trailing comma is at the comma, whichever bracket follows", () => {
  for (const text of ["[1,]", "[1,}", '{"a":1,}', '{"a":1,]']) {
    const [{ column }] = checkDocuments({ text }).findings;
    assert.equal(column, text.indexOf(",") + 1, text);
  }
});

test("a place after the carriage return at the end of a text has a line without it", () => {
  const [{ column, snippet }] = checkDocuments({ text: '{"a":\r' }).findings;
  assert.deepEqual([column, snippet], [7, { text: '{"a":', column: 1 }]);
});

test("a surrogate pair in escapes is a character", () =>
  assert.deepEqual(refusals('["\\ud83d\\ude00"]'), []));

test("a duplicate member is found even where it is spelled with escapes", () => {
  const twice = edited("psion_sampling_policy", () => {}).replace(
    '"policy_id":',
    '"policy_i\\u0064":"x","policy_id":',
  );
  assert.deepEqual(refusals(twice), ["duplicate-member /policy_id"]);
});

test("a number that is not a plain integer is one finding, at its place", () => {
  for (const number of ["1.0", "1e3", "-0", "0.5", "1E400"]) {
    const text = edited("psion_sampling_policy", (policy) => (policy.maximum_code_token_ratio_bps = "N"));
    assert.deepEqual(refusals(text.replace('"N"', number)), [
      "non-integer-number /maximum_code_token_ratio_bps",
    ]);
  }
});

test("a text beyond a limit is not read", () => {
  assert.deepEqual(refusals("[[1]]", { maxBytes: 4 }), ["limit-exceeded"]);
  assert.deepEqual(refusals("[[1]]", { maxBytes: 5 }), []);
  assert.deepEqual(refusals("[[1]]", { maxDepth: 1 }), ["limit-exceeded"]);
  assert.deepEqual(refusals("[[1]]", { maxDepth: 2 }), []);
  assert.deepEqual(refusals('["a,b", [], {"c": [ ]}]', { maxMembers: 3 }), ["limit-exceeded"]);
  assert.deepEqual(refusals('["a,b", [], {"c": [ ]}]', { maxMembers: 4 }), []);
  assert.deepEqual(refusals("[".repeat(201), { maxDepth: 1000 }), ["limit-exceeded"]);
  assert.deepEqual(refusals("9".repeat(4300)), []);
  assert.deepEqual(refusals("9".repeat(4301)), ["limit-exceeded"]);
});

test("an undefined limit is the default, and an invalid limit throws", () => {
  const none = { maxBytes: undefined, maxMembers: undefined, maxDepth: undefined };
  assert.deepEqual(refusals("[".repeat(100_000), none), ["limit-exceeded"]);
  assert.deepEqual(refusals(" ".repeat(2 ** 24 + 1), none), ["limit-exceeded"]);
  assert.deepEqual(refusals(`[1${",1".repeat(1_000_000)}]`, none), ["limit-exceeded"]);
  assert.deepEqual(refusals("", { maxBytes: 0 }), ["invalid-json"]);
  for (const limit of [NaN, Infinity, -1, 1.5, "5", 5n, null]) {
    for (const name of Object.keys(none)) {
      const wrong = {
        name: "TypeError",
        message: new RegExp(`^limits.${name} must be a non-negative integer`),
      };
      assert.throws(() => parseReceipt("{}", { limits: { [name]: limit } }), wrong);
    }
  }
});

test("a text is a string or bytes, and anything else throws", () => {
  const { buffer } = Uint8Array.from(canonical.psion_pretrain_stage_receipt);
  const foreign = vm.runInNewContext("new ArrayBuffer(1)");
  for (const text of [buffer, new Uint8Array(buffer), new DataView(buffer)]) {
    assert.ok(parseReceipt(text).ok);
    assert.deepEqual(refusals(text, { maxBytes: 100 }), ["limit-exceeded"]);
    assert.deepEqual(refusals(text, { maxMembers: 10 }), ["limit-exceeded"]);
  }
  assert.ok(parseReceipt(new Uint8Array(new Uint8Array([1, ...new Uint8Array(buffer)]).buffer, 1)).ok);
  assert.deepEqual(refusals(foreign), ["invalid-json"]);
  for (const wrong of [undefined, null, {}, [], 5, Promise.resolve("{}")]) {
    const message = /^expected bytes \(Uint8Array or ArrayBuffer\) or a string.*, not /;
    assert.throws(() => parseReceipt(wrong), { name: "TypeError", message });
    assert.throws(() => checkDocuments({ wrong }), { name: "TypeError", message });
  }
});

/** Bytes in memory that the decoders of browsers refuse. */
function* unusual(bytes) {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const resizable = new Uint8Array(new ArrayBuffer(bytes.length, { maxByteLength: 2 * bytes.length }));
  resizable.set(bytes);
  for (const view of [shared, resizable]) yield* [view, view.buffer, new DataView(view.buffer)];
}

test("bytes in shared and resizable memory are read", (context) => {
  const { decode } = TextDecoder.prototype;
  context.mock.method(TextDecoder.prototype, "decode", function (bytes) {
    const { buffer } = bytes;
    if (buffer instanceof SharedArrayBuffer || buffer.resizable) throw new TypeError("as in Chromium");
    return decode.call(this, bytes);
  });
  for (const text of unusual(canonical.psion_pretrain_stage_receipt)) assert.ok(parseReceipt(text).ok);
  for (const text of unusual(Uint8Array.of(0x22, 0xff, 0x22))) {
    assert.deepEqual(refusals(text), ["invalid-json"]);
  }
});

test("a fault of the environment throws, and is no finding", (context) => {
  const receipt = canonical.psion_pretrain_stage_receipt;
  const without = (name, act) => {
    const own = globalThis[name];
    delete globalThis[name];
    try {
      act();
    } finally {
      globalThis[name] = own;
    }
  };
  without("TextDecoder", () =>
    assert.throws(() => parseReceipt(receipt), /^Error: this environment has no TextDecoder/),
  );
  without("TextEncoder", () =>
    assert.throws(() => parseReceipt(receipt.toString()), /^Error: this environment has no TextEncoder/),
  );
  context.mock.method(TextDecoder.prototype, "decode", () => {
    throw new RangeError("the decoder is broken");
  });
  assert.throws(() => parseReceipt(receipt), /the decoder is broken/);
});

test("bytes that were transferred or cut off throw", () => {
  const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
  const cut = [
    new Uint8Array(resizable, 4, 4),
    new Uint16Array(resizable, 4, 2),
    new DataView(resizable, 4, 4),
  ];
  resizable.resize(2);
  const moved = new Uint8Array(8);
  structuredClone(moved, { transfer: [moved.buffer] });
  for (const text of [...cut, moved, moved.buffer]) assert.throws(() => parseReceipt(text), TypeError);
});

test("options of parsing are checked", () => {
  const wrong = {
    'unknown option "names"; did you mean name?': { names: "a" },
    'unknown option "strict"; known are name, limits': { strict: true },
    "the option name must be a string, not the number 5": { name: 5 },
    'options must be a plain object with any of { name, limits }, not the string "receipt.json"':
      "receipt.json",
  };
  for (const [message, options] of Object.entries(wrong)) {
    assert.throws(() => parseReceipt("{}", options), { name: "TypeError", message });
  }
});

test("a member may have any name", () => {
  const text = '{"__proto__": {"schema_version": "psion.sampling_policy.v1"}, "constructor": 1}';
  const [{ pointer }] = checkDocuments({ text }).documents;
  assert.equal(pointer, "/__proto__");
});

test("64-bit integers are exact", () => {
  const seed = 2n ** 64n - 1n;
  const text = canonical.psion_pretrain_stage_receipt.toString().replace("6180339887498", String(seed));
  const parsed = parseReceipt(text);
  assert.ok(parsed.ok);
  assert.equal(parsed.document.replay_receipt.deterministic_shuffle_seed, seed);
  assert.equal(parsed.document.replay_receipt.successful_replays, 3);
  assert.equal(typeof parsed.document.checkpoint_lineage.promoted_checkpoint.step, "bigint");
  const beyond = parseReceipt(text.replace(String(seed), String(seed + 1n)), { name: "beyond" });
  assert.ok(!beyond.ok);
  const [{ rule, document, pointer, message }] = beyond.findings;
  assert.equal(message, "18446744073709551616 is out of range: at most 18446744073709551615");
  assert.deepEqual(
    [rule, document, pointer],
    ["schema-violation", "beyond", "/replay_receipt/deterministic_shuffle_seed"],
  );
});

test("a role is one of the six", () => {
  const roles = "config, receipt, descriptor, corpus, policy, program";
  for (const [role, found] of [
    ["constructor", 'the string "constructor"'],
    ["receipts", 'the string "receipts"; did you mean receipt?'],
    [undefined, "Undefined"],
  ]) {
    const message = `the role must be one of ${roles}, not ${found}`;
    assert.throws(() => parseDocument(role, "{}"), { name: "TypeError", message });
  }
});

test("the list of findings is limited", () => {
  const rows = Array(100_000).fill(1);
  const text = edited("psion_pretrain_stage_receipt", (receipt) => (receipt.source_family_reports = rows));
  const { findings } = parseReceipt(text);
  assert.equal(findings.length, 10_001);
  assert.equal(findings.at(-1).rule, "unlisted-findings");
});

test("a document of another kind is not a receipt", () => {
  const parsed = parseReceipt(canonical.psion_sampling_policy);
  assert.ok(!parsed.ok && parsed.findings.some(({ pointer }) => pointer === "/schema_version"));
  assert.ok(!parseReceipt("[").ok);
});
