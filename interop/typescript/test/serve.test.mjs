import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { answer } from "../dist/answer.js";

const started = () => spawn(process.execPath, [fileURLToPath(new URL("../dist/serve.js", import.meta.url))]);

/** The answers to some lines of input. */
async function served(...lines) {
  const child = started();
  let said = "";
  child.stdout.on("data", (chunk) => (said += chunk));
  child.stdin.end(lines.join("\n"));
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  return said
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

const base64 = (text) => Buffer.from(text).toString("base64");

test("requests are answered in order, even where one of them is invalid", async () => {
  const documents = [{ name: "é\u2028", base64: base64("[1.0") }];
  const answers = await served(
    JSON.stringify({ id: 1, op: "check", documents, inputs: [], strict: false }),
    "no request",
    JSON.stringify({ id: "two", op: "other" }),
    "",
    JSON.stringify({ id: 3, op: "digest", digest: "D10", base64: "" }),
    JSON.stringify({ id: 4, op: "digest", digest: "content", base64: base64('{"b":1,"a":null}') }),
    JSON.stringify({ id: 5, op: "check", documents, inputs: [], strict: false, limits: { max_bytes: 3 } }),
  );
  const sha256 = "d8497aa8f99c5b8d83ca41e5d2e9f5fc2adc2ed0bf29ac3d4b6ba0d2ad7b9c0b";
  assert.deepEqual(
    answers.map(({ id }) => id),
    [1, null, "two", 3, 4, 5],
  );
  assert.deepEqual(
    answers[0].findings.map(({ rule, pointer }) => rule + pointer),
    ["non-integer-number/0", "invalid-json"],
  );
  assert.equal(answers[0].findings[0].document, "é\u2028");
  assert.ok([1, 2, 3].every((place) => "error" in answers[place]));
  assert.equal(answers[4].preimage, '{"b":1}');
  assert.equal(answers[4].sha256.length, sha256.length);
  assert.deepEqual(
    answers[5].findings.map(({ rule }) => rule),
    ["limit-exceeded"],
  );
});

/** Invalid requests, by the error in the answer. */
const REFUSED = {
  "the request is not JSON": "{",
  'the request has no "op"': "null",
  'unknown op "constructor"': '{"op": "constructor"}',
  'the request has no "documents"': '{"op": "check"}',
  '"documents" of the request must be of type array, not string': '{"op": "check", "documents": ""}',
  'documents[0] has no "name"': '{"op": "check", "documents": [null]}',
  'documents[0] has no "base64"': '{"op": "check", "documents": [{"name": "a"}]}',
  '"base64" of inputs[0] is not Base64':
    '{"op": "check", "documents": [], "inputs": [{"name": "a", "base64": "*"}]}',
  "limits.maxBytes must be a non-negative integer, not the number -1":
    '{"op": "check", "documents": [{"name": "a", "base64": ""}], "limits": {"max_bytes": -1}}',
  'unknown digest "constructor"': '{"op": "digest", "digest": "constructor", "base64": ""}',
  "the text is not valid input for D5": `{"op": "digest", "digest": "D5", "base64": "${base64("{}")}"}`,
};

for (const [error, line] of Object.entries(REFUSED)) {
  test(`an invalid request gets an error: ${error}`, () => {
    assert.deepEqual(JSON.parse(answer(line)), { id: null, error });
    if (line.startsWith('{"')) {
      assert.deepEqual(JSON.parse(answer(line.replace("{", '{"id": 7, '))), { id: 7, error });
    }
  });
}

test("an invalid id is not repeated", () => {
  const endless = "[".repeat(100_000) + "]".repeat(100_000);
  assert.equal(JSON.parse(answer(`{"id": ${endless}, "op": "check"}`)).id, null);
});

test("it ends silently when nobody reads the answers", async () => {
  const child = started();
  let complaint = "";
  child.stderr.on("data", (chunk) => (complaint += chunk));
  child.stdin.on("error", () => {}); // the process ends before it has read everything
  child.stdout.destroy();
  child.stdin.end("no request\n".repeat(10_000));
  const [code] = await once(child, "close");
  assert.deepEqual([code, complaint], [0, ""]);
});
