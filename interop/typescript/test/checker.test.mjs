// A checker with kept inputs.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { Checker, checkDocuments, digests } from "../dist/index.js";
import { parse } from "../dist/parser.js";
import { parsePlain } from "../dist/plain.js";
import { canonical, edited } from "./fixtures.mjs";

const RECEIPT = "psion_pretrain_stage_receipt";
const CONFIG = "psion_pretrain_stage_config";
const { [RECEIPT]: receipt, psion_training_stage_program: program, ...inputs } = canonical;

/** Sets of documents, one after the other, that a kept checker judges as a new one does. */
const SETS = {
  sound: { receipt },
  again: { receipt },
  broken: { receipt: edited(RECEIPT, (value) => (value.run_id = 1)) },
  "another config": {
    receipt,
    config: edited(CONFIG, (value) => (value.objective_config.label_smoothing_bps = 1)),
  },
  "no document": { receipt: "[]" },
  "a program": { program },
  "not JSON": { receipt: "{", other: receipt },
  "of the same digest": { receipt, other: edited(RECEIPT, (value) => (value.objective_config = null)) },
  "no config": { receipt: edited(RECEIPT, (value) => (value.stage_id = "another")) },
  "sound at the end": { receipt },
};

test("a kept checker reports what a new one does", () => {
  const broken = edited("psion_sampling_policy", (policy) => (policy.packing_policy_version = "0"));
  for (const kept of [
    inputs,
    { ...inputs, psion_sampling_policy: broken },
    {},
    { ...inputs, x: "{", y: "[]" },
  ]) {
    const checker = new Checker(kept, { strict: true });
    for (const [name, documents] of Object.entries(SETS)) {
      const expected = checkDocuments(documents, { inputs: kept, strict: true });
      assert.deepEqual(checker.check(documents), expected, name);
    }
  }
  assert.equal(new Checker(inputs).check(SETS.sound).verdict, "consistent");
  assert.equal(new Checker(inputs).check(SETS.broken).verdict, "inconsistent");
});

test("a checker does not keep what it judged", () => {
  const checker = new Checker(inputs);
  const config = edited(CONFIG, (value) => (value.run_id = "another"));
  const lost = edited(RECEIPT, (value) => (value.run_id = "another"));
  assert.ok(!checker.check({ lost, config }).findings.some(({ rule }) => rule === "unresolved-reference"));
  assert.ok(checker.check({ lost }).findings.some(({ rule }) => rule === "config-mismatch"));
});

test("the value of a document and what it refers to are in the report, and not in JSON", () => {
  const documents = { receipt: edited(RECEIPT, (value) => (value.summary = 5)), program };
  const report = new Checker(inputs).check(documents);
  const [first] = report.documents;
  assert.deepEqual(first.broken, ["/summary"]);
  assert.equal(first.value.summary, 5);
  assert.equal(first.value.replay_receipt.deterministic_shuffle_seed, 6_180_339_887_498n);
  assert.deepEqual(first.references, [
    { role: "config", pointer: "/run_id", target: { document: CONFIG, pointer: "", judged: false } },
  ]);
  const config = report.documents.find(({ document }) => document === CONFIG);
  assert.deepEqual(
    config.references.map(({ role, target }) => [role, target.document]),
    [
      ["descriptor", "psion_compact_decoder_descriptor"],
      ["corpus", "psion_tokenized_corpus_manifest"],
      ["policy", "psion_sampling_policy"],
    ],
  );
  const inside = report.documents.find(({ pointer }) => pointer.endsWith("/pretrain_runs/0"));
  assert.equal(inside.references[0].pointer, `${inside.pointer}/run_id`);
  const lost = new Checker().check({ receipt }).documents[0];
  assert.deepEqual(lost.references, [{ role: "config", pointer: "/run_id", target: null }]);
  assert.deepEqual(Object.keys(report.toJSON().documents[0]), [
    "name",
    "pointer",
    "kind",
    "identity",
    "judged",
  ]);
});

