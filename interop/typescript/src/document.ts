// A contract document and its place.

import { type JsonObject, memberOf } from "./json.js";
import { IDENTITIES, identityNames, KINDS, type Role } from "./kinds.js";
import type { DocumentEntry, Related } from "./findings.js";
import { overlaps, valueAt } from "./pointers.js";
import type { Text } from "./text.js";

/** What is known of a document besides its value. */
interface State {
  /** Pointers, from its root, of what the reader or the schema found wrong. */
  broken: readonly string[];
  /** False for an input. */
  judged: boolean;
  /** Whether `broken` lists everything; if not, it is the whole document, and any member may be sound. */
  isExplained: boolean;
  /** Whether another reader may see another document: the text has a problem here. */
  isMisread: boolean;
}

export class Document {
  readonly broken: readonly string[];
  readonly judged: boolean;
  readonly isMisread: boolean;
  /** The members by which others refer to it; undefined where one of them is broken or not a string. */
  readonly identity: readonly string[] | undefined;

  /**
   * @param text - the text that contains it.
   * @param pointer - its place in the text.
   * @param value - the document, with its u64 members as bigints.
   * @param state - see `State`.
   */
  constructor(
    readonly text: Text,
    readonly pointer: string,
    readonly role: Role,
    readonly value: JsonObject,
    state: State,
  ) {
    this.broken = state.broken;
    this.judged = state.judged;
    this.isMisread = state.isMisread;
    const paths = IDENTITIES[role];
    const members = paths.map((path) => path.reduce<unknown>(memberOf, value));
    const isSound =
      !state.isExplained || this.brokenAt(paths.map((path) => `/${path.join("/")}`)) === undefined;
    this.identity = isSound && members.every((member) => typeof member === "string") ? members : undefined;
  }

  /** The first broken pointer that is one of these, or above or below one of them. */
  brokenAt(pointers: readonly string[]): string | undefined {
    return this.broken.find((bad) => pointers.some((pointer) => overlaps(bad, pointer)));
  }

  /** A place in the document, as the other side of a contradiction. */
  related(pointer: string): Related {
    const value = valueAt(this.value, pointer) as Related["value"] | object;
    const place: Related = { document: this.name, pointer: this.pointer + pointer, line: null, column: null };
    if (value !== undefined && typeof value !== "object") place.value = value;
    this.text.add(place);
    return place;
  }

  /** The name of its text. */
  get name(): string {
    return this.text.name;
  }

  /** The entry of the document in a report. */
  entry(): DocumentEntry {
    const { name: document, pointer, role, judged, identity: values } = this;
    const names = identityNames(role);
    const identity = values ? Object.fromEntries(names.map((name, index) => [name, values[index]!])) : null;
    return { document, pointer, role, kind: KINDS[role], identity, judged };
  }
}
