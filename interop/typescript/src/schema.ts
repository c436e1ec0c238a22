// JSON Schema, as ajv judges it, in the terms of the contract (docs/rules.md, "schema-violation").

import validators from "./generated/validators.js";
import { isObject, type Json } from "./json.js";
import type { Role } from "./kinds.js";
import { child } from "./pointers.js";

/** One failure of one keyword. */
export interface Violation {
  /** Where it is reported: at the value that fails; for a missing member, at the object that lacks it. */
  pointer: string;
  /** The value concerned, also for a missing member: what no rule may read. */
  touches: string;
  keyword: string;
  message: string;
}

/** An error as ajv gives it. */
interface SchemaError {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
}

/** What is wrong with a document of the given role, against its schema. */
export function violations(role: Role, value: Json): Violation[] {
  const validate = validators[role];
  return validate(standIn(value))
    ? []
    : validate.errors!.filter(({ keyword }) => keyword !== "if").map(violation);
}

function violation({ keyword, instancePath, params }: SchemaError): Violation {
  if (keyword === "required") {
    const name = params["missingProperty"] as string;
    const message = `the member ${JSON.stringify(name)} is missing`;
    return { pointer: instancePath, touches: child(instancePath, name), keyword, message };
  }
  if (keyword === "additionalProperties") {
    const name = params["additionalProperty"] as string;
    const pointer = child(instancePath, name);
    const message = `the contract knows no member ${JSON.stringify(name)} here`;
    return { pointer, touches: pointer, keyword, message };
  }
  return { pointer: instancePath, touches: instancePath, keyword, message: told(keyword, params) };
}

function told(keyword: string, params: Record<string, unknown>): string {
  switch (keyword) {
    case "type":
      return `it must be of type ${[params["type"]].flat().join(" or ")}`;
    case "const":
      return `it must be ${JSON.stringify(params["allowedValue"])}`;
    case "enum":
      return `it must be one of ${JSON.stringify(params["allowedValues"])}`;
    case "minimum":
    case "maximum":
      return `it must be ${params["comparison"]} ${params["limit"]}`;
    case "minItems":
      return `it must have at least ${params["limit"]} items`;
    case "uniqueItems":
      return "its items must be distinct";
    case "not":
      return "it holds a character that is not allowed here";
    default:
      return keyword === "pattern" ? "it is blank, or no digest" : "it must have 64 characters";
  }
}

const LARGEST_U64 = 2n ** 64n - 1n;
const FIRST_DOUBLES = { wide: 2 ** 53, huge: 2 ** 65, negative: -(2 ** 65) };

/**
 * The value with a number in the place of each bigint, which ajv does not know. Every bound of the schemas holds
 * for the number just where it holds for the integer, and distinct integers get distinct numbers.
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
