// The messages of findings, on all cases of the conformance pack.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { checkDocuments } from "../dist/index.js";

const pack = new URL("../../../fixtures/conformance/", import.meta.url);
const folder = new URL("cases/", pack);
const cases = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(new URL(file, folder))).cases);

/** The texts of a case, as pairs, because names may repeat. */
function textsOf(entries = []) {
  return entries.map(({ name, path, text, base64 }) => {
    if (path !== undefined) return [name, readFileSync(new URL(path, pack))];
    return [name, text ?? Buffer.from(base64, "base64")];
  });
}

function reportOf({ documents, inputs, strict = false, limits = {} }) {
  const { max_bytes: maxBytes, max_depth: maxDepth, max_members: maxMembers } = limits;
  const options = { inputs: textsOf(inputs), strict, limits: { maxBytes, maxDepth, maxMembers } };
  return checkDocuments(textsOf(documents), options);
}

test("every message is a sentence with a subject, without line breaks", () => {
  let count = 0;
  for (const each of cases) {
    for (const { message } of reportOf(each).findings) {
      count++;
      assert.doesNotMatch(
        message,
        /^(is|are|was|has|have|does|refers|reports|names|contains)\b|undefined|\n/,
        each.id,
      );
    }
  }
  assert.ok(count > 1000, "the pack has findings");
});

test("a message quotes what it is about, with invisible characters spelled", () => {
  const policy =
    '{"schema_version": "psion.sampling_policy.v1", "\u202epolicy_idd": "' + "x".repeat(200) + '"}';
  const messages = checkDocuments({ policy }).findings.map(({ message }) => message);
  assert.ok(
    messages.includes('unknown property "\\u202epolicy_idd"; did you mean "policy_id"?'),
    messages[0],
  );
});

test("a text that is something else than JSON is named", () => {
  const meant = {
    "\u001f\u008b\b\0": "gzip-compressed data; decompress it first",
    "\u00ff\u00fe{\0": "UTF-16 text; save it as UTF-8",
    "{\0}\0": "UTF-16 text without a byte order mark; save it as UTF-8 (",
    "": "the text is empty (",
    "<<<<<<< ours\n": "unresolved merge conflict, marked at line 1 (",
    '{"a": 1, // one': "JSON has no comments; remove it (",
    "{}\n{}": "another document follows; give each its own text (",
    '{"a": NaN}': "JSON has no NaN or Infinity; a receipt states only what was measured (",
    '{"a": [1': "the text ends inside the document; it is truncated (",
    "{'a': 1}": "this looks like Python or JavaScript; write JSON, for example with JSON.stringify (",
    "a: 1\nb: 2\n": "this looks like YAML; convert it to JSON (",
    "<html>": "this looks like HTML or XML (",
    "version https://git-lfs.github.com/spec/v1\n":
      "a Git LFS pointer, not the file itself; fetch it with `git lfs pull` (",
  };
  for (const [text, message] of Object.entries(meant)) {
    const [finding] = checkDocuments({ text: Buffer.from(text, "latin1") }).findings;
    assert.ok(finding.message.startsWith(message), `${JSON.stringify(text)}: ${finding.message}`);
    assert.equal(finding.rule, "invalid-json");
  }
});
