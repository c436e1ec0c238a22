// RFC 6901 JSON pointers.

/** The pointer of a member or item of what `pointer` leads to. */
export function child(pointer: string, part: string | number): string {
  if (typeof part === "number") return `${pointer}/${part}`;
  return `${pointer}/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** Whether one of two pointers equals the other or stands above it. */
export function overlaps(first: string, second: string): boolean {
  return first === second || first.startsWith(`${second}/`) || second.startsWith(`${first}/`);
}
