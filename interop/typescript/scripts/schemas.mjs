// The schema files of the contract, and what the other scripts need to know about them.

import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../../../schemas/", import.meta.url);

/** Every schema by its name, such as `psion.sampling_policy.v1`. */
export const schemas = new Map(
  readdirSync(folder)
    .filter(
      (file) => file.endsWith(".schema.json") && file.startsWith("psion.") && !file.startsWith("psion.rules"),
    )
    .sort()
    .map((file) => [
      file.replace(".schema.json", ""),
      JSON.parse(readFileSync(new URL(file, folder), "utf8")),
    ]),
);

/** The schema of definitions that other schemas share. */
export const COMMON = "psion.common.v1";

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
  if (name !== COMMON && name !== REPORT && !(name in roles)) throw new Error(`no role for ${name}`);
}

/** The target of a `$ref`: the names of its schema and its definition (empty for a whole schema), and the node. */
export function followed(reference, from) {
  const [file, pointer] = reference.split("#");
  const schema = file ? file.replace(".schema.json", "") : from;
  const definition = pointer ? pointer.replace("/$defs/", "") : "";
  const node = definition ? schemas.get(schema).$defs[definition] : schemas.get(schema);
  if (!node) throw new Error(`${reference} has no target`);
  return { schema, definition, node };
}

/**
 * A name for code: `psion.sampling_policy.v1` and `optional_u64` become `SamplingPolicy` and `U64`. The definitions
 * of the report, whose names are common words, get a prefix.
 */
export function codeName(schema, definition) {
  const prefix = schema === REPORT ? "report_" : "";
  const words = definition ? prefix + definition.replace(/^optional_|_members$/g, "") : schema.split(".")[1];
  return words.replace(/(?:^|_)(.)/g, (_, letter) => letter.toUpperCase());
}

/** Whether a node is an integer that may be too large for a double. */
export function isWide(node) {
  return [node.type].flat().includes("integer") && node.maximum > Number.MAX_SAFE_INTEGER;
}

/** The variants of a tagged union: each `kind`, and the reference to the schema that applies to it. */
export function variants(node) {
  return (node.allOf ?? []).map((each) => [each.if.properties.kind.const, each.then.$ref]);
}
