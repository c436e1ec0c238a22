// The schema files of the contract, and what the other scripts need to know about them.

import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../../../schemas/", import.meta.url);

/** Files of the Python command and of this repository, which no document has. */
const OTHERS = /^psion\.(rules|check_baseline|check_configuration|corpus_sidecar|policy_sidecar)\./;

/** The schemas of documents and of the report by their names, such as `psion.sampling_policy.v1`. */
export const schemas = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".schema.json") && !OTHERS.test(file))
    .sort()
    .map((file) => [
      file.replace(".schema.json", ""),
      JSON.parse(readFileSync(new URL(file, folder), "utf8")),
    ]),
);

/** The schema of the JSON report of `psion-contract check`. */
export const REPORT = "psion.check_report.v1";

/** The role of each kind of document, by the name of its schema. */
export const roles = {
  "psion.pretrain_stage_config.v1": "config",
  "psion.pretrain_stage_receipt.v1": "receipt",
  "psion.compact_decoder_descriptor.v1": "descriptor",
  "psion.tokenized_corpus_manifest.v1": "corpus",
  "psion.sampling_policy.v1": "policy",
  "psion.training_stage_program.v1": "program",
};

for (const name of schemas.keys()) {
  if (name !== REPORT && !(name in roles)) throw new Error(`no role for ${name}`);
}

/** The definitions of the schemas with these names, which are each other's, and the schemas themselves by their titles. */
export function definitions(names) {
  const found = {};
  for (const name of names) {
    const { $schema, $id, $defs, ...root } = schemas.get(name);
    for (const [definition, node] of Object.entries({ ...$defs, [typeName(root)]: root })) {
      const { title, ...rest } = node;
      if (found[definition] && JSON.stringify(found[definition]) !== JSON.stringify(rest)) {
        throw new Error(`two definitions have the name ${definition}`);
      }
      found[definition] = rest;
    }
  }
  return found;
}

/** The name of the type of a schema, which its title makes: `Sampling policy` becomes `SamplingPolicy`. */
export function typeName({ title }) {
  return title.replace(/(?:^| )(.)/g, (_, letter) => letter.toUpperCase());
}

/** The name of the definition that a `$ref` leads to. */
export function definitionName(reference) {
  return reference.replace("#/$defs/", "");
}

/** The definition that a `$ref` in a schema leads to. */
export function followed(reference, schema) {
  const node = schema.$defs[definitionName(reference)];
  if (!node) throw new Error(`${reference} has no target`);
  return node;
}

/** Whether a node is an integer that may be too large for a double. */
export function isWide(node) {
  return node.type === "integer" && node.maximum > Number.MAX_SAFE_INTEGER;
}