test("a finding has the line, or what of a long one is around the place", () => {
  const policy = (before, after) => `${before}{"schema_version": "psion.sampling_policy.v1"}${after}`;
  const at = (text) => {
    const { line, column, snippet } = checkDocuments({ text }).findings[0];
    return { line, column, snippet };
  };
  const object = policy("", "");
  assert.deepEqual(at(`\r\n  ${object}\r\n`), {
    line: 2,
    column: 3,
    snippet: { text: `  ${object}`, column: 1 },
  });
  const short = "\u{1f600}".repeat(160 - 8 - object.length);
  assert.deepEqual(at(`["${short}",  ${object}]`).snippet, { text: `["${short}",  ${object}]`, column: 1 });
  const long = "\u{1f600}".repeat(200);
  const { column, snippet } = at(`["${long}", ${object}, "${long}"]`);
  assert.equal(column, 206);
  assert.equal(snippet.column, 146);
  assert.equal([...snippet.text].length, 160);
  assert.equal([...snippet.text].slice(60).join("").slice(0, object.length), object);
  assert.deepEqual(at(`${object}${" ".repeat(200)}`).snippet, {
    text: `${object}${" ".repeat(160 - object.length)}`,
    column: 1,
  });
});

test("the fast way to read returns what the strict parser does, or nothing", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b"',
    '"a"',
    " ",
    "\n",
    "1",
    "-",
    "0",
    "12",
    ".",
    "e",
    "9".repeat(15),
  ];
  const others = [
    "9".repeat(16),
    "true",
    "null",
    '"\\"',
    '"\\u0061"',
    '"\\ud83d\\ude00"',
    '"__proto__"',
    '"é"',
    '"x\\\\"',
  ];
  const bodies = ['{"a":1,"b":[2,{"a":3}]}', '{"a":{"a":1},"b":-5}', '[{"a":0}]'];
  let [found, random] = [0, 1];
  const next = (count) => (random = (random * 48271) % 2147483647) % count;
  for (let number = 0; number < 30_000; number++) {
    let text = bodies[next(bodies.length)];
    for (let edits = next(3); edits > 0; edits--) {
      const at = next(text.length);
      const list = next(2) ? pieces : others;
      text = text.slice(0, at) + list[next(list.length)] + text.slice(at + next(3));
    }
    const plain = parsePlain(text, Buffer.from(text), 128, 1024);
    if (plain === undefined) continue;
    found++;
    const strict = parse(text, 128);
    assert.deepEqual(strict.problems, [], text);
    assert.equal(JSON.stringify(plain.value), JSON.stringify(strict.value), text);
  }
  assert.ok(found > 5000, `${found}`);
  assert.equal(parsePlain("[[[]]]", Buffer.from("[[[]]]"), 2, 1024), undefined);
  const named = `{"${"n".repeat(600)}": {"${"n".repeat(600)}": 1}}`;
  assert.equal(parsePlain(named, Buffer.from(named), 128, 1024), undefined);
});

test("a character that the fast way to read takes for ordinary is not confusable", () => {
  const ordinary = [];
  for (let code = 0x80; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code < 0xe000) continue;
    const text = JSON.stringify(String.fromCodePoint(code));
    if (parsePlain(text, Buffer.from(text), 128, 1024).isOrdinary) ordinary.push(String.fromCodePoint(code));
  }
  assert.ok(ordinary.length > 20_000);
  assert.ok(ordinary.includes("—") && !ordinary.includes("\u00ad"));
  const policies = [];
  for (let start = 0; start < ordinary.length; start += 900) {
    const id = ordinary.slice(start, start + 900).join("");
    const policy = edited("psion_sampling_policy", (value) => (value.policy_id = id));
    policies.push([`${start}`, policy.replace('"policy_id"', '"polic\\u0079_id"')]); // so that nothing is skipped
  }
  const { findings } = checkDocuments(policies);
  assert.deepEqual(
    findings.filter(({ rule }) => rule === "confusable-identifier"),
    [],
  );
});

test("digests are SHA-256", () => {
  for (let length = 0; length < 300; length++) {
    const text = randomBytes(length).toString("latin1");
    assert.equal(digests.digest(text), createHash("sha256").update(text).digest("hex"));
  }
  const long = "京都\u{1f600}".repeat(100_000);
  assert.equal(digests.digest(long), createHash("sha256").update(long).digest("hex"));
});
