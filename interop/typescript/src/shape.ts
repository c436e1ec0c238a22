// The shapes of documents: the contract order of their members, and which members are u64.

import { SHAPES } from "./generated/shapes.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import type { Role } from "./kinds.js";

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

/** What of a shape leads to u64 members; undefined where nothing does. */
function u64Parts(shape: Shape): Shape | undefined {
  if (typeof shape === "string") return shape === "u64" ? shape : undefined;
  if ("items" in shape) {
    const items = u64Parts(shape.items);
    return items && { items };
  }
  const members = Object.entries(shape.members).flatMap(([name, member]): [string, Shape][] => {
    const part = u64Parts(member);
    return part ? [[name, part]] : [];
  });
  return members.length ? { members: Object.fromEntries(members) } : undefined;
}

/** What of the shape of each kind of document leads to u64 members. */
export const U64_SHAPES = Object.fromEntries(
  Object.entries(SHAPES).map(([role, shape]) => [role, u64Parts(shape) ?? "any"]),
) as Record<Role, Shape>;

/** As `typed`, but of the value itself. */
export function typeInPlace(value: Json, shape: Shape): void {
  if (typeof shape === "string" || typeof value !== "object" || value === null) return;
  if ("items" in shape) {
    if (!Array.isArray(value)) return;
    for (let index = 0; index < value.length; index++) setTyped(value, index, shape.items);
  } else if (!Array.isArray(value)) {
    for (const name in shape.members) {
      if (Object.hasOwn(value, name)) setTyped(value, name, shape.members[name]!);
    }
  }
}

function setTyped(container: Json[] | JsonObject, key: string | number, shape: Shape): void {
  const value = (container as JsonObject)[key]!;
  if (shape !== "u64") typeInPlace(value, shape);
  else if (Number.isSafeInteger(value)) (container as JsonObject)[key] = BigInt(value as number);
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
