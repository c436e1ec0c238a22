// The grammar of JSON, strictly: every problem of a text, with the pointer where it stands.

import type { Json, JsonObject } from "./json.js";
import { child } from "./pointers.js";

/** What is wrong with a text. */
export interface Problem {
  rule: "invalid-json" | "duplicate-member" | "non-integer-number" | "limit-exceeded";
  pointer: string;
  message: string;
}

/** An integer of more digits is not read. */
const MAX_DIGITS = 4300;

/** After so many problems of one text the reader stops. */
const MAX_PROBLEMS = 10_000;

const NUMBER = /(-?)(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const AFTER_NUMBER = /[.\p{L}\p{N}]/uy;
const SPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- control characters are what a string may not hold
const CHARACTERS = /[^"\\\u0000-\u001f]*/y;
const HEX = /[0-9a-fA-F]{4}/y;
export const LONE_SURROGATE = /\p{Surrogate}/u;
const ESCAPES: Record<string, string> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Ends the reading. */
class Stop extends Error {
  constructor(
    readonly rule: "invalid-json" | "limit-exceeded",
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads a JSON text, which holds no half of a surrogate pair.
 *
 * @returns its value, undefined where a problem ended the reading, and all problems met.
 */
export function parse(text: string, maxDepth: number): { value: Json | undefined; problems: Problem[] } {
  const parser = new Parser(text, maxDepth);
  try {
    return { value: parser.document(), problems: parser.problems };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    parser.problems.push({ rule: error.rule, pointer: "", message: error.message });
    return { value: undefined, problems: parser.problems };
  }
}

class Parser {
  readonly problems: Problem[] = [];
  /** Names of the open members and indexes of the open items, from the root. */
  private readonly path: (string | number)[] = [];
  private offset = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  document(): Json {
    this.space();
    const value = this.value();
    this.space();
    if (this.offset < this.text.length) throw this.invalid("nothing may follow the value");
    return value;
  }

  private value(): Json {
    switch (this.text[this.offset]) {
      case "{":
        return this.object();
      case "[":
        return this.array();
      case '"':
        return this.string();
      case "t":
        return this.word("true", true);
      case "f":
        return this.word("false", false);
      case "n":
        return this.word("null", null);
      default:
        return this.number();
    }
  }

  private object(): JsonObject {
    const object: JsonObject = Object.create(null);
    this.open();
    if (!this.closes("}")) {
      do {
        this.space();
        if (this.text[this.offset] !== '"') throw this.invalid("a member name in double quotes is expected");
        const name = this.string();
        this.path[this.path.length - 1] = name;
        if (name in object)
          this.report("duplicate-member", `the member ${JSON.stringify(name)} stands here again`);
        this.space();
        if (this.text[this.offset] !== ":") throw this.invalid("a colon is expected after a member name");
        this.offset++;
        this.space();
        object[name] = this.value();
      } while (this.continues("}"));
    }
    this.path.pop();
    return object;
  }

  private array(): Json[] {
    const array: Json[] = [];
    this.open();
    if (!this.closes("]")) {
      do {
        this.path[this.path.length - 1] = array.length;
        this.space();
        array.push(this.value());
      } while (this.continues("]"));
    }
    this.path.pop();
    return array;
  }

  private open(): void {
    if (this.path.length >= this.maxDepth) {
      throw new Stop("limit-exceeded", `nested deeper than ${this.maxDepth} levels, the reader's limit`);
    }
    this.path.push(0);
    this.offset++;
    this.space();
  }

  /** Whether the container just opened is empty. */
  private closes(bracket: string): boolean {
    if (this.text[this.offset] !== bracket) return false;
    this.offset++;
    return true;
  }

  /** Whether another member or item follows. */
  private continues(bracket: string): boolean {
    this.space();
    if (this.closes(bracket)) return false;
    if (this.text[this.offset] !== ",") throw this.invalid(`a comma or ${bracket} is expected`);
    this.offset++;
    return true;
  }

  private string(): string {
    this.offset++;
    let value = this.match(CHARACTERS)![0];
    const start = this.offset;
    for (;;) {
      const next = this.text[this.offset];
      if (next === '"') break;
      if (next !== "\\") throw this.invalid("a string must end, and hold control characters as escapes only");
      value += this.escape() + this.match(CHARACTERS)![0];
    }
    const hasEscapes = this.offset > start;
    this.offset++;
    if (hasEscapes && LONE_SURROGATE.test(value)) throw this.invalid("a string holds half a surrogate pair");
    return value;
  }

  private escape(): string {
    const letter = this.text[this.offset + 1] ?? "";
    this.offset += 2;
    if (letter === "u") {
      const digits = this.match(HEX);
      if (digits) return String.fromCharCode(parseInt(digits[0], 16));
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (character === undefined) throw this.invalid("no escape of JSON starts so");
    return character;
  }

  private number(): number | bigint {
    const found = this.match(NUMBER);
    if (!found) throw this.invalid("a JSON value is expected");
    const [written, sign, whole, fraction, exponent] = found as unknown as [
      string,
      string,
      string,
      string?,
      string?,
    ];
    if (this.match(AFTER_NUMBER)) throw this.invalid(`a number cannot go on so`);
    if (whole.length > MAX_DIGITS) {
      throw new Stop(
        "limit-exceeded",
        `a number of ${whole.length} digits; the reader's limit is ${MAX_DIGITS}`,
      );
    }
    if (fraction !== undefined || exponent !== undefined) {
      this.report(
        "non-integer-number",
        "a number is written with a fraction or an exponent; write a plain integer",
      );
      return Number(written);
    }
    if (sign && whole === "0") {
      this.report("non-integer-number", "-0 is a negative zero; write 0");
      return 0;
    }
    const integer = Number(written);
    return Number.isSafeInteger(integer) ? integer : BigInt(written);
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.offset)) throw this.invalid("a JSON value is expected");
    this.offset += word.length;
    return value;
  }

  private space(): void {
    if (this.text.charCodeAt(this.offset) <= 0x20) this.match(SPACE);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.text);
    if (found) this.offset = pattern.lastIndex;
    return found;
  }

  private report(rule: "duplicate-member" | "non-integer-number", message: string): void {
    this.problems.push({ rule, pointer: this.path.reduce<string>(child, ""), message });
    if (this.problems.length === MAX_PROBLEMS) {
      throw new Stop("limit-exceeded", `${MAX_PROBLEMS} problems in one text; the rest of it was not read`);
    }
  }

  private invalid(message: string): Stop {
    const offset = Math.min(this.offset, this.text.length);
    return new Stop("invalid-json", `${message}, at character ${offset}`);
  }
}
