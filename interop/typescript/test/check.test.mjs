import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkDocuments } from "../dist/index.js";
import { canonical, edited, places } from "./fixtures.mjs";

const RECEIPT = "psion_pretrain_stage_receipt";
const CONFIG = "psion_pretrain_stage_config";

test("the canonical documents are consistent", () => {
  const report = checkDocuments(canonical, { strict: true });
  assert.deepEqual(places(report), []);
  assert.equal(report.verdict, "consistent");
  assert.deepEqual(report.skipped, []);
  assert.ok(
    report.documents.length > Object.keys(canonical).length,
    "the receipt inside the program counts, too",
  );
});

/** The canonical documents without the program, whose receipt would be another one of the same identity. */
const { psion_training_stage_program: _, ...apart } = canonical;

test("a finding names both sides", () => {
  const texts = {
    ...apart,
    [RECEIPT]: edited(RECEIPT, (receipt) => (receipt.objective_config.label_smoothing_bps = 0)),
  };
  const [finding, ...others] = checkDocuments(texts).findings;
  assert.deepEqual(others, []);
  assert.equal(finding.rule, "objective-config-mismatch");
  assert.equal(finding.severity, "error");
  assert.deepEqual([finding.expected, finding.actual], [40, 0]);
  const pointer = "/objective_config/label_smoothing_bps";
  assert.deepEqual([finding.document, finding.pointer], [RECEIPT, pointer]);
  const [line, column] = [15, 28]; // as in the file
  const snippet = { text: '    "label_smoothing_bps": 40,', column: 1 };
  assert.deepEqual(finding.related, [{ document: CONFIG, pointer, line, column, snippet, value: 40 }]);
});

test("an input is judged where a judged document refers to it", () => {
  const { [RECEIPT]: receipt, ...inputs } = canonical;
  assert.equal(checkDocuments({ [RECEIPT]: receipt }, { inputs }).verdict, "consistent");
  inputs.psion_sampling_policy = edited(
    "psion_sampling_policy",
    (policy) => (policy.packing_policy_version = "0"),
  );
  inputs.unreached = edited(
    CONFIG,
    (config) => delete Object.assign(config, { run_id: "another" }).objective_config,
  );
  const report = checkDocuments({ [RECEIPT]: receipt }, { inputs });
  assert.deepEqual(places(report), ["policy-input-mismatch psion_sampling_policy#/packing_policy_version"]);
});

test("a missing document is an error, and the rules that need it are skipped", () => {
  const report = checkDocuments({ [RECEIPT]: canonical[RECEIPT] });
  assert.deepEqual(places(report), [`unresolved-reference ${RECEIPT}#/run_id`]);
  assert.ok(report.skipped.some(({ rule }) => rule === "config-mismatch"));
});

test("warnings decide in strict mode only", () => {
  const warned = edited(RECEIPT, (receipt) => {
    const base = structuredClone(receipt.checkpoint_lineage.promoted_checkpoint);
    receipt.checkpoint_lineage.promoted_checkpoint.durable_at_ms = 0;
    assert.ok(base);
  });
  const texts = { ...apart, [RECEIPT]: warned };
  assert.equal(checkDocuments(texts).verdict, "consistent");
  assert.equal(checkDocuments(texts, { strict: true }).verdict, "inconsistent");
});

test("nothing to check is not consistent", () => {
  assert.equal(checkDocuments({}).verdict, "inconsistent");
  assert.equal(checkDocuments({}, { inputs: canonical }).verdict, "inconsistent");
});

test("texts are an object, a Map or pairs, and anything else throws", () => {
  const pairs = Object.entries(canonical);
  for (const texts of [
    new Map(pairs),
    pairs,
    new Map(pairs).entries(),
    Object.assign(Object.create(null), canonical),
  ]) {
    const report = checkDocuments(texts, { strict: true });
    assert.equal(report.verdict, "consistent");
    assert.equal(report.documents.length, checkDocuments(canonical).documents.length);
  }
  const { [RECEIPT]: receipt, ...inputs } = canonical;
  const options = { inputs: new Map(Object.entries(inputs)) };
  assert.equal(checkDocuments([[RECEIPT, receipt]], options).verdict, "consistent");
  for (const wrong of [
    undefined,
    null,
    "",
    "text",
    5,
    Promise.resolve(canonical),
    new Date(),
    [receipt],
    [[1, receipt]],
  ]) {
    assert.throws(() => checkDocuments(wrong), { name: "TypeError", message: /^expected .+, not / });
  }
});

