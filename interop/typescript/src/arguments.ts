// Arguments as callers pass them. A wrong one throws: a check that silently ignores an option would mislead.

import { closest } from "./suggest.js";

/**
 * Checks that a value is a plain object of options.
 *
 * @param what - what the members are called: `option` or `limit`.
 * @throws TypeError if it is not, or has a member of another name.
 */
export function checkNames(what: string, value: unknown, names: readonly string[]): void {
  if (typeof value !== "object" || value === null || !isPlain(value)) {
    const known = `{ ${names.join(", ")} }`;
    throw new TypeError(`${what}s must be a plain object with any of ${known}, not ${described(value)}`);
  }
  for (const [name, member] of Object.entries(value)) {
    if (!names.includes(name)) throw new TypeError(unknown(what, name, member, names));
  }
}

function unknown(what: string, name: string, value: unknown, names: readonly string[]): string {
  const found = `unknown ${what} ${JSON.stringify(name)}`;
  const meant = closest(name, names);
  if (meant !== undefined) return `${found}; did you mean ${meant}?`;
  if (names.includes("inputs") && (typeof value === "string" || isBytes(value))) {
    return `${found}; to pass the documents that others refer to, write { inputs: … }`;
  }
  return `${found}; known are ${names.join(", ")}`;
}

/**
 * Checks the type of one option, which may be undefined.
 *
 * @throws TypeError if it is another type.
 */
export function checkType(name: string, value: unknown, type: "boolean" | "string"): void {
  if (value !== undefined && typeof value !== type) {
    throw new TypeError(`the option ${name} must be a ${type}, not ${described(value)}`);
  }
}

/** Whether a value is an `ArrayBuffer`, shared or not and of any frame, or a view of one. */
export function isBytes(value: unknown): value is ArrayBufferLike | ArrayBufferView {
  return ArrayBuffer.isView(value) || /^(Shared)?ArrayBuffer$/.test(tagOf(value));
}

/** Whether an object has no class. A Promise or a Response has no entries and would count as empty. */
export function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // the Object.prototype of any frame
}

/** A value in a message: its type and, where that is short, itself. */
export function described(value: unknown): string {
  if (typeof value === "string") return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === "object" || typeof value === "function" || value === undefined) return tagOf(value);
  return `the ${typeof value} ${String(value)}`;
}

/** The name of the built-in type of a value: `ArrayBuffer`, `Promise`, `Null`. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
