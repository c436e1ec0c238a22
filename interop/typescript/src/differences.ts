// Where two documents differ, in a few words.

import { isObject, memberOf } from "./json.js";
import { excerpt, quoted } from "./messages.js";
import { child } from "./pointers.js";

/** How many differing members are named. */
const LISTED = 3;

/** How many characters of a name are looked at. */
const LONGEST = 72;

/** A member: its name or index, and the path of what contains it; undefined for the root. */
type Path = readonly [name: string | number, parent: Path] | undefined;

/**
 * The first members in which two JSON values differ, with their values in both: `/a (1, 2), /b (absent, "x")`. Absent
 * and null members are the same. Takes no longer than the smaller of the values.
 */
export function difference(first: unknown, second: unknown): string {
  const words: string[] = [];
  for (const [path, one, other] of differences(first, second, undefined)) {
    if (words.length === LISTED) return `${words.join(", ")} and more`;
    words.push(`${pointerOf(path)} (${shown(one)}, ${shown(other)})`);
  }
  return words.join(", ");
}

function* differences(
  first: unknown,
  second: unknown,
  path: Path,
): Generator<[path: Path, first: unknown, second: unknown]> {
  if (isObject(first) && isObject(second)) {
    for (const name in first) yield* differences(first[name], memberOf(second, name), [name, path]);
    for (const name in second) {
      if (!Object.hasOwn(first, name)) yield* differences(undefined, second[name], [name, path]);
    }
  } else if (Array.isArray(first) && Array.isArray(second)) {
    for (let index = 0; index < Math.min(first.length, second.length); index++) {
      yield* differences(first[index], second[index], [index, path]);
    }
    if (first.length !== second.length) yield [path, first, second];
  } else if ((first ?? null) !== (second ?? null)) {
    yield [path, first, second];
  }
}

function pointerOf(path: Path): string {
  let pointer = "";
  for (let rest = path; rest; rest = rest[1])
    pointer = child("", String(rest[0]).slice(0, LONGEST)) + pointer;
  return quoted(pointer).slice(1, -1) || "the whole document";
}

function shown(value: unknown): string {
  if ((value ?? null) === null) return "absent";
  if (!Array.isArray(value)) return excerpt(value);
  return `${value.length} ${value.length === 1 ? "item" : "items"}`;
}
