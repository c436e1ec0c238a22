// Values in messages: shortened, with invisible characters escaped, because they would mislead whoever reads them.

/** How many characters of a value a message quotes. */
const LONGEST = 72;

/** A JSON value as messages quote it; of a list or an object only its type, because it may be of any size. */
export function excerpt(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (value === undefined || value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return shortened(String(value));
}

/** A string in double quotes. */
export function quoted(text: string): string {
  return `"${shortened(text).replaceAll(/["\\]|[^\P{C}]|[^\P{Z} ]/gu, escaped)}"`;
}

/** Strings in quotes, separated by commas; those that do not fit are counted. */
export function listed(texts: readonly string[], count = texts.length): string {
  const parts: string[] = [];
  let length = 0;
  for (const text of texts) {
    const part = quoted(text);
    if (parts.length && length + part.length > 2 * LONGEST) break;
    parts.push(part);
    length += part.length;
  }
  const more = count - parts.length;
  return parts.join(", ") + (more ? ` and ${more} more` : "");
}

/** A text of at most `LONGEST` characters: of a longer one, its beginning and its end. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const first = [...text.slice(0, 2 * LONGEST)]; // a character is one or two code units
  if (first.length <= LONGEST && text.length <= 2 * LONGEST) return text;
  const end = Math.floor(LONGEST / 3);
  const last = [...text.slice(-2 * end)].slice(-end);
  return `${first.slice(0, LONGEST - 1 - end).join("")}…${last.join("")}`;
}

/** The beginning of a text, of so many characters: a character is one or two code units. */
export function firstCharacters(text: string, count: number): string {
  return text.length <= count ? text : [...text.slice(0, 2 * count)].slice(0, count).join("");
}

function escaped(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`;
}
