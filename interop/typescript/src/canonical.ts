// The JSON texts from which digests are computed.

/** JSON without white space, with members in their own order and only mandatory escapes. */
export function canonicalJson(value: unknown): string {
  return written(value, scalar);
}

/** The same, which is read as the same value again even where a number is none of the contract, such as 1e16 or 1e999. */
export function exactJson(value: unknown): string {
  return written(value, (each) => (typeof each === "number" ? exactNumber(each) : scalar(each)));
}

function written(value: unknown, write: (value: unknown) => string): string {
  if (Array.isArray(value)) return `[${value.map((item) => written(item, write)).join()}]`;
  if (typeof value !== "object" || value === null) return write(value);
  return object(Object.entries(value), (member) => written(member, write));
}

/** A number that has an exponent or a fraction, unless it is an exact integer. */
function exactNumber(value: number): string {
  if (Math.abs(value) === Infinity) return value < 0 ? "-1e999" : "1e999";
  return Number.isSafeInteger(value) ? String(value) : value.toExponential();
}

/**
 * The content of a document as JSON: members are sorted by the UTF-16 code units of their names, and members that are
 * null are omitted, except inside `cluster_execution`, whose content only its producer defines.
 */
export function contentJson(value: unknown, keepNull = false): string {
  if (Array.isArray(value)) return `[${value.map((item) => contentJson(item, keepNull)).join()}]`;
  if (typeof value !== "object" || value === null) return scalar(value);
  const members = Object.entries(value)
    .filter(([, member]) => keepNull || (member !== null && member !== undefined))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return object(members, (member, name) => contentJson(member, keepNull || name === "cluster_execution"));
}

function object(members: [string, unknown][], write: (member: unknown, name: string) => string): string {
  return `{${members.map(([name, member]) => `${scalar(name)}:${write(member, name)}`).join()}}`;
}

function scalar(value: unknown): string {
  // JSON.stringify escapes exactly what RFC 8785 requires, but does not support bigint.
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}
