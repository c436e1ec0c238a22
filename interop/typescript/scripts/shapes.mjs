// The shapes of documents, for digests and typed documents: the contract order of members, and which are u64.

import { definitionName, followed, isWide, roles, schemas } from "./schemas.mjs";

/** The text of `src/generated/shapes.ts`. */
export function shapes() {
  const declared = new Map();
  const roots = Object.entries(roles).map(([name, role]) => {
    return `  ${role}: ${shapeOf(declared, schemas.get(name), schemas.get(name))},\n`;
  });
  const consts = [...declared].map(([name, text]) => `const ${name}: Shape = ${text};\n`);
  const required = Object.entries(roles).map(([name, role]) => {
    return `  ${role}: ${JSON.stringify(schemas.get(name).required)},\n`;
  });
  return `${HEAD}\n${consts.join("")}
/** The members that the schema of each kind requires, by role. */
export const REQUIRED: Record<Role, readonly string[]> = {\n${required.join("")}};

/** The shape of each kind of document, by role. */
export const SHAPES: Record<Role, Shape> = {\n${roots.join("")}};\n`;
}

const HEAD = `// Generated from the schemas by \`npm run generate\`; do not edit.

import type { Role } from "../kinds.js";
import type { Shape } from "../shape.js";
`;

function shapeOf(declared, node, schema) {
  if (node.$ref) {
    const target = followed(node.$ref, schema);
    if (!target.properties && !target.oneOf) return shapeOf(declared, target, schema);
    const name = definitionName(node.$ref);
    if (!declared.has(name)) declared.set(name, shapeOf(declared, target, schema));
    return name;
  }
  if (node.anyOf) return shapeOf(declared, node.anyOf[0], schema); // or null
  if (isWide(node)) return `"u64"`;
  if (node.items) return `{ items: ${shapeOf(declared, node.items, schema)} }`;
  const known = { ...node.properties };
  for (const { properties } of node.oneOf ?? []) Object.assign(known, properties);
  const shaped = Object.entries(known).map(
    ([name, member]) => `${name}: ${shapeOf(declared, member, schema)}`,
  );
  return shaped.length ? `{ members: { ${shaped.join(", ")} } }` : `"any"`;
}

if (schemas.size === 0) throw new Error("no schemas");
