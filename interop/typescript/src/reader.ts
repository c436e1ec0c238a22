// The strict reader: makes a JSON value of a text, or finds the problems of the text.

import { checkNames, described, isBytes, tagOf } from "./arguments.js";
import { diagnosisOfBytes, diagnosisOfText } from "./diagnosis.js";
import type { Problem } from "./findings.js";
import type { Json } from "./json.js";
import { LONE_SURROGATE, MAX_NAMES, parse } from "./parser.js";
import { parsePlain } from "./plain.js";
import { decoded, decodedPrefix, encoded } from "./utf8.js";

/** A JSON text: the bytes of a file, or a string. */
export type JsonText = ArrayBufferLike | ArrayBufferView | string;

/** The limits of the reader, per document. Each is a non-negative integer. */
export interface Limits {
  /** Size in bytes; by default 16 MiB. */
  maxBytes: number;
  /** Members of all objects plus items of all arrays; by default one million. */
  maxMembers: number;
  /** Levels of nested arrays and objects; by default 128, at most 200. */
  maxDepth: number;
  /** Lines of one JSON Lines file; by default 100 000. */
  maxLines: number;
}

export const DEFAULT_LIMITS: Readonly<Limits> = {
  maxBytes: 16 * 1024 * 1024,
  maxMembers: 1_000_000,
  maxDepth: 128,
  maxLines: 100_000,
};

/** The largest possible `maxDepth`. */
const DEEPEST = 200;

/** The result of reading one text. */
export interface Reading {
  /** The JSON value; undefined where a problem stopped the reader. */
  value: Json | undefined;
  problems: Problem[];
  /** The decoded text, as far as it could be decoded. */
  json: string;
  /** Whether all numbers are exact as numbers, and nothing is wrong with the text. */
  isPlain: boolean;
  /** Whether no string has a character that is easily taken for another one; false where that is not certain. */
  isOrdinary: boolean;
}

/**
 * Reads one text.
 *
 * @throws TypeError if `text` is not a text.
 */
export function read(text: JsonText, limits: Limits = DEFAULT_LIMITS): Reading {
  const given = bytesOf(text);
  const { maxBytes, maxMembers, maxDepth } = limits;
  if (given.length > maxBytes) {
    return refused("limit-exceeded", `${given.length} bytes; the limit is ${maxBytes}`);
  }
  // A copy where it is shared or resizable: decoders refuse such memory, and it may change while it is read.
  const bytes = isFixed(given) ? given : given.slice();
  if (bytes.length > maxMembers && countMembers(bytes) > maxMembers) {
    return refused("limit-exceeded", `more than ${maxMembers} members and items, the limit`);
  }
  const familiar = OPENING.has(bytes[0]!) ? undefined : diagnosisOfBytes(bytes);
  if (familiar !== undefined) return refused("invalid-json", familiar);
  const json = typeof text === "string" ? text : decoded(bytes);
  if (json === undefined) return notUtf8(bytes);
  if (json === text && LONE_SURROGATE.test(json)) {
    return refused("invalid-json", "unpaired surrogate: not UTF-8", json, json.search(LONE_SURROGATE));
  }
  const plain = parsePlain(json, bytes, Math.min(maxDepth, DEEPEST), MAX_NAMES);
  if (plain) return { ...plain, problems: [], json, isPlain: true };
  const { value, problems } = parse(json, Math.min(maxDepth, DEEPEST));
  const last = problems.at(-1);
  if (value === undefined && last?.rule === "invalid-json") {
    const meant = diagnosisOfText(json, last.offset ?? 0);
    if (meant !== undefined)
      problems[problems.length - 1] = { ...last, message: `${meant} (${last.message})` };
  }
  return { value, problems, json, isPlain: false, isOrdinary: false };
}

/** A text as far as it is one, whatever is wrong with it: UTF-16 too, with or without a byte order mark. */
export function lenient(text: JsonText): string {
  if (typeof text === "string") return text;
  const bytes = bytesOf(text).slice();
  const [first, second] = bytes;
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const isWide = isMarked || (bytes.length > 1 && (first === 0) !== (second === 0));
  const isBigEndian = isMarked ? first === 0xfe : first === 0;
  return new TextDecoder(isWide ? (isBigEndian ? "utf-16be" : "utf-16le") : "utf-8").decode(bytes);
}

function notUtf8(bytes: Uint8Array): Reading {
  const json = decodedPrefix(bytes);
  const place = encoded(json).length;
  const message = `byte 0x${bytes[place]!.toString(16).padStart(2, "0")} at byte ${place} is not UTF-8`;
  return refused("invalid-json", message, json, json.length);
}

function refused(rule: Problem["rule"], message: string, json = "", offset = 0): Reading {
  const problems = [{ rule, pointer: "", message, offset }];
  return { value: undefined, problems, json, isPlain: false, isOrdinary: false };
}

/**
 * All limits, with defaults for the undefined ones.
 *
 * @throws TypeError if a limit is unknown or not a non-negative integer.
 */
export function limitsOf(given: unknown): Limits {
  const limits = { ...DEFAULT_LIMITS };
  if (given === undefined) return limits;
  checkNames("limit", given, Object.keys(limits));
  for (const [name, limit] of Object.entries(given as Partial<Limits>)) {
    if (limit === undefined) continue;
    if (!isCount(limit)) {
      throw new TypeError(`limits.${name} must be a non-negative integer, not ${described(limit)}`);
    }
    limits[name as keyof Limits] = limit;
  }
  return limits;
}

/** Whether nothing else can change bytes while they are read. */
function isFixed({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && !(buffer as { resizable?: boolean }).resizable;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text === "string") return encoded(text);
  if (text instanceof Uint8Array && text.length) return text;
  if (!isBytes(text)) {
    throw new TypeError(`expected bytes (Uint8Array or ArrayBuffer) or a string, not ${tagOf(text)}`);
  }
  if (!ArrayBuffer.isView(text)) return new Uint8Array(text);
  // A view whose buffer was transferred or has shrunk seems to be empty; this method of all typed arrays then throws.
  if (tagOf(text) !== "DataView") Uint8Array.prototype.keys.call(text as Uint8Array);
  return new Uint8Array(text.buffer, text.byteOffset, text.byteLength);
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
