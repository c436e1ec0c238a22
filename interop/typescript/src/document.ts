// A contract document and its place.

import { type JsonObject, memberOf } from "./json.js";
import { IDENTITIES, type Role } from "./kinds.js";
import { overlaps } from "./pointers.js";

export class Document {
  /** The members by which others refer to it; undefined where one of them is broken or not a string. */
  readonly identity: readonly string[] | undefined;

  /**
   * @param name - the name of the text that contains it.
   * @param pointer - its place in the text.
   * @param value - the document, with its u64 members as bigints.
   * @param broken - pointers, from its root, of what the reader or the schema found wrong.
   * @param judged - false for an input.
   */
  constructor(
    readonly name: string,
    readonly pointer: string,
    readonly role: Role,
    readonly value: JsonObject,
    readonly broken: readonly string[],
    readonly judged: boolean,
  ) {
    const paths = IDENTITIES[role];
    const members = paths.map((path) => path.reduce<unknown>(memberOf, value));
    const isSound = !this.isBrokenAt(paths.map((path) => `/${path.join("/")}`));
    this.identity = isSound && members.every((member) => typeof member === "string") ? members : undefined;
  }

  /** Whether something at, above or below one of these pointers is broken. */
  isBrokenAt(pointers: readonly string[]): boolean {
    return this.broken.some((bad) => pointers.some((pointer) => overlaps(bad, pointer)));
  }
}