/** Wrong arguments, by the message about them. */
const WRONG_ARGUMENTS = {
  'unknown option "input"; did you mean inputs?': [{}, { input: {} }],
  'unknown option "Strict"; did you mean strict?': [{}, { Strict: true }],
  'unknown option "config.json"; to pass the documents that others refer to, write { inputs: … }': [
    {},
    { "config.json": canonical[CONFIG] },
  ],
  'unknown option "verbose"; known are inputs, strict, limits': [{}, { verbose: true }],
  "options must be a plain object with any of { inputs, strict, limits }, not Map": [{}, new Map()],
  "options must be a plain object with any of { inputs, strict, limits }, not Null": [{}, null],
  "options must be a plain object with any of { inputs, strict, limits }, not the boolean true": [{}, true],
  'the option strict must be a boolean, not the string "true"': [{}, { strict: "true" }],
  "the option strict must be a boolean, not the number 1": [{}, { strict: 1 }],
  "the option strict must be a boolean, not Null": [{}, { strict: null }],
  'unknown limit "max_bytes"; did you mean maxBytes?': [{}, { limits: { max_bytes: 10 } }],
  "limits must be a plain object with any of { maxBytes, maxMembers, maxDepth, maxLines }, not the number 5":
    [{}, { limits: 5 }],
  "expected texts by name (a plain object, a Map or pairs) as inputs, not Null": [{}, { inputs: null }],
  "expected texts by name (a plain object, a Map or pairs) as inputs, not Promise": [
    {},
    { inputs: Promise.resolve({}) },
  ],
  "expected a string as the name of a text in documents, not the number 1": [new Map([[1, "{}"]])],
  'expected bytes (Uint8Array or ArrayBuffer) or a string as documents["b"], not Promise; await it first': [
    { a: "{}", b: Promise.resolve("{}") },
  ],
  'expected bytes (Uint8Array or ArrayBuffer) or a string as inputs["c"], not Object': [
    {},
    { inputs: { c: {} } },
  ],
};

for (const [message, wrong] of Object.entries(WRONG_ARGUMENTS)) {
  test(`a wrong argument throws: ${message}`, () => {
    assert.throws(() => checkDocuments(...wrong), { name: "TypeError", message });
  });
}

test("an option that is undefined is the default", () => {
  const options = { inputs: undefined, strict: undefined, limits: undefined };
  assert.equal(checkDocuments(canonical, options).verdict, "consistent");
});

test("a report can be put to JSON, with all integers exact", () => {
  const receipt = canonical[RECEIPT].toString().replace("6180339887498", String(2n ** 64n - 1n));
  const report = checkDocuments({ ...canonical, [RECEIPT]: receipt });
  const json = JSON.parse(JSON.stringify(report));
  assert.deepEqual(
    [json.schema_version, json.verdict, json.ok, json.strict, json.errors, json.warnings],
    ["psion.check_report.v1", "inconsistent", false, false, report.findings.length - 1, 1],
  );
  const finding = json.findings.find(({ rule }) => rule === "replay-contract-mismatch");
  assert.deepEqual([finding.expected, finding.actual], [6180339887498, "18446744073709551615"]);
  assert.equal(finding.related[0].value, 6180339887498);
  assert.deepEqual(JSON.parse(JSON.stringify(report.findings)), json.findings);
  assert.equal(structuredClone(report).verdict, "inconsistent");
});

