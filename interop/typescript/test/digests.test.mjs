import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { answer } from "../dist/answer.js";
import { digests } from "../dist/index.js";

const folder = new URL("../../../fixtures/digests/", import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith(".json"));

test("every digest vector", () => {
  let count = 0;
  for (const file of files) {
    for (const { id, digest, input, preimage, sha256 } of JSON.parse(
      readFileSync(new URL(file, folder), "utf8"),
    ).vectors) {
      const base64 = Buffer.from(input).toString("base64");
      assert.deepEqual(JSON.parse(answer(JSON.stringify({ id, op: "digest", digest, base64 }))), {
        id,
        preimage,
        sha256,
      });
      count++;
    }
  }
  assert.ok(count > 0);
});

test("names of enum values", () => {
  const names = {
    single_pass: "SinglePass",
    int8_symmetric: "Int8Symmetric",
    ggml_q4_0: "GgmlQ4_0",
    ggml_q5_k: "GgmlQ5K",
  };
  for (const [word, name] of Object.entries(names)) assert.equal(digests.enumName(word), name);
});

test("content is sorted by UTF-16 code units; null is omitted except in the open object", () => {
  const value = {
    "\uff5e": 1,
    "\u{10437}": 2n ** 64n,
    10: null,
    9: [null, { b: null, a: "\u007f\u2028\b" }],
  };
  const text = digests.contentPreimage({ cluster_execution: { 10: null, 9: { b: null } }, value });
  assert.equal(
    text,
    '{"cluster_execution":{"10":null,"9":{"b":null}},"value":{"9":[null,{"a":"\u007f\u2028\\b"}],' +
      '"\u{10437}":18446744073709551616,"\uff5e":1}}',
  );
});
