// The one reader: a text to a JSON value, or to the problems that keep it from being one
// (docs/rules.md, "Reading").

import type { Json } from "./json.js";
import { LONE_SURROGATE, parse, type Problem } from "./parser.js";

/** One JSON text: the bytes of a file, or a string. */
export type JsonText = ArrayBuffer | ArrayBufferView | string;

/** What the reader accepts at most, per document: each a non-negative integer. */
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

/**
 * Reads one text.
 *
 * @throws TypeError what is given is no text, or a limit is no limit.
 */
export function read(text: JsonText, limits: Partial<Limits> = {}): Reading {
  const bytes = bytesOf(text);
  const { maxBytes, maxMembers, maxDepth } = completed(limits);
  if (bytes.length > maxBytes) {
    return refused("limit-exceeded", `larger than ${maxBytes} bytes, the reader's limit`);
  }
  if (bytes.length > maxMembers && countMembers(bytes) > maxMembers) {
    return refused("limit-exceeded", `more than ${maxMembers} members and items, the reader's limit`);
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refused("invalid-json", "starts with a byte order mark (U+FEFF); save it as UTF-8 without one");
  }
  const string = typeof text === "string" ? text : decoded(bytes);
  if (string === undefined || (string === text && LONE_SURROGATE.test(string))) {
    return refused("invalid-json", "not UTF-8");
  }
  return parse(string, Math.min(maxDepth, DEEPEST));
}

function refused(rule: Problem["rule"], message: string): Reading {
  return { value: undefined, problems: [{ rule, pointer: "", message }] };
}

/** All limits, with the default in the place of an undefined one: no size is larger than undefined. */
function completed(given: Partial<Limits>): Limits {
  const limits = { ...DEFAULT_LIMITS };
  for (const name of Object.keys(limits) as (keyof Limits)[]) {
    const limit: unknown = given[name];
    if (limit === undefined) continue;
    if (!isCount(limit)) {
      throw new TypeError(
        `limits.${name} must be a non-negative integer, not the ${typeof limit} ${String(limit)}`,
      );
    }
    limits[name] = limit;
  }
  return limits;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text === "string") return new TextEncoder().encode(text);
  if (ArrayBuffer.isView(text)) return new Uint8Array(text.buffer, text.byteOffset, text.byteLength);
  // By its tag, because the ArrayBuffer of another frame is no instance of ours.
  if (tagOf(text) === "ArrayBuffer") return new Uint8Array(text as ArrayBuffer);
  throw new TypeError(`bytes (Uint8Array or ArrayBuffer) or a string expected, not ${tagOf(text)}`);
}

/** What a value is, in a word: `ArrayBuffer`, `Promise`, `Null`. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
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