test("findings have lines and columns, in characters", () => {
  const version = '"schema_version": "psion.sampling_policy.v1"';
  const at = (text) =>
    checkDocuments({ text }).findings.map(({ pointer, line, column }) => [pointer, line, column]);
  const found = (text) => Object.fromEntries(at(text).map(([pointer, ...place]) => [pointer, place]));
  const text = `\n{${version},\n "😀": [{"\\u0061": 1}, {}],\r\n\t"policy_id": 5, "policy_id": 1.5}`;
  const places = found(text);
  assert.deepEqual(places["/😀"], [3, 7]);
  assert.deepEqual(
    places["/policy_id"],
    [4, 31],
    "a fraction is where it is written, not where the member is",
  );
  const [repeated] = checkDocuments({ text }).findings.filter(({ rule }) => rule === "duplicate-member");
  const [first] = repeated.related;
  assert.deepEqual([repeated.line, repeated.column, first.line, first.column], [4, 18, 4, 2]);
  assert.deepEqual(at('["😀", 1 2]'), [["", 1, 9]]);
  assert.deepEqual(at(Buffer.from([0x22, 0xc3, 0xa9, 0x0a, 0x22, 0xc3, 0x28])), [["", 2, 2]]);
  assert.deepEqual(at("{}"), [["", 1, 1]]);
});

test("a report in JSON matches its schema", async () => {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const schema = new URL("../../../schemas/psion.check_report.v1.schema.json", import.meta.url);
  const validate = new Ajv2020().compile(JSON.parse(readFileSync(schema, "utf8")));
  const texts = [
    canonical,
    { a: "[1.0", b: '{"schema_version": "other"}', c: '{"a": 1, "a": 1}' },
    {
      ...canonical,
      [CONFIG]: edited(CONFIG, (config) => (config.objective_config.max_context_tokens = 1e30)),
    },
    { [RECEIPT]: edited(RECEIPT, (receipt) => (receipt.replay_receipt = { a: [1.5], stage_id: null })) },
    { [RECEIPT]: canonical[RECEIPT].toString().replace("6180339887498", "1e999") },
  ];
  for (const each of texts) {
    const report = JSON.parse(JSON.stringify(checkDocuments(each)));
    assert.ok(validate(report), JSON.stringify(validate.errors));
  }
});

test("references are resolved in linear time", () => {
  const name = "tidewater-pilot-01";
  const texts = [];
  for (let number = 0; number < 2000; number++) {
    texts.push([`config ${number}`, canonical[CONFIG].toString().replaceAll(name, `run-${number}`)]);
    texts.push([`receipt ${number}`, canonical[RECEIPT].toString().replaceAll(name, `gone-${number}`)]);
  }
  const started = performance.now();
  const { findings } = checkDocuments(texts);
  assert.ok(performance.now() - started < 20_000);
  const [first] = findings.filter(
    ({ rule, document }) => rule === "unresolved-reference" && /receipt/.test(document),
  );
  assert.match(first.message, /^no pretrain-stage config with run_id "gone-0" .+ and 1996 more$/);
  assert.equal(first.related.length, 10, "candidates are listed up to a limit");
});

test("a Map keeps the order of names that are numbers", () => {
  const texts = new Map([
    ["10", "[]"],
    ["9", "[]"],
  ]);
  const named = checkDocuments(texts).findings.map(({ document }) => document);
  assert.deepEqual(named, ["10", "9"]);
});

test("a name that occurs twice throws: findings could not be told apart", () => {
  const twice = [
    ["a", "[]"],
    ["a", "{}"],
  ];
  const message = 'the name "a" occurs twice in documents';
  assert.throws(() => checkDocuments(twice), { name: "TypeError", message });
});

test("an input without a document is listed", () => {
  const inputs = { a: "[]", b: '{"schema_version": "other"}', ...canonical };
  const { leftAlone } = checkDocuments(canonical, { inputs });
  assert.deepEqual(leftAlone, [
    { name: "a", reason: "other-kind", kind: null, judged: false },
    { name: "b", reason: "other-kind", kind: "other", judged: false },
  ]);
  const { left_alone: listed } = JSON.parse(JSON.stringify(checkDocuments(canonical, { inputs })));
  assert.deepEqual(listed[1], { name: "b", reason: "other-kind", kind: "other", judged: false });
});

