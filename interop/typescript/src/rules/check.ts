// What a rule is made of: checks, each of which says what it reads and what it finds wrong with that.

import { isObject, memberOf, same } from "../json.js";
import type { Documents, Role } from "../kinds.js";

/** Something that is wrong with the documents a check was applied to. */
export interface Flaw {
  /** Which of the check's rules is broken; its first one unless told. */
  rule?: string;
  /** In which of the documents; the one that is judged unless told. */
  role?: Role;
  pointer: string;
  message: string;
  expected?: unknown;
  actual?: unknown;
  /** The other sides of the contradiction. */
  against?: readonly (readonly [Role, string])[];
}

/** A part of a rule, or of several, that is applied as a whole or skipped as a whole. */
export interface Check {
  rules: readonly [string, ...string[]];
  /** The role of the document for which it is applied. */
  judges: Role;
  /** What it reads of each document: nothing of that may be broken. */
  reads: Partial<Record<Role, readonly string[]>>;
  /** What is wrong. Of the documents only those that `reads` lists are there. */
  apply(documents: Documents): Iterable<Flaw>;
}

/** A member of a document: its role and the pointer, without escapes. */
export type Member = readonly [Role, string];

/** The check that a member equals another one; it stands at the former. */
export function equal(rule: string, judges: Role, own: Member, other: Member): Check {
  const reads: Partial<Record<Role, string[]>> = { [own[0]]: [own[1]] };
  (reads[other[0]] ??= []).push(other[1]);
  return {
    rules: [rule],
    judges,
    reads,
    *apply(documents) {
      const stands = valueAt(documents[own[0]], own[1]);
      const right = valueAt(documents[other[0]], other[1]);
      if (!same(stands, right)) yield differs(own, other, stands, right);
    },
  };
}

/** The flaw that a member differs from another one. */
export function differs(own: Member, other: Member, actual: unknown, expected: unknown): Flaw {
  const message = `is ${shown(actual)}, but the ${other[0]}'s ${other[1]} is ${shown(expected)}`;
  return { role: own[0], pointer: own[1], message, expected, actual, against: [other] };
}

/** The value at a pointer without escapes. */
export function valueAt(value: unknown, pointer: string): unknown {
  const names = pointer.split("/").slice(1);
  return names.reduce(
    (found, name) => (Array.isArray(found) ? found[Number(name)] : memberOf(found, name)),
    value,
  );
}

/** A value as messages quote it. */
export function shown(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value === undefined) return "absent";
  const text = isObject(value) ? "an object" : Array.isArray(value) ? "a list" : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** The first of the entries for each key, with its index. */
export function firstByKey<T>(
  entries: readonly T[],
  key: (entry: T) => string,
): Map<string, { index: number; entry: T }> {
  const first = new Map<string, { index: number; entry: T }>();
  for (const [index, entry] of entries.entries()) {
    if (!first.has(key(entry))) first.set(key(entry), { index, entry });
  }
  return first;
}

/** The entries with the same key together, in their order. */
export function grouped<T>(entries: Iterable<T>, key: (entry: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const group = groups.get(key(entry));
    if (group) group.push(entry);
    else groups.set(key(entry), [entry]);
  }
  return groups;
}

/** The sum of a number of each entry. */
export function sum<T>(entries: readonly T[], number: (entry: T) => number): number {
  return entries.reduce((total, entry) => total + number(entry), 0);
}
