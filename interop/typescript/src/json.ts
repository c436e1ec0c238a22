// JSON values, as the reader returns them.

/**
 * A JSON value. An integer is a number if its absolute value is at most 2^53 - 1, and a bigint otherwise. Objects
 * that the reader returns have no prototype, so that a member may have any name.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [name: string]: Json;
}

/** The largest integer up to which a number is exact: 2^53 - 1. */
export const MAX_SAFE_INTEGER = BigInt(Number.MAX_SAFE_INTEGER);

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of a value; undefined where it is absent or null, or where the value is not an object. */
export function memberOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? undefined) : undefined;
}

/** Whether two values are the same JSON value. Absent and null are the same. */
export function same(first: unknown, second: unknown): boolean {
  const one = first ?? null;
  const other = second ?? null;
  if (one === other) return true;
  if (isNumeric(one) && isNumeric(other)) return one == other; // a number may equal a bigint
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const names = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    names.length === Object.keys(other).length &&
    names.every((name) => Object.hasOwn(other, name) && same(one[name as never], other[name as never]))
  );
}

/** Whether two objects have the same members. Absent and null are the same. */
export function sameMembers(one: object, other: object): boolean {
  const names = [...Object.keys(one), ...Object.keys(other)];
  return names.every((name) => same(one[name as never], other[name as never]));
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}
