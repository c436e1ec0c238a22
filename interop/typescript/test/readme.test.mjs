import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { canonical } from "./fixtures.mjs";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const examples = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code);

/** The responses to the URLs in the examples. */
const served = {
  "/receipts/latest.json": canonical.psion_pretrain_stage_receipt,
  "/config.json": canonical.psion_pretrain_stage_config,
  "/model.json": canonical.psion_compact_decoder_descriptor,
  "/corpus.json": canonical.psion_tokenized_corpus_manifest,
  "/policy.json": canonical.psion_sampling_policy,
  "/receipts/all.jsonl.gz": gzipSync(
    `${JSON.stringify(JSON.parse(canonical.psion_pretrain_stage_receipt))}\n`.repeat(2),
  ),
};

test("the examples of the README run", async (context) => {
  const said = [];
  context.mock.method(globalThis, "fetch", async (path) => new Response(served[path]));
  context.mock.method(console, "log", (...words) => said.push(words.join(" ")));
  // Inside the package, so that it can be imported by its name.
  const folder = mkdtempSync(fileURLToPath(new URL("readme-", import.meta.url)));
  try {
    for (const [index, code] of examples.entries()) {
      writeFileSync(`${folder}/${index}.mjs`, code);
      await import(`${folder}/${index}.mjs`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.equal(said[0], "tidewater-pilot-01 train engineering_prose 3.412");
  assert.ok(said.includes("consistent"));
  assert.ok(said.includes("consistent config.json"));
  assert.ok(said.includes("runs/receipts/latest.json 0"));
  assert.ok(said.includes("all.jsonl.gz:2 consistent"));
  assert.ok(said.some((line) => /^consistent engineering_prose \d+$/.test(line)));
  assert.ok(said.some((line) => /^error \S/.test(line)));
  assert.match(said.at(-1), /^[0-9a-f]{64}$/);
});
