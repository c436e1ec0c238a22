import assert from "node:assert/strict";
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

test("a finding names both sides", () => {
  const texts = {
    ...canonical,
    [RECEIPT]: edited(RECEIPT, (receipt) => (receipt.objective_config.label_smoothing_bps = 0)),
  };
  const [finding, ...others] = checkDocuments(texts).findings;
  assert.deepEqual(others, []);
  assert.equal(finding.rule, "objective-config-mismatch");
  assert.equal(finding.severity, "error");
  assert.deepEqual([finding.expected, finding.actual], [40, 0]);
  const pointer = "/objective_config/label_smoothing_bps";
  assert.deepEqual([finding.document, finding.pointer], [RECEIPT, pointer]);
  assert.deepEqual(finding.related, [{ document: CONFIG, pointer }]);
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
  const texts = { ...canonical, [RECEIPT]: warned };
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
  assert.throws(() => checkDocuments(canonical, { inputs: Promise.resolve({}) }), TypeError);
});

test("a Map keeps the order of names that are numbers", () => {
  const texts = new Map([
    ["10", "[]"],
    ["9", "[]"],
  ]);
  const named = checkDocuments(texts).findings.map(({ document }) => document);
  assert.deepEqual(named, ["10", "9"]);
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
    assert.ok(rules.includes("limit-exceeded"), "the list of findings is limited");
  }
  assert.ok(performance.now() - started < 60_000);
});
