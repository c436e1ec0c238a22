// What the schemas say of a document beside what they allow: the order of its members, and which are u64.

import { isObject, type Json } from "./json.js";

/** The shape of a value: a u64, a list, an object with its members in contract order, or any other. */
export type Shape = "u64" | "any" | { readonly items: Shape } | { readonly members: Readonly<Record<string, Shape>> };

/**
 * Makes each u64 of a value a bigint, in place; the value itself is returned for where it is a u64. Whatever
 * does not have the shape is left as it is.
 */
export function widen(value: Json, shape: Shape): Json {
  if (shape === "any") return value;
  if (shape === "u64") return Number.isInteger(value) ? BigInt(value as number) : value;
  if ("items" in shape) {
    if (Array.isArray(value) && shape.items !== "any") {
      for (let index = 0; index < value.length; index++) value[index] = widen(value[index]!, shape.items);
    }
  } else if (isObject(value)) {
    for (const name in value) {
      const member = Object.hasOwn(shape.members, name) ? shape.members[name]! : "any";
      if (member !== "any") value[name] = widen(value[name]!, member);
    }
  }
  return value;
}

/** The value with the members of its objects in contract order, those that are null left out. */
export function inContractOrder(value: unknown, shape: Shape): unknown {
  if (typeof shape === "string") return value;
  if ("items" in shape) {
    return Array.isArray(value) ? value.map((item) => inContractOrder(item, shape.items)) : value;
  }
  if (!isObject(value)) return value;
  const members = Object.entries(shape.members).filter(([name]) => (value[name] ?? null) !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, inContractOrder(value[name], member)]));
}
