// Validates documents with the validators that ajv generated from the schemas.

import { contentJson } from "./canonical.js";
import { SHAPES } from "./generated/shapes.js";
import { isObject, type Json } from "./json.js";
import type { Role } from "./kinds.js";
import { excerpt, quoted } from "./messages.js";
import { child, partsOf, valueAt } from "./pointers.js";
import { memberNames, type Shape } from "./shape.js";
import { closest } from "./suggest.js";

/** One failure of one keyword. */
export interface Violation {
  /** The place of the finding: the value that fails or, for a missing member, the object without it. */
  pointer: string;
  /** The place that no rule may read: the value that fails, or the missing member. */
  touches: string;
  keyword: string;
  message: string;
  /** The value of the keyword, where that is the expected value. */
  expected?: unknown;
  /** The value that fails; undefined for a missing member. */
  actual?: unknown;
}

/** An error of ajv. */
export interface SchemaError {
  keyword: string;
  instancePath: string;
  params: Record<string, unknown>;
}

/** The keywords that describe the form of a string together; a wrong form is one violation. */
const FORM = new Set(["minLength", "maxLength", "pattern"]);

/** A validator that ajv generated from a schema. */
export interface Validate {
  (value: unknown): boolean;
  errors: SchemaError[] | null;
}

/**
 * The violations of its schema in a document of the given role, each once.
 *
 * @param validate - the validator of the role.
 * @param limit - of violations; if there are more, one more is returned.
 */
export function violations(role: Role, value: Json, validate: Validate, limit: number): Violation[] {
  if (validate(standIn(value))) return [];
  const hint = new Hints(SHAPES[role]);
  const found = new Map<string, Violation>();
  for (const error of validate.errors!) {
    if (error.keyword === "if") continue;
    const violation = violationOf(error, value, hint);
    const key = `${FORM.has(violation.keyword) ? "form" : violation.keyword} ${violation.touches}`;
    if (!found.has(key)) found.set(key, violation);
    if (found.size > limit) break;
  }
  return [...found.values()];
}

function violationOf({ keyword, instancePath, params }: SchemaError, document: Json, hint: Hints): Violation {
  if (keyword === "required") {
    const name = params["missingProperty"] as string;
    const message = `missing property ${quoted(name)}`;
    return { pointer: instancePath, touches: child(instancePath, name), keyword, message };
  }
  if (keyword === "additionalProperties") {
    const name = params["additionalProperty"] as string;
    const pointer = child(instancePath, name);
    const message = `unknown property ${quoted(name)}${hint.for(instancePath, name)}`;
    return { pointer, touches: pointer, keyword, message, actual: valueAt(document, pointer) };
  }
  const actual = valueAt(document, instancePath) as Json;
  const expected = expectedBy(keyword, params);
  const message = messageFor(keyword, params, actual, expected);
  const name = keyword === "forbidden" ? "not" : keyword; // see scripts/validators.mjs
  return { pointer: instancePath, touches: instancePath, keyword: name, message, expected, actual };
}

/** The value of a keyword, where that is an expected value. */
function expectedBy(keyword: string, params: Record<string, unknown>): unknown {
  switch (keyword) {
    case "const":
      return params["allowedValue"];
    case "enum":
      return params["allowedValues"];
    case "minimum":
    case "maximum":
      // The only limit that a double does not hold is that of a u64.
      return (params["limit"] as number) > Number.MAX_SAFE_INTEGER ? LARGEST_U64 : params["limit"];
  }
  return undefined;
}

const TYPE_NAMES: Record<string, string> = {
  object: "an object",
  array: "a list",
  string: "a string",
  integer: "an integer",
  boolean: "true or false",
  null: "null",
};

function messageFor(
  keyword: string,
  params: Record<string, unknown>,
  actual: Json,
  expected: unknown,
): string {
  switch (keyword) {
    case "type": {
      const names = [params["type"]].flat().map((type) => TYPE_NAMES[type as string]);
      return `expected ${names.join(" or ")}, found ${typeOf(actual)}`;
    }
    case "const":
      return `${excerpt(actual)} is not allowed; expected ${excerpt(expected)}`;
    case "enum":
      return `${excerpt(actual)} is not one of ${(expected as string[]).map(quoted).join(", ")}`;
    case "minimum":
      return `${excerpt(actual)} is out of range: at least ${expected}`;
    case "maximum":
      return `${excerpt(actual)} is out of range: at most ${expected}`;
    case "minItems":
      return `the list has ${(actual as Json[]).length} items; at least ${params["limit"]} is required`;
    case "uniqueItems":
      return `${excerpt(firstRepeated(actual as Json[]))} is repeated; items must be distinct`;
    case "forbidden":
      return `${excerpt(actual)} contains ${forbiddenIn(actual as string)}`;
  }
  if (keyword === "pattern" && isBlank(actual as string)) {
    return `${excerpt(actual)} is blank; at least one character that is not white space is required`;
  }
  return digestFlaw(actual as string);
}

/** Why a text is not a digest, which is 64 lowercase hex characters. */
function digestFlaw(text: string): string {
  const flaw = `${excerpt(text)} is not a SHA-256 digest`;
  const bare = text.trim();
  if (/^(sha-?256[:=-])?[0-9a-f]{64}$/i.test(bare)) {
    if (bare.length > 64) return `${flaw}: omit ${quoted(bare.slice(0, -64))}`;
    return `${flaw}: ${bare === bare.toLowerCase() ? "omit the white space" : "write it in lowercase"}`;
  }
  if (/^[0-9a-f]+$/i.test(bare)) return `${flaw}: it has ${bare.length} hex characters, expected 64`;
  return `${flaw} (64 lowercase hex characters)`;
}

/** The type of a value in a message; the value itself where that is as short. */
function typeOf(value: Json): string {
  if (typeof value === "string") return "a string";
  if (typeof value === "bigint" || Number.isInteger(value)) return "a number";
  return excerpt(value);
}

function isBlank(text: string): boolean {
  return !/\P{White_Space}/u.test(text);
}

function firstRepeated(items: Json[]): Json | undefined {
  const seen = new Set<string>();
  return items.find((item) => seen.size === seen.add(contentJson(item)).size);
}

/** The character that the schemas exclude from a text, in words. Some texts may contain tabs and line feeds. */
function forbiddenIn(text: string): string {
  const [found] = /\|/.exec(text) ?? /(?![\t\n])\p{Cc}/u.exec(text) ?? /\p{Cc}/u.exec(text) ?? [""];
  if (found === "|") return "|, which separates the fields that digests are computed over";
  return `the control character U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** For how many unknown properties of a document a known one is suggested, because each takes time. */
const MAX_HINTS = 100;

/** Suggests known names for unknown ones. */
class Hints {
  private count = 0;

  constructor(private readonly shape: Shape) {}

  for(pointer: string, name: string): string {
    const instead = REFUSED.get(name);
    if (instead !== undefined) return instead;
    if (this.count++ >= MAX_HINTS) return "";
    const meant = closest(name, memberNames(this.shape, partsOf(pointer)));
    return meant === undefined ? "" : `; did you mean ${quoted(meant)}?`;
  }
}

const COMMENTS = ["$comment", "_comment", "__comment__", "comment", "//", "#"];

/** Properties that other formats allow, and what to do instead. */
const REFUSED = new Map([
  ["$schema", ": schema_version names the kind; an editor's settings say which schema a file has"],
  ...COMMENTS.map((name) => [name, ": documents cannot hold comments"] as const),
]);

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
