// The shapes of documents: the contract order of their members, and which members are u64.

import { isObject, type Json } from "./json.js";

/** The shape of a value: a u64, a list, an object with its members in contract order, or anything else. */
export type Shape =
  "u64" | "any" | { readonly items: Shape } | { readonly members: Readonly<Record<string, Shape>> };

/** A copy of a value in which each u64 is a bigint. Parts that do not fit the shape are copied as they are. */
export function typed(value: Json, shape: Shape): Json {
  // A number beyond the safe integers was written with a fraction or an exponent.
  if (shape === "u64") return Number.isSafeInteger(value) ? BigInt(value as number) : value;
  if (Array.isArray(value)) {
    const items = typeof shape === "object" && "items" in shape ? shape.items : "any";
    return value.map((item) => typed(item, items));
  }
  if (!isObject(value)) return value;
  const members = typeof shape === "object" && "members" in shape ? shape.members : {};
  const shapeOf = (name: string) => (Object.hasOwn(members, name) ? members[name]! : "any");
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, typed(member, shapeOf(name))]),
  );
}

/** The value with the members of its objects in contract order, without members that are null. */
export function inContractOrder(value: unknown, shape: Shape): unknown {
  if (typeof shape === "string") return value;
  if ("items" in shape) {
    return Array.isArray(value) ? value.map((item) => inContractOrder(item, shape.items)) : value;
  }
  if (!isObject(value)) return value;
  const members = Object.entries(shape.members).filter(([name]) => (value[name] ?? null) !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, inContractOrder(value[name], member)]));
}

/** The names of the members that the shape knows at a place. */
export function memberNames(shape: Shape, parts: readonly string[]): string[] {
  const found = parts.reduce<Shape>((at, part) => {
    if (typeof at === "string") return at;
    if ("items" in at) return at.items;
    return Object.hasOwn(at.members, part) ? at.members[part]! : "any";
  }, shape);
  return typeof found === "object" && "members" in found ? Object.keys(found.members) : [];
}
