// TypeScript types of the documents and of the report: one declaration for each definition of the schemas.

import { codeName, followed, isWide, schemas, variants } from "./schemas.mjs";

/** The text of `src/generated/types.ts`. */
export function types() {
  const declared = new Map();
  for (const [name, schema] of schemas) {
    if (schema.type) declare(declared, name, "", schema);
    for (const [definition, node] of Object.entries(schema.$defs ?? {}))
      declare(declared, name, definition, node);
  }
  return `${HEAD}\n${[...declared.values()].join("\n")}`;
}

const HEAD = `// Generated from the schemas by \`npm run generate\`; do not edit.

import type { Json } from "../json.js";

/**
 * An integer of up to 64 bits. It is always a bigint, because a number is exact only up to 2^53 - 1. All other
 * integers of the contract are numbers.
 */
export type U64 = bigint;
`;

function declare(declared, schema, definition, node) {
  const name = codeName(schema, definition);
  const text = isWide(node) ? "" : declaration(name, schema, definition, node);
  if (text && declared.has(name)) throw new Error(`two definitions have the name ${name}`);
  if (text) declared.set(name, text);
}

function declaration(name, schema, definition, node) {
  const doc = comment(node.description, "");
  const union = variants(node);
  if (union.length)
    return `${doc}export type ${name} = ${union.map(([, ref]) => referred(ref, schema)).join(" | ")};\n`;
  if (node.properties) return `${doc}export interface ${name} {\n${members(node, schema)}${others(node)}}\n`;
  // The rest only makes another definition nullable, or is a simple type.
  if (node.$ref || definition.startsWith("optional_")) return "";
  return `${doc}export type ${name} = ${typeOf(node, schema)};\n`;
}

function members(node, schema) {
  const required = new Set(node.required);
  return Object.entries(node.properties)
    .map(([name, member]) => {
      const optional = required.has(name) ? "" : "?";
      return `${comment(member.description, "  ")}  ${name}${optional}: ${typeOf(member, schema)};\n`;
    })
    .join("");
}

/** The members of an open object that its schema does not name. */
function others({ additionalProperties }) {
  return additionalProperties === true ? "  /** All other members. */\n  [name: string]: Json;\n" : "";
}

function typeOf(node, schema) {
  if (node.$ref) return referred(node.$ref, schema);
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((word) => JSON.stringify(word)).join(" | ");
  if (node.type === undefined) return "Json";
  const [type] = [node.type].flat();
  const nullable = [node.type].flat().includes("null") ? " | null" : "";
  switch (type) {
    case "string":
    case "boolean":
      return type + nullable;
    case "integer":
      return (isWide(node) ? "U64" : "number") + nullable;
    case "array":
      return `${typeOf(node.items, schema)}[]${nullable}`;
    case "object":
      if (node.properties) return `{\n${members(node, schema)}}${nullable}`;
      return `{ [name: string]: ${valueType(node, schema)} }${nullable}`;
  }
  throw new Error(`no type for ${JSON.stringify(node)}`);
}

/** The type of the members of an object whose names are free. */
function valueType({ additionalProperties: values }, schema) {
  return values === true ? "Json" : typeOf(values, schema);
}

function referred(reference, from) {
  const { schema, definition, node } = followed(reference, from);
  const nullable = definition.startsWith("optional_") ? " | null" : "";
  return (isWide(node) ? "U64" : codeName(schema, definition)) + nullable;
}

function comment(text, indent) {
  const lines = wrapped(text, 105 - indent.length);
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

function wrapped(text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line && line.length + word.length >= width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return lines;
}
