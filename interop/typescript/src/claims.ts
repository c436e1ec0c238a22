// Names, objects and texts that claim to be documents of the contract although they are none that can be checked
// (docs/reference/rules/reading.md, "What was shown and not judged").

import { REQUIRED } from "./generated/shapes.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { containers, KINDS, recognise, type Role } from "./kinds.js";
import { firstCharacters } from "./messages.js";

/** The versions of the kinds, without the `.v1` at the end. */
const STEMS = Object.values(KINDS).map((version) => version.slice(0, -".v1".length));

const VERSION_MEMBER = "schema_version";

/** Letters that look like those of a version, and these. */
const LOOK_ALIKES = new Map(
  (
    [
      ["асԁеԍһіјкӏмпоргѕтуѵх", "acdeghijklmnoprstyvx"],
      ["αϲεικνορτυηγχ", "aceikvoptunyx"],
      ["օոսհց", "onuhg"],
      ["ıɩȷɡɑᴄᴏᴠꜱʏʟ", "iijgacovsyl"],
    ] as const
  ).flatMap(([these, those]) => [...these].map((letter, index) => [letter, those[index]!] as const)),
);

/** Longer names claim nothing. */
const LONGEST = 200;
/** How many characters of a misspelt name may be wrong, missing or too many. */
const MISSPELT = 2;

const BLANKS = /^[\p{White_Space}\u001c-\u001f]+|[\p{White_Space}\u001c-\u001f]+$/gu;
const UNSEEN = /[\p{Mn}\p{Cf}\p{Cc}\p{Zs}\p{Zl}\p{Zp}]/gu;
const STEM = new RegExp(
  `(?<![a-z0-9_.-])(?:${STEMS.map((stem) => stem.split(/[._]/).join("[^a-z0-9]*")).join("|")})` +
    "(?:(?![a-z0-9_-])|(?=[^a-z0-9]*v?[0-9]))",
  "u",
);
const LAST_PART = /[^a-z0-9]*v?[0-9][^a-z]*$/u;

/** The version that a `schema_version` means, exactly or as a near miss; undefined for other kinds. */
export function claimedVersion(name: string): string | undefined {
  const stripped = name.replaceAll(BLANKS, "");
  const { length } = [...stripped.slice(0, 2 * LONGEST + 2)];
  if (length === 0 || length > LONGEST) return undefined;
  const folded = fold(stripped);
  const found = STEM.exec(folded);
  if (found) {
    const plain = withoutSeparators(found[0]);
    return `${STEMS.find((stem) => withoutSeparators(stem) === plain)!}.v1`;
  }
  const head = folded.replace(LAST_PART, "");
  const meant = STEMS.find((stem) => !head.startsWith(stem) && isMisspelt(head, stem));
  return meant && `${meant}.v1`;
}

/** Whether a member's name is another one, in other case, with other separators or look-alikes, or misspelt. */
function isSpellingOf(name: string, right: string): boolean {
  if (name === right) return true;
  if ([...name.slice(0, 4 * right.length + 2)].length > 2 * right.length) return false;
  const folded = fold(name);
  return withoutSeparators(folded) === withoutSeparators(right) || isMisspelt(folded, right);
}

/** An object that means to be a document: the version of its kind, and the member that should be `schema_version`. */
export interface NearMiss {
  version: string;
  member: string | undefined;
}

/** What an object that is no document means to be. */
export function nearMiss(value: JsonObject): NearMiss | undefined {
  for (const [member, version] of Object.entries(value)) {
    if (typeof version === "string" && isSpellingOf(member, VERSION_MEMBER)) {
      const claimed = claimedVersion(version);
      if (claimed) return { version: claimed, member };
    }
  }
  const version = value[VERSION_MEMBER];
  if (typeof version === "string" && version.replaceAll(BLANKS, "")) {
    // A reader that ignores the version sees a program all the same.
    const isProgram = "stages" in value && "checkpoint_family" in value;
    return isProgram ? { version: KINDS.program, member: VERSION_MEMBER } : undefined;
  }
  const role = mostMembers(value);
  return role && { version: KINDS[role], member: undefined };
}

/** The role most of whose members an object has; of several, the one of which it has most. */
function mostMembers(value: JsonObject): Role | undefined {
  if (Object.keys(value).length < 2) return undefined;
  let found: Role | undefined;
  let most = 0;
  for (const [role, required] of Object.entries(REQUIRED) as [Role, readonly string[]][]) {
    if (role === "program") continue;
    const names = required.filter((name) => name !== VERSION_MEMBER);
    const count = names.filter((name) => name in value).length;
    if (2 * count > names.length && count > most) [found, most] = [role, count];
  }
  return found ?? (isLikeAProgram(value) ? "program" : undefined);
}

