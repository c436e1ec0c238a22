// The generated types: they accept every document that is valid, and reject documents that are not.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkDocuments, parseDocument } from "../dist/index.js";
import { canonical } from "./fixtures.mjs";

/** Edits that make a document invalid, by the role of the document. */
const WRONG = {
  config: [
    (config) => (config.note = "an unknown member"),
    (config) => (config.objective_config.note = "an unknown member"),
    (config) => (config.run_id = 1),
    (config) => (config.stage_kind = "rl"),
    (config) => delete config.run_id,
    (config) => (config.objective_config.max_context_tokens = "1"),
    (config) => (config.objective_config.max_context_tokens = 1),
  ],
  descriptor: [(descriptor) => (descriptor.model = null)],
  corpus: [(corpus) => (corpus.packing_policy.packing_mode = "another")],
  receipt: [
    (receipt) => (receipt.replay_receipt.successful_replays = 1n),
    (receipt) => partitioned(receipt, { kind: "replica" }),
    (receipt) => partitioned(receipt, { kind: "whole_model", replica_index: 1 }),
    (receipt) => partitioned(receipt, { kind: "another" }),
  ],
};

function partitioned(receipt, partition) {
  receipt.delivered_execution.execution_topology.assignments[0].partition = partition;
}

/** The documents of the canonical texts, typed, by role. */
function documents() {
  const found = {};
  for (const { document: name, pointer, role } of checkDocuments(canonical).documents) {
    if (pointer) continue;
    const parsed = parseDocument(role, canonical[name]);
    assert.ok(parsed.ok);
    (found[role] ??= []).push(parsed.document);
  }
  return found;
}

/** A value as TypeScript code. */
function literal(value) {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${literal(member)}`,
  );
  return `{ ${members.join(", ")} }`;
}

test("the types accept valid documents and reject others", () => {
  const lines = [`import type { Documents } from "psion-contract";`];
  const found = documents();
  assert.deepEqual(Object.keys(found).sort(), [
    "config",
    "corpus",
    "descriptor",
    "policy",
    "program",
    "receipt",
  ]);
  for (const [role, valid] of Object.entries(found)) {
    for (const document of valid) lines.push(`(${literal(document)}) satisfies Documents["${role}"];`);
    for (const edit of WRONG[role] ?? []) {
      const document = structuredClone(valid.find(({ delivered_execution: run }) => run) ?? valid[0]);
      edit(document);
      lines.push("// @ts-expect-error", `(${literal(document)}) satisfies Documents["${role}"];`);
    }
  }
  // Inside the package, so that it can be imported by its name.
  const folder = mkdtempSync(fileURLToPath(new URL("types-", import.meta.url)));
  try {
    writeFileSync(`${folder}/check.ts`, lines.join("\n"));
    const config = { extends: "../tsconfig.json", compilerOptions: { rootDir: "." }, include: ["check.ts"] };
    writeFileSync(`${folder}/tsconfig.json`, JSON.stringify(config));
    const compiler = fileURLToPath(new URL("../node_modules/.bin/tsc", import.meta.url));
    const { status, stdout, error } = spawnSync(compiler, {
      cwd: folder,
      encoding: "utf8",
      shell: process.platform === "win32",
    });
    assert.equal(status, 0, `${stdout}${error ?? ""}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
