// The schema files of the contract, and what the other scripts ask of them.

import { readFileSync, readdirSync } from "node:fs";

const folder = new URL("../../../schemas/", import.meta.url);

/** Every schema of a document kind, and the common definitions, by name: `psion.sampling_policy.v1`. */
export const schemas = new Map(
  readdirSync(folder)
    .filter((file) => file.endsWith(".schema.json") && !file.startsWith("psion.check_report"))
    .sort()
    .map((file) => [
      file.replace(".schema.json", ""),
      JSON.parse(readFileSync(new URL(file, folder), "utf8")),
    ]),
);

export const COMMON = "psion.common.v1";

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
  if (name !== COMMON && !(name in roles)) throw new Error(`no role for ${name}`);
}

/**
 * Where a `$ref` leads: the schema file's name, the definition's name (none for a whole schema), and the
 * definition.
 */
export function followed(reference, from) {
  const [file, pointer] = reference.split("#");
  const schema = file ? file.replace(".schema.json", "") : from;
  const definition = pointer ? pointer.replace("/$defs/", "") : "";
  const node = definition ? schemas.get(schema).$defs[definition] : schemas.get(schema);
  if (!node) throw new Error(`${reference} leads nowhere`);
  return { schema, definition, node };
}

/** A name for code: `psion.sampling_policy.v1` and `optional_u64` become `SamplingPolicy` and `U64`. */
export function codeName(schema, definition) {
  const words = definition ? definition.replace(/^optional_|_members$/g, "") : schema.split(".")[1];
  return words.replace(/(?:^|_)(.)/g, (_, letter) => letter.toUpperCase());
}

/** Whether a node is an integer that a double may not hold. */
export function isWide(node) {
  return [node.type].flat().includes("integer") && node.maximum > Number.MAX_SAFE_INTEGER;
}

/** The schemas that apply to a tagged union, by its tag: `if` the `kind` is this, `then` that. */
export function variants(node) {
  return (node.allOf ?? []).map((each) => [each.if.properties.kind.const, each.then.$ref]);
}
