// The shapes of documents, for digests and typed documents: the contract order of members, and which are u64.

import { codeName, followed, isWide, roles, schemas, variants } from "./schemas.mjs";

/** The text of `src/generated/shapes.ts`. */
export function shapes() {
  const declared = new Map();
  const roots = Object.entries(roles).map(([name, role]) => {
    return `  ${role}: ${shapeOf(declared, { $ref: `${name}.schema.json` }, name)},\n`;
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
    const { schema: file, definition, node: target } = followed(node.$ref, schema);
    if (!isComposite(target, file)) return shapeOf(declared, target, file);
    const name = codeName(file, definition);
    if (!declared.has(name)) {
      const text = shapeOf(declared, { ...target, $ref: undefined, ...members(target, file) }, file);
      declared.set(name, text);
    }
    return name;
  }
  if (isWide(node)) return `"u64"`;
  if (node.items) return `{ items: ${shapeOf(declared, node.items, schema)} }`;
  const known = { ...members(node, schema).properties };
  for (const [, reference] of variants(node))
    Object.assign(known, followed(reference, schema).node.properties);
  const shaped = Object.entries(known).map(
    ([name, member]) => `${name}: ${shapeOf(declared, member, schema)}`,
  );
  return shaped.length ? `{ members: { ${shaped.join(", ")} } }` : `"any"`;
}

/** The members of an object, which may be in the definition that it refers to. */
function members(node, schema) {
  if (node.properties) return { properties: node.properties };
  return node.$ref ? members(followed(node.$ref, schema).node, schema) : {};
}

function isComposite(node, schema) {
  return members(node, schema).properties !== undefined;
}

if (schemas.size === 0) throw new Error("no schemas");
