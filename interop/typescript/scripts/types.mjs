// TypeScript types of the documents and of the report, one declaration for each definition of the schemas.

import { compile } from "json-schema-to-typescript";
import { definitionName, definitions, isWide, REPORT, roles } from "./schemas.mjs";

/** The text of `src/generated/types.ts`. */
export async function types() {
  const report = Object.entries(definitions([REPORT])).map(([name, node]) => [
    prefixed(name),
    map(node, prefixed),
  ]);
  const documents = Object.entries(definitions(Object.keys(roles))).map(([name, node]) => [name, map(node)]);
  const all = Object.fromEntries([...report, ...documents]);
  for (const node of Object.values(all)) {
    if (isWide(node))
      Object.assign(node, { tsType: "bigint", description: `${node.description}. ${BIGINT}` });
  }
  const text = await compile({ $defs: all }, "Unused", {
    additionalProperties: false,
    bannerComment: HEAD,
    ignoreMinAndMaxItems: true,
    unreachableDefinitions: true,
  });
  // The definitions belong to no schema here, so what is said of that is removed, and the empty type itself.
  return text
    .replace(
      /(?: \*\n)? \* This interface was referenced by `Unused`'s JSON-Schema\n \* via the `definition` "\w+"\.\n/g,
      "",
    )
    .replace(/\/\*\*\n \*\/\n/g, "")
    .replace(/export interface Unused \{\}\n/, "");
}

const HEAD = `// Generated from the schemas by \`npm run generate\`; do not edit.

import type { Json } from "../json.js";
`;

const BIGINT = "Always a bigint, because a number is exact only up to 2^53 - 1";

/** The name of a definition of the report here: a prefix for what is a common word. */
function prefixed(definition) {
  return definition === "CheckReport" ? definition : `Report${definition}`;
}

/** A schema whose references are renamed. One beside a description is wrapped, or its definition would be copied. */
function map(node, rename = (name) => name) {
  if (Array.isArray(node)) return node.map((each) => map(each, rename));
  if (typeof node !== "object" || node === null) return node;
  const { $ref, ...rest } = node;
  const mapped = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, map(value, rename)]));
  if (Object.keys(node).join() === "description") return { ...node, tsType: "Json" };
  if (typeof $ref !== "string") return mapped;
  const reference = { $ref: `#/$defs/${rename(definitionName($ref))}` };
  return Object.keys(mapped).length ? { ...mapped, allOf: [reference] } : reference;
}
