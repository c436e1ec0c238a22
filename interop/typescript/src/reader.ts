// The strict reader: makes a JSON value of a text, or finds the problems of the text.

import type { Problem } from "./findings.js";
import type { Json } from "./json.js";
import { LONE_SURROGATE, parse } from "./parser.js";

/** A JSON text: the bytes of a file, or a string. */
export type JsonText = ArrayBuffer | ArrayBufferView | string;

/** The limits of the reader, per document. Each is a non-negative integer. */
export interface Limits {
  /** Size in bytes; by default 16 MiB. */
  maxBytes: number;
  /** Members of all objects plus items of all arrays; by default one million. */
  maxMembers: number;
  /** Levels of nested arrays and objects; by default 128, at most 200. */
  maxDepth: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxBytes: 16 * 1024 * 1024,
  maxMembers: 1_000_000,
  maxDepth: 128,
};

/** The largest possible `maxDepth`. */
const DEEPEST = 200;

/** The result of reading one text. */
export interface Reading {
  /** The JSON value; undefined where a problem stopped the reader. */
  value: Json | undefined;
  problems: Problem[];
}

/**
 * Reads one text.
 *
 * @throws TypeError if `text` is not a text, or a limit is not a non-negative integer.
 */
export function read(text: JsonText, limits: Partial<Limits> = {}): Reading {
  const bytes = bytesOf(text);
  const { maxBytes, maxMembers, maxDepth } = completed(limits);
  if (bytes.length > maxBytes) {
    return refused("limit-exceeded", `larger than ${maxBytes} bytes`);
  }
  if (bytes.length > maxMembers && countMembers(bytes) > maxMembers) {
    return refused("limit-exceeded", `more than ${maxMembers} members and items`);
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refused("invalid-json", "byte order mark (U+FEFF); save the file as UTF-8 without one");
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

/** All limits, with defaults for the undefined ones. */
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
  // An ArrayBuffer of another frame is not an instance of ArrayBuffer, but has the same tag.
  if (tagOf(text) === "ArrayBuffer") return new Uint8Array(text as ArrayBuffer);
  throw new TypeError(`expected bytes (Uint8Array or ArrayBuffer) or a string, not ${tagOf(text)}`);
}

/** The name of the built-in type of a value: `ArrayBuffer`, `Promise`, `Null`. */
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
 * Counts the members and items of a text before it is parsed: the commas outside strings, and the opening brackets
 * that are not followed by a closing one. An unterminated string extends to the end of the text.
 */
function countMembers(bytes: Uint8Array): number {
  let count = 0;
  let opened = false; // whether only white space followed the last opening bracket
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
