// What a check is: a function from the documents that it reads to what is wrong with them. The catalogue
// (schemas/rules.v1.json) says which rules each check decides, which document it judges, and what it reads.

import type { CheckId, RuleName } from "../generated/catalog.js";
import { same } from "../json.js";
import type { Documents, Role } from "../kinds.js";
import { excerpt } from "../messages.js";
import { partsOf } from "../pointers.js";

export { excerpt, listed } from "../messages.js";
export { remembered } from "../memory.js";
export { valueAt } from "../pointers.js";

/** A document by its role, and a JSON pointer in it. */
export type Place = readonly [Role, string];

/** Something that is wrong with the documents that a check was applied to. */
export interface Flaw {
  /** The rule that is broken; by default the first rule of the check. */
  rule?: RuleName;
  /** The document that has the flaw; by default the one that the check judges. */
  role?: Role;
  pointer: string;
  message: string;
  expected?: unknown;
  actual?: unknown;
  /** The other sides of the contradiction. */
  related?: readonly Place[];
}

/** Finds the flaws of documents. Only the documents that the check reads are certain to be there. */
export type Apply = (documents: Documents) => Iterable<Flaw>;

/** No flaws. Passed over in less time than any other list or generator. */
export const NONE: readonly Flaw[] = [];

/** Checks by their ids in the catalogue. */
export type Checks = Partial<Record<CheckId, Apply>>;

/** The message that a member differs from another one, whose values it gets as excerpts. */
export type Wording = (actual: string, expected: string) => string;

/** Checks that a member equals another one. The flaw is reported at the first. */
export function equal(own: Place, other: Place, wording?: Wording): Apply {
  const [ownParts, otherParts] = [partsOf(own[1]), partsOf(other[1])];
  return (documents) => {
    const actual = memberAt(documents[own[0]], ownParts);
    const expected = memberAt(documents[other[0]], otherParts);
    return same(actual, expected) ? NONE : [differs(own, other, actual, expected, wording)];
  };
}

/** The value at names that the schemas know, which no object inherits; undefined where it is absent or null. */
function memberAt(value: unknown, names: readonly string[]): unknown {
  let found = value;
  for (const name of names) found = (found as Record<string, unknown> | null | undefined)?.[name];
  return found ?? undefined;
}

/** The flaw that a member differs from another one. */
export function differs(
  own: Place,
  other: Place,
  actual: unknown,
  expected: unknown,
  wording: Wording = (found, wanted) => `${named(own)} is ${found}, but ${named(other)} is ${wanted}`,
): Flaw {
  const message = wording(excerpt(actual), excerpt(expected));
  return { role: own[0], pointer: own[1], message, expected, actual, related: [other] };
}

/** The name of a member in messages. */
function named([role, pointer]: Place): string {
  return `${partsOf(pointer).at(-1)} of the ${role}`;
}

/** How much a sum of shares differs from the whole. */
export function offBy(total: number): string {
  return `${Math.abs(total - WHOLE)} ${total > WHOLE ? "more" : "less"} than ${WHOLE}`;
}

/** The sum of the shares of a whole, in basis points. */
export const WHOLE = 10000;

/** The first entry for each key, with its index. */
export function firstByKey<T>(
  entries: readonly T[],
  key: (entry: T) => string,
): Map<string, { index: number; entry: T }> {
  const first = new Map<string, { index: number; entry: T }>();
  entries.forEach((entry, index) => {
    const name = key(entry);
    if (!first.has(name)) first.set(name, { index, entry });
  });
  return first;
}

/** The entries grouped by key, each group in the order of the entries. */
export function grouped<T>(entries: Iterable<T>, key: (entry: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const entry of entries) {
    const name = key(entry);
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  return groups;
}

/** The sum of a number of each entry. */
export function sum<T>(entries: readonly T[], number: (entry: T) => number): number {
  return entries.reduce((total, entry) => total + number(entry), 0);
}
