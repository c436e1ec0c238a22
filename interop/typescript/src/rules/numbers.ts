// Integers that readers of doubles round.

import { isObject, type Json, MAX_SAFE_INTEGER } from "../json.js";
import { KINDS, type Role } from "../kinds.js";
import { child } from "../pointers.js";
import type { Check, Flaw } from "./check.js";

export const NUMBER_CHECKS: Check[] = (Object.keys(KINDS) as Role[]).map((role) => ({
  rules: ["unsafe-integer"],
  judges: role,
  reads: { [role]: [] },
  apply: (documents) => unsafe(documents[role] as unknown as Json, ""),
}));

function* unsafe(value: Json, pointer: string): Generator<Flaw> {
  // An integer that a number does not hold is a bigint.
  if (typeof value === "bigint" && value > MAX_SAFE_INTEGER) {
    const message = `${value} is above 2^53 - 1, where readers that keep numbers as doubles round it`;
    yield { pointer, message, actual: value };
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* unsafe(item, child(pointer, index));
  } else if (isObject(value)) {
    for (const name in value) yield* unsafe(value[name]!, child(pointer, name));
  }
}
