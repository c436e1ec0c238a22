// Entries of a list that repeat what must be unique in it.

import type { Role } from "../kinds.js";
import { type Flaw, firstByKey, shown } from "./check.js";

/**
 * The flaws of the rule `duplicate-id`.
 *
 * @param role - of the document that is judged, which holds the list.
 * @param members - which must be unique together. One alone is also where the flaw stands, else the entry is.
 */
export function* duplicates<T>(
  role: Role,
  list: string,
  entries: readonly T[],
  members: readonly (keyof T & string)[],
): Generator<Flaw> {
  const key = (entry: T) => members.map((name) => entry[name]).join("|"); // which no identifier holds
  const place = (index: number) =>
    members.length === 1 ? `${list}/${index}/${members[0]}` : `${list}/${index}`;
  const first = firstByKey(entries, key);
  for (const [index, entry] of entries.entries()) {
    const earlier = first.get(key(entry))!.index;
    if (earlier === index) continue;
    const message = `an earlier entry has the same ${members.join(", ")}: ${shown(key(entry))}`;
    yield { pointer: place(index), message, against: [[role, place(earlier)]] };
  }
}
