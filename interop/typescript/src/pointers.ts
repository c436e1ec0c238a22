// RFC 6901 JSON pointers.

import { memberOf } from "./json.js";

/** The pointer of a member or item of the value at `pointer`. */
export function child(pointer: string, part: string | number): string {
  if (typeof part === "number") return `${pointer}/${part}`;
  return `${pointer}/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** The names and indexes of a pointer. */
export function partsOf(pointer: string): string[] {
  const parts = pointer.split("/").slice(1);
  return pointer.includes("~")
    ? parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    : parts;
}

/** The value at a pointer; undefined where it is absent or null. */
export function valueAt(value: unknown, pointer: string): unknown {
  return partsOf(pointer).reduce(
    (found, part) => (Array.isArray(found) ? found[Number(part)] : memberOf(found, part)),
    value,
  );
}

/** Whether two pointers are equal, or one of them is above the other. */
export function overlaps(first: string, second: string): boolean {
  return first === second || first.startsWith(`${second}/`) || second.startsWith(`${first}/`);
}
