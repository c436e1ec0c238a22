// The lines and columns of places in a text.

import { partsOf } from "./pointers.js";

/** Something at a place of a text. */
export interface Located {
  readonly pointer: string;
  /** Line from 1; null where the text has no such value. */
  line: number | null;
  /** Column from 1, in characters; null where the text has no such value. */
  column: number | null;
  /** The line of the text, or what of a long one is around the place; null where there is no line. */
  snippet: Snippet | null;
}

/** A part of one line of a text. */
export interface Snippet {
  text: string;
  /** The column of its first character. */
  column: number;
}

/** How long a snippet is, and how much of it precedes the place, in characters. */
const [SNIPPET, BEFORE] = [160, 60];

/** A text that is checked. Places in it are collected and then looked up together, in one pass. */
export class Text {
  private readonly atPointers = new Map<string, Located[]>();
  private readonly atOffsets: [offset: number, place: Located][] = [];

  /**
   * @param name - as it was given.
   * @param json - the decoded text, at least up to the places in it.
   * @param dirty - collects the texts with places that are not looked up yet.
   * @param firstLine - the line of the file on which the text starts; undefined if the text is not what the user wrote.
   */
  constructor(
    readonly name: string,
    private readonly json: string,
    private readonly dirty: Set<Text>,
    private readonly firstLine: number | undefined,
  ) {}

  /** Collects a place; `offset` is where it is, by default at the value that its pointer leads to. */
  add(place: Located, offset?: number): void {
    this.dirty.add(this);
    if (offset !== undefined) this.atOffsets.push([offset, place]);
    else if (this.atPointers.has(place.pointer)) this.atPointers.get(place.pointer)!.push(place);
    else this.atPointers.set(place.pointer, [place]);
  }

  /** Fills in line, column and snippet of the collected places. */
  locate(): void {
    const offsets = [...this.atOffsets];
    if (this.atPointers.size && this.firstLine !== undefined) {
      for (const [pointer, offset] of valueOffsets(this.json, this.atPointers.keys())) {
        for (const place of this.atPointers.get(pointer)!) offsets.push([offset, place]);
      }
    }
    if (this.firstLine !== undefined) setPositions(this.json, this.firstLine, offsets);
    this.atPointers.clear();
    this.atOffsets.length = 0;
  }
}

/** Looks up all places of these texts, which then have none left. */
export function locate(texts: Set<Text>): void {
  for (const text of texts) text.locate();
  texts.clear();
}

function setPositions(json: string, firstLine: number, offsets: [number, Located][]): void {
  offsets.sort(([one], [other]) => one - other);
  let [offset, line, column, start] = [0, firstLine, 1, 0];
  for (const [target, place] of offsets) {
    for (; offset < target; offset++) {
      const code = json.charCodeAt(offset);
      if (code === LINE_FEED) [line, column, start] = [line + 1, 1, offset + 1];
      else if (!isSecondHalf(code)) column++;
    }
    [place.line, place.column] = [line, column];
    if (json) place.snippet = snippetAt(json, start, offset, column);
  }
}

/** The snippet for a place, whose line starts at `start`. */
function snippetAt(json: string, start: number, offset: number, column: number): Snippet {
  const end = endAfter(json, offset, Math.max(0, SNIPPET - column + 1));
  if (column <= SNIPPET + 1 && isEndOfLine(json, end)) return { text: line(json, start, end), column: 1 };
  const before = Math.min(BEFORE, column - 1);
  let first = offset;
  for (let count = 0; count < before; count++) first -= isSecondHalf(json.charCodeAt(first - 1)) ? 2 : 1;
  return { text: line(json, first, endAfter(json, first, SNIPPET)), column: column - before };
}

/** A part of a line, without the carriage return that ends it: a place may be after that. */
function line(json: string, start: number, end: number): string {
  const isReturn = end > start && json.charCodeAt(end - 1) === CARRIAGE_RETURN && isEndOfLine(json, end - 1);
  return json.slice(start, isReturn ? end - 1 : end);
}

/** The offset after some characters, at most at the end of the line. */
function endAfter(json: string, offset: number, characters: number): number {
  let end = offset;
  for (let count = 0; count < characters && !isEndOfLine(json, end); count++) {
    end += isSecondHalf(json.charCodeAt(end + 1)) ? 2 : 1;
  }
  return end;
}

function isEndOfLine(json: string, offset: number): boolean {
  const code = json.charCodeAt(offset);
  return (
    offset >= json.length ||
    code === LINE_FEED ||
    (code === CARRIAGE_RETURN && (offset + 1 === json.length || json.charCodeAt(offset + 1) === LINE_FEED))
  );
}

/** Whether a code unit is the second half of a character. */
function isSecondHalf(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}

const CARRIAGE_RETURN = 0x0d;
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