const PROGRAM_LISTS = ["completions", "promotions", "transitions"];
const STAGE_MEMBERS = ["stage_id", "kind", "environment", "status"];

function isLikeAProgram(value: JsonObject): boolean {
  const { stages } = value;
  const first = Array.isArray(stages) ? stages[0] : undefined;
  if (isObject(first)) {
    return STAGE_MEMBERS.every((name) => name in first) || PROGRAM_LISTS.some((name) => name in value);
  }
  const names = Object.keys(value).filter((name) => [...name].length > 3);
  const has = (right: string, misspelt: string) =>
    right in value && names.some((name) => isSpellingOf(name, misspelt));
  return has("stages", "checkpoint_family") || has("checkpoint_family", "stages");
}

/** What a repeated member replaces: its name, its value, and the text of that. */
export interface Discarded {
  name: string;
  value: Json;
  written: string;
}

/** Whether what a repeated member replaces is or holds a document, or made its object one. */
export function discardedClaims({ name, value, written }: Discarded): boolean {
  if (typeof value === "string") {
    return isSpellingOf(name, VERSION_MEMBER) && claimedVersion(value) !== undefined;
  }
  if (typeof value !== "object" || value === null) return false;
  if (textClaims(written)) return true;
  for (const { node } of containers(value)) {
    if (isObject(node) && (recognise(node) || nearMiss(node))) return true;
  }
  return false;
}

/** White space of Unicode, and what some tools count as such; in a broken text that decides nothing else. */
const SPACE = "\\s\\u001c-\\u001f\\u0085";
const KEY = new RegExp(
  `(?<![A-Za-z0-9_])[Ss][Cc][Hh][Ee][Mm][Aa][^A-Za-z0-9]{0,2}[Vv][Ee][Rr][Ss][Ii][Oo][Nn]["'\\\\${SPACE}]{0,8}[:=]`,
  "gu",
);
const CONFLICT_OR_COMMENT = new RegExp(
  `^[${SPACE}]*(?:(?:<{7}|={7}|>{7}|\\|{7}|//|#)[^\\n]*\\n|/\\*[^]{0,200}?\\*/)`,
  "u",
);
const VALUE = new RegExp(`^[${SPACE}"'\\\\]*([^"'\\r\\n,}]*)([^]?)`, "u");
const ESCAPED_ASCII = /\\u00([2-7][0-9A-Fa-f])/g;
/** How far from its key the value of a broken text is looked for. */
const WINDOW = 1000;

/** Whether a text that cannot be read claims the contract: something like `schema_version` has such a value. */
export function textClaims(text: string): boolean {
  const plain = text.replaceAll(ESCAPED_ASCII, (_, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
  for (const found of plain.matchAll(KEY)) {
    const start = found.index + found[0].length;
    let window = plain.slice(start, start + WINDOW);
    for (let skipped; (skipped = CONFLICT_OR_COMMENT.exec(window));) window = window.slice(skipped[0].length);
    const [, name, next] = VALUE.exec(window) as unknown as [string, string, string];
    if (claimedVersion(name)) return true;
    if (next || start + WINDOW < plain.length) continue;
    const folded = fold(firstCharacters(name, LONGEST));
    if (folded.length > "psion.".length && STEMS.some((stem) => stem.startsWith(folded))) return true;
  }
  return false;
}

function fold(name: string): string {
  const seen = name.normalize("NFKD").replaceAll(UNSEEN, "").toLowerCase();
  return [...seen].map((letter) => LOOK_ALIKES.get(letter) ?? letter).join("");
}

function withoutSeparators(name: string): string {
  return name.replaceAll(/[^a-z0-9]/g, "");
}

/** Whether the Levenshtein distance of two names is at most two. */
function isMisspelt(name: string, right: string): boolean {
  const letters = [...name];
  if (Math.abs(letters.length - right.length) > MISSPELT) return false;
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [index, letter] of letters.entries()) {
    const next = [index + 1];
    for (let column = 1; column <= right.length; column++) {
      const wrong = letter === right[column - 1] ? 0 : 1;
      next.push(Math.min(row[column]! + 1, next[column - 1]! + 1, row[column - 1]! + wrong));
    }
    row = next;
  }
  return row[right.length]! <= MISSPELT;
}