test("of the version of an ignored input, 200 characters are kept, and none of them by half", () => {
  const version = "\u{1f600}".repeat(201);
  const { leftAlone } = checkDocuments({}, { inputs: { a: JSON.stringify({ schema_version: version }) } });
  assert.equal(leftAlone[0].kind, "\u{1f600}".repeat(200));
});

test("characters count, not their halves, where a name may mean schema_version", () => {
  const name = `schema_version${"\u{e0041}".repeat(14)}`;
  const meant = (name) =>
    places(checkDocuments({ a: JSON.stringify({ [name]: "psion.sampling_policy.v1" }) }));
  assert.deepEqual(meant(name), [`unknown-kind a#/${name}`]);
  assert.deepEqual(meant(`${name}\u{e0041}`), ["unknown-kind a#"]);
});

test("a member that is repeated several times has one finding, at the second", () => {
  const document = '"schema_version": "psion.sampling_policy.v1"';
  const odd = `{${document}, "a": 1, "a": {${document}}, "a": 2}`;
  for (const { findings } of [checkDocuments({ odd }), checkDocuments({}, { inputs: { odd } })]) {
    const columns = findings.filter(({ rule }) => rule === "duplicate-member").map(({ column }) => column);
    assert.deepEqual(columns, [odd.indexOf('"a": {') + 1]);
  }
});

test("U+FEFF is no blank", () => {
  const { schema_version, ...members } = JSON.parse(canonical.psion_sampling_policy);
  const meant = (version) =>
    places(checkDocuments({ a: JSON.stringify({ schema_version: version, ...members }) }));
  assert.deepEqual(meant("\ufeff"), ["unknown-kind a#/schema_version"]);
  assert.deepEqual(meant(" \u001c\u0085"), ["unknown-kind a#"]);
});

test("a document of unknown kind is reported at its version", () => {
  const texts = { "a.json": '{"schema_version": "psion.sampling_policy.v2"}', "b.json": "[]" };
  assert.deepEqual(places(checkDocuments(texts)), [
    "unknown-kind a.json#/schema_version",
    "unknown-kind b.json#",
  ]);
});

test("documents are found inside larger ones, with escaped pointers", () => {
  const policy = edited("psion_sampling_policy", (value) => (value.policy_id = ""));
  const report = checkDocuments({ whole: `{"a/b": {"m~n": [${policy}]}, "beside": 1.5}` });
  assert.deepEqual(places(report), ["schema-violation whole#/a~1b/m~0n/0/policy_id"]);
});

test("schema violations are reported where the contract says", () => {
  const texts = {
    receipt: edited(RECEIPT, (receipt) => {
      delete receipt.run_id;
      receipt["a/b"] = 1;
      receipt.stage_id = "a|b";
      receipt.source_family_reports[0].source_ids = ["x", "x"];
      receipt.accelerator_execution = { accelerator_backed: true };
    }),
  };
  const all = places(checkDocuments(texts)).filter((place) => place.startsWith("schema"));
  assert.deepEqual(
    [...new Set(all)],
    [
      "schema-violation receipt#",
      "schema-violation receipt#/accelerator_execution",
      "schema-violation receipt#/a~1b",
      "schema-violation receipt#/source_family_reports/0/source_ids",
      "schema-violation receipt#/stage_id",
    ],
  );
});

test("very long lists are checked in seconds", () => {
  const bound = edited("psion_tokenized_corpus_manifest", (corpus) => {
    corpus.source_family_bindings[0].source_ids = Array.from({ length: 100_000 }, (_, index) => `${index}`);
  });
  const broken = edited(RECEIPT, (receipt) => (receipt.source_family_reports = Array(300_000).fill(1)));
  const started = performance.now();
  for (const [rule, text] of [
    ["source-binding-mismatch", bound],
    ["schema-violation", broken],
  ]) {
    const rules = checkDocuments({ text }).findings.map((finding) => finding.rule);
    assert.ok(rules.includes(rule));
    assert.ok(rules.includes("unlisted-findings"), "the list of findings is limited");
  }
  assert.ok(performance.now() - started < 60_000);
});
