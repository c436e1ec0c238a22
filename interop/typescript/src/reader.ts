// The one reader: a text to a JSON value, or to the problems that keep it from being one
// (docs/rules.md, "Reading").

import type { Json } from "./json.js";
import { LONE_SURROGATE, parse, type Problem } from "./parser.js";

/** What the reader accepts at most, per document. */
export interface Limits {
  /** Size in bytes; 16 MiB unless told. */
  maxBytes: number;
  /** Members of all objects and items of all arrays together; one million unless told. */
  maxMembers: number;
  /** Levels of nested arrays and objects, the outermost counted; 128 unless told, at most 200. */
  maxDepth: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxBytes: 16 * 1024 * 1024,
  maxMembers: 1_000_000,
  maxDepth: 128,
};

/** No limit on nesting may be larger. */
const DEEPEST = 200;

/** What came of one text. */
export interface Reading {
  /** The JSON value; undefined where a problem ended the reading. */
  value: Json | undefined;
  problems: Problem[];
}

/** Reads one text, given as the bytes of a file or as a string. */
export function read(text: Uint8Array | string, limits: Partial<Limits> = {}): Reading {
  const { maxBytes, maxMembers, maxDepth } = { ...DEFAULT_LIMITS, ...limits };
  const bytes = typeof text === "string" ? encoded(text) : text;
  if (bytes.length > maxBytes) {
    return refused("limit-exceeded", `larger than ${maxBytes} bytes, the reader's limit`);
  }
  if (bytes.length > maxMembers && countMembers(bytes) > maxMembers) {
    return refused("limit-exceeded", `more than ${maxMembers} members and items, the reader's limit`);
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refused("invalid-json", "starts with a byte order mark (U+FEFF); save it as UTF-8 without one");
  }
  const string = typeof text === "string" ? text : decoded(text);
  if (string === undefined || (string === text && LONE_SURROGATE.test(string))) {
    return refused("invalid-json", "not UTF-8");
  }
  return parse(string, Math.min(maxDepth, DEEPEST));
}

function refused(rule: Problem["rule"], message: string): Reading {
  return { value: undefined, problems: [{ rule, pointer: "", message }] };
}

function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const SPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);

/**
 * Members and items of a text, counted before anything is built of it: the commas outside strings, and the
 * opening brackets that a closing one does not follow. A string that does not end goes on to the end.
 */
function countMembers(bytes: Uint8Array): number {
  let count = 0;
  let opened = false; // whether nothing but white space came since an opening bracket
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    if (SPACE.has(byte)) continue;
    if (opened && !CLOSING.has(byte)) count++;
    opened = OPENING.has(byte);
    if (byte === COMMA) count++;
    if (byte === QUOTE) index = endOfString(bytes, index);
  }
  return opened ? count + 1 : count;
}

function endOfString(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1;
  return index;
}
