// Validates documents against the contract's schemas with ajv. ../README.md describes its input and output.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";

const BASE = "https://psion-contract.example/schemas/";
const U64_MAX = 2n ** 64n - 1n;
const STRING_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * The validators of a folder of schemas, by `$id`. Without `loadSchema`, ajv fetches nothing: a reference to a
 * schema outside the folder fails here.
 */
function validators(folder) {
  const ajv = new Ajv2020({ strict: true, allErrors: true });
  const ids = readdirSync(folder)
    .filter((name) => name.endsWith(".schema.json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")))
    .map((schema) => ajv.addSchema(schema) && schema.$id);
  return new Map(ids.map((id) => [id, ajv.getSchema(id)]));
}

/**
 * Parses a document without changing its verdict. JSON.parse rounds the largest u64 to 2^64, in documents as in
 * the `maximum` of the schemas. So the largest u64 remains valid, and every larger integer is replaced by 2^65,
 * which is not. Rounding changes no other verdict, because all other limits of the schemas are exact doubles.
 */
function parse(text) {
  return JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) =>
      /^\d{20,}$/.test(token) && BigInt(token) > U64_MAX ? "36893488147419103232" : token,
    ),
  );
}

async function* lines(stream) {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const complete = (rest + chunk).split("\n");
    rest = complete.pop();
    yield* complete;
  }
  if (rest) yield rest;
}

const byId = validators(process.argv[2]);
for await (const line of lines(process.stdin)) {
  const { id, schema, document } = JSON.parse(line);
  const valid = byId.get(`${BASE}${schema}.schema.json`)(parse(document));
  process.stdout.write(`${JSON.stringify({ id, valid })}\n`);
}
