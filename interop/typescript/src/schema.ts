// Validates documents with the validators that ajv generated from the schemas.

import validators from "./generated/validators.js";
import { isObject, type Json } from "./json.js";
import type { Role } from "./kinds.js";
import { child } from "./pointers.js";

/** One failure of one keyword. */
export interface Violation {
  /** The place of the finding: the value that fails or, for a missing member, the object without it. */
  pointer: string;
  /** The place that no rule may read: the value that fails, or the missing member. */
  touches: string;
  keyword: string;
  message: string;
}

/** An error of ajv. */
interface SchemaError {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
}

/** The violations of its schema in a document of the given role. */
export function violations(role: Role, value: Json): Violation[] {
  const validate = validators[role];
  return validate(standIn(value))
    ? []
    : validate.errors!.filter(({ keyword }) => keyword !== "if").map(violation);
}

function violation({ keyword, instancePath, params }: SchemaError): Violation {
  if (keyword === "required") {
    const name = params["missingProperty"] as string;
    const message = `${JSON.stringify(name)} is missing`;
    return { pointer: instancePath, touches: child(instancePath, name), keyword, message };
  }
  if (keyword === "additionalProperties") {
    const name = params["additionalProperty"] as string;
    const pointer = child(instancePath, name);
    const message = `unknown property ${JSON.stringify(name)}`;
    return { pointer, touches: pointer, keyword, message };
  }
  return { pointer: instancePath, touches: instancePath, keyword, message: messageFor(keyword, params) };
}

function messageFor(keyword: string, params: Record<string, unknown>): string {
  switch (keyword) {
    case "type":
      return `expected ${[params["type"]].flat().join(" or ")}`;
    case "const":
      return `expected ${JSON.stringify(params["allowedValue"])}`;
    case "enum":
      return `expected one of ${JSON.stringify(params["allowedValues"])}`;
    case "minimum":
    case "maximum":
      return `expected a number ${params["comparison"]} ${params["limit"]}`;
    case "minItems":
      return `expected at least ${params["limit"]} items`;
    case "uniqueItems":
      return "expected distinct items";
    case "not":
      return "contains a character that is not allowed";
    default:
      return keyword === "pattern" ? "is blank, or is not a digest" : "expected 64 characters";
  }
}

const LARGEST_U64 = 2n ** 64n - 1n;
const FIRST_DOUBLES = { wide: 2 ** 53, huge: 2 ** 65, negative: -(2 ** 65) };

/**
 * Replaces each bigint, which ajv does not support, by a number. The number satisfies the bounds of the schemas
 * exactly where the integer does, and distinct integers get distinct numbers.
 */
function standIn(value: Json): unknown {
  const numbers = new Map<bigint, number>();
  const next = { ...FIRST_DOUBLES };
  const range = (integer: bigint) => (integer < 0n ? "negative" : integer > LARGEST_U64 ? "huge" : "wide");
  const numberFor = (integer: bigint): number => {
    let number = numbers.get(integer);
    if (number === undefined) {
      const place = range(integer);
      number = next[place];
      next[place] += Math.abs(number) * 2 ** -50;
      numbers.set(integer, number);
    }
    return number;
  };
  const copy = (part: Json): unknown => {
    if (typeof part === "bigint") return numberFor(part);
    if (Array.isArray(part)) return part.map(copy);
    if (!isObject(part)) return part;
    const object = Object.create(null);
    for (const name in part) object[name] = copy(part[name]!);
    return object;
  };
  return copy(value);
}
