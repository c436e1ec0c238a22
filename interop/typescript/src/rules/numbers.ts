// Integers that readers of doubles round.

import { isObject, type Json, MAX_SAFE_INTEGER } from "../json.js";
import type { Role } from "../kinds.js";
import { child } from "../pointers.js";
import { type Apply, type Checks, excerpt, type Flaw, NONE } from "./check.js";

export const NUMBER_CHECKS = {
  "unsafe-integer.config": unsafeIn("config"),
  "unsafe-integer.receipt": unsafeIn("receipt"),
  "unsafe-integer.descriptor": unsafeIn("descriptor"),
  "unsafe-integer.corpus": unsafeIn("corpus"),
  "unsafe-integer.policy": unsafeIn("policy"),
  "unsafe-integer.program": unsafeIn("program"),
} satisfies Checks;

function unsafeIn(role: Role): Apply {
  return (documents) => {
    const value = documents[role] as unknown as Json;
    return hasUnsafe(value) ? unsafe(value, "") : NONE;
  };
}

/** Whether an integer is not exact as a number. The reader returns it as a bigint; a u64 is one, too. */
function isUnsafe(value: Json): value is bigint {
  return typeof value === "bigint" && (value > MAX_SAFE_INTEGER || value < -MAX_SAFE_INTEGER);
}

function hasUnsafe(value: Json): boolean {
  if (typeof value !== "object" || value === null) return isUnsafe(value);
  if (Array.isArray(value)) return value.some(hasUnsafe);
  for (const name in value) {
    const member = value[name]!;
    if ((typeof member === "object" || typeof member === "bigint") && hasUnsafe(member)) return true;
  }
  return false;
}

function* unsafe(value: Json, pointer: string): Generator<Flaw> {
  if (isUnsafe(value)) {
    const bound =
      value > 0n ? `above 2^53 - 1 = ${MAX_SAFE_INTEGER}` : `below -(2^53 - 1) = -${MAX_SAFE_INTEGER}`;
    const message = `${excerpt(value)} is ${bound}; JavaScript and others round it`;
    yield { pointer, message, actual: value };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unsafe(item, child(pointer, index));
  } else if (isObject(value)) {
    for (const name in value) yield* unsafe(value[name]!, child(pointer, name));
  }
}
