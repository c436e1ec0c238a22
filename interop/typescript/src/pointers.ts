// RFC 6901 JSON pointers.

/** The pointer of a member or item of the value at `pointer`. */
export function child(pointer: string, part: string | number): string {
  if (typeof part === "number") return `${pointer}/${part}`;
  return `${pointer}/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Whether two pointers are equal, or one of them is above the other. */
export function overlaps(first: string, second: string): boolean {
  return first === second || first.startsWith(`${second}/`) || second.startsWith(`${first}/`);
}
