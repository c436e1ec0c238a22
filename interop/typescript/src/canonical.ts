// The JSON texts from which digests are made (docs/digests.md, "Canonical JSON" and "Content digest").

/** JSON without white space, members in the order they have, only what must be escaped escaped. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== "object" || value === null) return scalar(value);
  return object(Object.entries(value), canonicalJson);
}

/**
 * What a document says, as one text: members sorted by the UTF-16 code units of their names, those that are null
 * left out. Inside `cluster_execution`, which nobody but its producer can read, null is kept.
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
  // JSON.stringify escapes just what RFC 8785 asks for; it knows no bigint.
  return typeof value === "bigint" ? value.toString() : JSON.stringify(value);
}
