// The fast way to read: JSON.parse, for texts of which it loses nothing.

import type { Json } from "./json.js";

/** The integers of so many digits are exact as numbers. */
const EXACT_DIGITS = 15;

/** By byte, whether it is an ASCII character of a string that says nothing more: neither a quotation mark nor a backslash. */
const IN_STRING = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x80 && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);

/** What a text is made of, as far as that decides whether `JSON.parse` loses something. */
interface Survey {
  /** How many members all objects have. */
  members: number;
  /** How deep arrays and objects are nested. */
  depth: number;
  /** No name of a member has more characters. */
  longestName: number;
  /** Whether no string has a character that is easily taken for another one; false where that is not certain. */
  isOrdinary: boolean;
}

/**
 * The value of a strict text whose numbers are plain integers of few digits, and whether no string has a character that
 * is easily taken for another one. Undefined for any other text, and for some strict ones.
 *
 * @param json - the decoded text.
 * @param bytes - the same text, whose bytes are read in less time.
 * @param maxDepth - how deep arrays and objects may be nested.
 * @param maxNames - how many characters the names on the way to a value may have.
 */
export function parsePlain(
  json: string,
  bytes: Uint8Array,
  maxDepth: number,
  maxNames: number,
): { value: Json; isOrdinary: boolean } | undefined {
  const survey = surveyed(bytes);
  if (!survey || survey.depth > maxDepth || survey.depth * survey.longestName > maxNames) return undefined;
  let value: Json;
  try {
    value = JSON.parse(json) as Json;
  } catch {
    return undefined;
  }
  // A member that is repeated is in the text twice, but once in the value.
  if (membersIn(value) !== survey.members) return undefined;
  return { value, isOrdinary: survey.isOrdinary };
}

/** One pass over a text, which need not be JSON; undefined where `JSON.parse` might lose something. */
function surveyed(bytes: Uint8Array): Survey | undefined {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let members = 0;
  let depth = 0;
  let deepest = 0;
  let longest = 0;
  let longestName = 0;
  let isOrdinary = true;
  for (let index = 0; index < length; index++) {
    let byte = bytes[index]!;
    if (byte <= 0x20 || byte === 0x2c /* , */) continue;
    if (byte === 0x22 /* " */) {
      const start = index++;
      for (;;) {
        // Most of a text is in its strings, and most of these is passed over in fours.
        while (index + 4 <= length && arePlain(view.getInt32(index, true))) index += 4;
        while (IN_STRING[(byte = bytes[index]!)]) index++;
        if (byte === 0x22 || index >= length) break;
        if (byte === 0x5c /* \ */) {
          if (bytes[++index] === 0x75 /* u */) {
            if ((bytes[index + 1]! | 0x20) === 0x64 /* d */) return undefined; // perhaps half a character
            isOrdinary = false;
          }
        } else if (isOrdinary) isOrdinary = isOrdinaryAt(bytes, index);
        index++;
      }
      longest = index - start;
    } else if (byte === 0x3a /* : */) {
      members++;
      if (longest > longestName) longestName = longest;
    } else if (byte <= 0x39 /* 9 */) {
      const start = index;
      if (byte === 0x2d /* - */ && bytes[index + 1] === 0x30 /* 0 */) return undefined;
      do byte = bytes[++index]!;
      while (byte >= 0x30 && byte <= 0x39);
      if (index - start > EXACT_DIGITS) return undefined;
      if (byte === 0x2e /* . */ || (byte | 0x20) === 0x65 /* e */) return undefined;
      index--;
    } else if (byte === 0x7b /* { */ || byte === 0x5b /* [ */) {
      if (++depth > deepest) deepest = depth;
    } else if (byte === 0x7d /* } */ || byte === 0x5d /* ] */) depth--;
  }
  return { members, depth: deepest, longestName, isOrdinary };
}

/** Whether four bytes in a string are ASCII and neither a quotation mark nor a backslash. */
function arePlain(four: number): boolean {
  // A byte of `x - 0x01010101 & ~x` has its highest bit set where x has a byte 0; see IN_STRING for the bytes.
  const quotes = four ^ 0x22222222;
  const backslashes = four ^ 0x5c5c5c5c;
  const found = ((quotes - 0x01010101) & ~quotes) | ((backslashes - 0x01010101) & ~backslashes) | four;
  return (found & 0x80808080) === 0;
}

/**
 * Whether a byte of UTF-8 beyond ASCII is part of a character that no other one is taken for, and that is its own
 * Normalization Form C whatever precedes it. Many others are, too.
 */
function isOrdinaryAt(bytes: Uint8Array, index: number): boolean {
  const byte = bytes[index]!;
  if (byte < 0xc0) return true; // its first byte was looked at
  const next = bytes[index + 1]!;
  if (byte === 0xc2) return next > 0xa0 && next !== 0xad; // signs of Latin-1 without the soft hyphen
  if (byte === 0xc3) return true; // letters of Latin-1
  if (byte === 0xce) return next === 0x94 || (next >= 0xb1 && next !== 0xbf); // Δ, α to ξ
  if (byte === 0xcf) return next >= 0x80 && next <= 0x89; // π to ω
  if (byte === 0xe2) {
    const last = bytes[index + 2]!;
    if (next === 0x80) return last >= 0x90 && last <= 0xa7; // dashes, quotation marks
    if (next === 0x82) return last <= 0x9c; // subscripts
    return next >= 0x86 && next <= 0x9f; // arrows, mathematical signs, boxes, dingbats
  }
  if (byte >= 0xe4 && byte <= 0xe9) return byte > 0xe4 || next >= 0xb8; // U+4E00 to U+9FFF
  return byte === 0xf0 && (next === 0x90 || next === 0x9f); // U+10000 to U+10FFF, pictographs
}

/** How many members all objects of a value have; NaN if one of them is named as what objects inherit from. */
function membersIn(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object") count += membersIn(item);
    return count;
  }
  for (const name in value) {
    if (name === "__proto__") return NaN;
    const member = value[name]!;
    count++;
    if (typeof member === "object") count += membersIn(member);
  }
  return count;
}
