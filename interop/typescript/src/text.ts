// The lines and columns of places in a text.

import { partsOf } from "./pointers.js";

/** Something at a place of a text. */
export interface Located {
  readonly pointer: string;
  /** Line from 1; null where the text has no such value. */
  line: number | null;
  /** Column from 1, in characters; null where the text has no such value. */
  column: number | null;
}

/** A text that is checked. Places in it are collected and then looked up together, in one pass. */
export class Text {
  private readonly atPointers = new Map<string, Located[]>();
  private readonly atOffsets: [offset: number, place: Located][] = [];

  /**
   * @param name - as it was given.
   * @param json - the decoded text, at least up to the places in it.
   */
  constructor(
    readonly name: string,
    private readonly json: string,
  ) {}

  /** Collects a place; `offset` is where it is, by default at the value that its pointer leads to. */
  add(place: Located, offset?: number): void {
    if (offset !== undefined) this.atOffsets.push([offset, place]);
    else if (this.atPointers.has(place.pointer)) this.atPointers.get(place.pointer)!.push(place);
    else this.atPointers.set(place.pointer, [place]);
  }

  /** Fills in line and column of the collected places. */
  locate(): void {
    const offsets = [...this.atOffsets];
    if (this.atPointers.size) {
      for (const [pointer, offset] of valueOffsets(this.json, this.atPointers.keys())) {
        for (const place of this.atPointers.get(pointer)!) offsets.push([offset, place]);
      }
    }
    setPositions(this.json, offsets);
    this.atPointers.clear();
    this.atOffsets.length = 0;
  }
}

function setPositions(json: string, offsets: [number, Located][]): void {
  offsets.sort(([one], [other]) => one - other);
  let [offset, line, column] = [0, 1, 1];
  for (const [target, place] of offsets) {
    for (; offset < target; offset++) {
      const code = json.charCodeAt(offset);
      if (code === LINE_FEED) [line, column] = [line + 1, 1];
      else if (code < 0xdc00 || code > 0xdfff) column++; // not the second half of a character
    }
    [place.line, place.column] = [line, column];
  }
}

const LINE_FEED = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Wanted pointers as a tree. */
interface Node {
  /** The pointer of this node, where it is wanted itself. */
  pointer?: string;
  children: Map<string, Node>;
}

/** The offsets of the values at some pointers; where a member is repeated, the last one counts. */
function valueOffsets(json: string, pointers: Iterable<string>): Map<string, number> {
  const root: Node = { children: new Map() };
  for (const pointer of pointers) {
    let node = root;
    for (const part of partsOf(pointer)) {
      let next = node.children.get(part);
      if (!next) node.children.set(part, (next = { children: new Map() }));
      node = next;
    }
    node.pointer = pointer;
  }
  const found = new Map<string, number>();
  new Walker(json, found).value(root);
  return found;
}

/** Walks over the wanted parts of a text, which is valid at least as far as there are values. */
class Walker {
  private offset = 0;

  constructor(
    private readonly json: string,
    private readonly found: Map<string, number>,
  ) {}

  value(node: Node): void {
    this.space();
    if (node.pointer !== undefined && this.offset < this.json.length)
      this.found.set(node.pointer, this.offset);
    const opening = node.children.size ? this.json[this.offset] : undefined;
    if (opening === "{" || opening === "[") this.container(node, opening);
    else this.skip();
    this.space();
  }

  private container(node: Node, opening: string): void {
    this.offset++;
    this.space();
    for (let index = 0; this.offset < this.json.length; index++) {
      if (this.json[this.offset] === "}" || this.json[this.offset] === "]") break;
      const child = node.children.get(opening === "{" ? this.name() : String(index));
      if (child) this.value(child);
      else this.value({ children: NONE });
      if (this.json[this.offset] !== ",") break;
      this.offset++;
      this.space();
    }
    this.offset++;
  }

  private name(): string {
    const start = this.offset;
    this.string();
    const written = this.json.slice(start, this.offset);
    this.space();
    this.offset++; // the colon
    return written.includes("\\") ? (JSON.parse(written) as string) : written.slice(1, -1);
  }

  /** Moves past a value. */
  private skip(): void {
    let depth = 0;
    do {
      const character = this.json[this.offset];
      if (character === '"') this.string();
      else {
        if (character === "{" || character === "[") depth++;
        else if (character === "}" || character === "]") depth--;
        else if (depth === 0) return this.scalar();
        this.offset++;
      }
    } while (depth > 0 && this.offset < this.json.length);
  }

  private scalar(): void {
    while (this.offset < this.json.length && !/[\s,\]}]/.test(this.json[this.offset]!)) this.offset++;
  }

  private string(): void {
    this.offset++;
    for (; this.offset < this.json.length; this.offset++) {
      const code = this.json.charCodeAt(this.offset);
      if (code === QUOTE) break;
      if (code === BACKSLASH) this.offset++;
    }
    this.offset++;
  }

  private space(): void {
    while (this.json.charCodeAt(this.offset) <= 0x20) this.offset++;
  }
}

const NONE: Map<string, Node> = new Map();
