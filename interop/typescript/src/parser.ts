// A strict JSON parser that finds every problem of a text, with its pointer.

import type { Problem } from "./findings.js";
import type { Json, JsonObject } from "./json.js";
import { child } from "./pointers.js";

/** The limit of digits in a number. */
const MAX_DIGITS = 4300;

/** The limit of problems in one text, after which the reader stops. */
const MAX_PROBLEMS = 10_000;

const NUMBER = /(-?)(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const AFTER_NUMBER = /[0-9A-Za-z.]/y;
const SPACE = /[ \t\n\r]*/y;
// eslint-disable-next-line no-control-regex -- a string must not contain control characters
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

/** Stops the parser. */
class Stop extends Error {
  constructor(
    readonly rule: "invalid-json" | "limit-exceeded",
    message: string,
  ) {
    super(message);
  }
}

/**
 * Parses a JSON text, which must not contain unpaired surrogates.
 *
 * @returns its value, or undefined where a problem stopped the parser, and all problems found.
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
    if (this.offset < this.text.length) throw this.invalid("unexpected text after the value");
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
        if (this.text[this.offset] !== '"') throw this.invalid("expected a member name in double quotes");
        const name = this.string();
        this.path[this.path.length - 1] = name;
        if (name in object) this.report("duplicate-member", `duplicate member ${JSON.stringify(name)}`);
        this.space();
        if (this.text[this.offset] !== ":") throw this.invalid("expected a colon after the member name");
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
      throw new Stop("limit-exceeded", `nested more than ${this.maxDepth} levels deep`);
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
    if (this.text[this.offset] !== ",") throw this.invalid(`expected a comma or ${bracket}`);
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
      if (next !== "\\") throw this.invalid("unterminated string or unescaped control character");
      value += this.escape() + this.match(CHARACTERS)![0];
    }
    const hasEscapes = this.offset > start;
    this.offset++;
    if (hasEscapes && LONE_SURROGATE.test(value)) throw this.invalid("unpaired surrogate in a string");
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
    if (character === undefined) throw this.invalid("invalid escape sequence");
    return character;
  }

  private number(): number | bigint {
    const found = this.match(NUMBER);
    if (!found) throw this.invalid("expected a JSON value");
    const [written, sign, whole, fraction, exponent] = found as unknown as [
      string,
      string,
      string,
      string?,
      string?,
    ];
    if (this.match(AFTER_NUMBER)) throw this.invalid("invalid number");
    if (whole.length > MAX_DIGITS) {
      throw new Stop("limit-exceeded", `a number has ${whole.length} digits; the limit is ${MAX_DIGITS}`);
    }
    if (fraction !== undefined || exponent !== undefined) {
      this.report("non-integer-number", "a number has a fraction or an exponent; write a plain integer");
      return Number(written);
    }
    if (sign && whole === "0") {
      this.report("non-integer-number", "negative zero; write 0");
      return 0;
    }
    const integer = Number(written);
    return Number.isSafeInteger(integer) ? integer : BigInt(written);
  }

  private word<T>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.offset)) throw this.invalid("expected a JSON value");
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
      throw new Stop("limit-exceeded", `stopped reading after ${MAX_PROBLEMS} problems`);
    }
  }

  private invalid(message: string): Stop {
    const offset = Math.min(this.offset, this.text.length);
    return new Stop("invalid-json", `${message}, at character ${offset}`);
  }
}
