// A contract document and its place.

import { type JsonObject, memberOf } from "./json.js";
import { IDENTITIES, KINDS, type Role } from "./kinds.js";
import { type DocumentEntry, noPlace, type Related, type ResolvedReference } from "./findings.js";
import { SHAPES } from "./generated/shapes.js";
import { overlaps, valueAt } from "./pointers.js";
import { typed, typeInPlace, U64_SHAPES } from "./shape.js";
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
  /** Whether no string of the text has a character that is easily taken for another one. */
  isOrdinary: boolean;
}

export class Document {
  readonly broken: readonly string[];
  readonly judged: boolean;
  readonly isMisread: boolean;
  readonly isOrdinary: boolean;
  /** Whether an identifier is seen otherwise than it is written; undefined until that is needed. */
  isOdd: boolean | undefined = undefined;
  /** The members by which others refer to it; undefined where one of them is broken or not a string. */
  readonly identity: readonly string[] | undefined;

  /**
   * @param text - the text that contains it.
   * @param pointer - its place in the text.
   * @param value - the document, as the reader returns it; see `type`.
   * @param state - see `State`.
   */
  constructor(
    readonly text: Text,
    readonly pointer: string,
    readonly role: Role,
    public value: JsonObject,
    state: State,
  ) {
    this.broken = state.broken;
    this.judged = state.judged;
    this.isMisread = state.isMisread;
    this.isOrdinary = state.isOrdinary;
    const paths = IDENTITIES[role];
    const isSound =
      !this.broken.length ||
      !state.isExplained ||
      this.brokenAt(paths.map((path) => `/${path.join("/")}`)) === undefined;
    this.identity = isSound ? textsAt(value, paths) : undefined;
  }

  /**
   * Makes bigints of the u64 members of the value.
   *
   * @param inPlace - whether no other document has a part of the value.
   */
  type(inPlace: boolean): void {
    if (inPlace) typeInPlace(this.value, U64_SHAPES[this.role]);
    else this.value = typed(this.value, SHAPES[this.role]) as JsonObject;
  }

  /** The first broken pointer that is one of these, or above or below one of them. */
  brokenAt(pointers: readonly string[]): string | undefined {
    return this.broken.find((bad) => pointers.some((pointer) => overlaps(bad, pointer)));
  }

  /** A place in the document, as the other side of a contradiction. */
  related(pointer: string): Related {
    const value = valueAt(this.value, pointer) as Related["value"] | object;
    const place = noPlace(this.name, this.pointer + pointer);
    if (value !== undefined && typeof value !== "object") place.value = value;
    this.text.add(place);
    return place;
  }

  /** The name of its text. */
  get name(): string {
    return this.text.name;
  }

  /** The entry of the document in a report. */
  entry(references: readonly ResolvedReference[]): DocumentEntry {
    const { name: document, pointer, role, judged, identity: values, broken, value } = this;
    let identity: Record<string, string> | null = null;
    if (values) {
      identity = {};
      for (const [index, path] of IDENTITIES[role].entries()) identity[path.at(-1)!] = values[index]!;
    }
    return { document, pointer, role, kind: KINDS[role], identity, judged, broken, value, references };
  }
}

/** The strings at some paths; undefined where one of them is something else. */
function textsAt(value: JsonObject, paths: readonly (readonly string[])[]): string[] | undefined {
  const texts: string[] = [];
  for (const path of paths) {
    let found: unknown = value;
    for (const name of path) found = memberOf(found, name);
    if (typeof found !== "string") return undefined;
    texts.push(found);
  }
  return texts;
}
