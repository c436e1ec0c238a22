// The schemas in a shape of which a validator says only what concerns the alternative that a value means.

import { definitionName } from "./schemas.mjs";

/**
 * Equal definitions in which every alternative depends on a condition: a choice becomes conditions on its tag, and what
 * may be null becomes a type beside null.
 */
export function explainable(definitions) {
  const further = {};
  const nullable = (node) => {
    if (!node.$ref) return orNull(rewritten(node));
    const name = definitionName(node.$ref);
    further[`${name}OrNull`] ??= orNull(rewritten(definitions[name]));
    return { $ref: `#/$defs/${name}OrNull` };
  };
  const rewritten = (node) => {
    if (node.anyOf) return nullable(node.anyOf[0]);
    if (node.oneOf) return tagged(node.oneOf.map(rewritten));
    const { not, ...result } = node;
    if (not) result.forbidden = patternOf(not);
    if (node.properties) result.properties = entries(node.properties, rewritten);
    if (node.items) result.items = rewritten(node.items);
    if (node.const !== undefined || node.enum) result.type = "string";
    delete result.dependentSchemas;
    for (const [member, dependent] of Object.entries(node.dependentSchemas ?? {})) {
      result.if = { type: "object", ...dependent.if, required: [member] };
      result.then = dependent.then;
    }
    return result;
  };
  return { ...entries(definitions, rewritten), ...further };
}

/** The only keyword of a schema that must not match. */
function patternOf({ type, pattern, ...others }) {
  if (pattern === undefined || type !== "string" || Object.keys(others).length)
    throw new Error("not is used with other keywords");
  return pattern;
}

/** The schema, for values that may be null as well. */
function orNull({ const: constant, ...schema }) {
  const type = [schema.type, "null"];
  return constant === undefined ? { ...schema, type } : { ...schema, type, enum: [constant, null] };
}

/** A choice between closed objects that differ in the constant of one member. */
function tagged(alternatives) {
  const [tag] = Object.entries(alternatives[0].properties).find(([, member]) => member.const !== undefined);
  const values = alternatives.map(({ properties }) => properties[tag].const);
  return {
    type: "object",
    properties: { [tag]: { type: "string", enum: values } },
    required: [tag],
    allOf: alternatives.map((alternative, index) => ({
      if: { type: "object", properties: { [tag]: { const: values[index] } }, required: [tag] },
      then: alternative,
    })),
  };
}

function entries(object, change) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}
