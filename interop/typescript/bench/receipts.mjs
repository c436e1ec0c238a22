// How long one receipt takes with kept inputs, beside the least that any check takes: JSON.parse and the validator
// that ajv generates from the published schema, on the same bytes.
//
//     node bench/receipts.mjs [--require 3]
//
// Prints microseconds for each receipt, medians of many short turns. With --require, the exit code is 1 if the ratio is
// higher.

import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Checker, digests, parseReceipt } from "../dist/index.js";
import { medians } from "./turns.js";

const require = createRequire(import.meta.url);
const { Ajv2020 } = require("ajv/dist/2020");
const standalone = require("ajv/dist/standalone").default;

const ROOT = new URL("../../../", import.meta.url);
const TEXTS = 50;

/** Canonical documents, by file name. */
export function canonical() {
  const folder = new URL("fixtures/psion/", ROOT);
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".json"));
  return Object.fromEntries(names.map((name) => [name, readFileSync(new URL(name, folder))]));
}

/** Different valid receipts of one config: their losses differ, and so do their digests. */
export function receipts(text, count) {
  return Array.from({ length: count }, (_, number) => {
    const value = JSON.parse(text);
    for (const row of value.source_family_reports) row.mean_next_token_loss_milli += number;
    value.receipt_digest = digests.digest(digests.receiptPreimage(value));
    return new TextEncoder().encode(JSON.stringify(value, null, 2));
  });
}

/** The code of the validator of the published schema of receipts, as ajv generates it by default. */
export function validatorCode() {
  const schema = JSON.parse(
    readFileSync(new URL("schemas/psion.pretrain_stage_receipt.v1.schema.json", ROOT)),
  );
  const ajv = new Ajv2020({ code: { source: true } });
  return standalone(ajv, ajv.compile(schema));
}

function validator() {
  const file = fileURLToPath(new URL("validator.cjs", import.meta.url));
  writeFileSync(file, validatorCode());
  try {
    return require(file);
  } finally {
    rmSync(file);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { require: required } = parseArgs({ options: { require: { type: "string" } } }).values;
  const documents = canonical();
  const texts = receipts(documents["pretrain/psion_pretrain_stage_receipt_v1.json"], TEXTS);
  const inputs = Object.entries(documents).filter(([name]) => !/receipt|program/.test(name));
  const checker = new Checker(inputs, { strict: true });
  const isValid = validator();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const [ajv, parsed, checked] = medians(texts, [
    (text) => isValid(JSON.parse(decoder.decode(text))) || process.exit(2),
    (text) => parseReceipt(text).ok || process.exit(2),
    (text) => checker.check([["receipt.json", text]]).verdict === "consistent" || process.exit(2),
  ]);
  console.log(`${texts[0].length} bytes a receipt`);
  console.log(`JSON.parse and ajv   ${ajv.toFixed(1)} µs`);
  console.log(`parseReceipt         ${parsed.toFixed(1)} µs, ${(parsed / ajv).toFixed(2)} times that`);
  console.log(`Checker.check        ${checked.toFixed(1)} µs, ${(checked / ajv).toFixed(2)} times that`);
  if (required !== undefined && checked > Number(required) * ajv) process.exit(1);
}
