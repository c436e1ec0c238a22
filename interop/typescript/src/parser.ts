// A strict JSON parser that finds every problem of a text, with its pointer.

import type { Problem } from "./findings.js";
import type { RuleName } from "./generated/catalog.js";
import type { Json, JsonObject } from "./json.js";
import { quoted } from "./messages.js";
import { child } from "./pointers.js";

/** The limit of digits in a number. */
const MAX_DIGITS = 4300;

/** The limit of characters of the names on the way to one value. */
export const MAX_NAMES = 1024;

/** The limit of problems in one text, after which the reader stops. */
const MAX_PROBLEMS = 10_000;

const NUMBER = /(-?)(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const AFTER_NUMBER = /[0-9A-Za-z.]/y;
/** What other formats write: `NaN`, `True`, `None`, single quotes. */
const NOT_JSON = /-?(?:NaN|Infinity)\b|[A-Za-z_]\w*|'/y;
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
    readonly offset: number,
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
    parser.problems.push({ rule: error.rule, pointer: "", message: error.message, offset: error.offset });
    return { value: undefined, problems: parser.problems };
  }
}

/** Where a member of an object first occurs, and where its latest value is. */
interface Occurrences {
  first: number;
  start: number;
  end: number;
}

class Parser {
  readonly problems: Problem[] = [];
  /** Names of the open members and indexes of the open items, from the root. */
  private readonly path: (string | number)[] = [];
  private offset = 0;
  /** How many characters the names of the open members have. */
  private names = 0;

  constructor(
    private readonly text: string,
    private readonly maxDepth: number,
  ) {}

  document(): Json {
    this.space();
    const value = this.value();
    this.space();
    if (this.offset < this.text.length) throw this.invalid("expected the end of the document");
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
    const known = new Map<string, Occurrences>();
    const outer = this.names;
    this.open();
    if (!this.closes("}")) {
      do {
        this.space();
        if (this.text[this.offset] !== '"') throw this.invalid("expected a property name in double quotes");
        const start = this.offset;
        const name = this.string();
        this.path[this.path.length - 1] = name;
        this.names = outer + [...name].length;
        if (this.names > MAX_NAMES) {
          const message = `the names on the way to a value have more than ${MAX_NAMES} characters, the limit`;
          throw new Stop("limit-exceeded", message, start);
        }
        const before = known.get(name);
        if (before) this.repeated(name, object[name]!, start, before);
        this.space();
        if (this.text[this.offset] !== ":") throw this.invalid("expected a colon after the property name");
        this.offset++;
        this.space();
        const begin = this.offset;
        object[name] = this.value();
        known.set(name, { first: before?.first ?? start, start: begin, end: this.offset });
      } while (this.continues("}"));
    }
    this.names = outer;
    this.path.pop();
    return object;
  }

  private repeated(name: string, value: Json, start: number, before: Occurrences): void {
    const { first, ...span } = before;
    const written = this.text.slice(span.start, span.end);
    const discarded = { name, value, written, ...span };
    this.report("duplicate-member", `duplicate key ${quoted(name)}`, name, start, first, discarded);
  }

  private array(): Json[] {
    const array: Json[] = [];
    const outer = this.names;
    this.open();
    if (!this.closes("]")) {
      do {
        this.path[this.path.length - 1] = array.length;
        this.space();
        array.push(this.value());
        this.names = outer;
      } while (this.continues("]"));
    }
    this.path.pop();
    return array;
  }

  private open(): void {
    if (this.path.length >= this.maxDepth) {
      throw new Stop("limit-exceeded", `nested deeper than ${this.maxDepth} levels, the limit`, this.offset);
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
    const comma = this.offset++;
    this.space();
    if (this.text[this.offset] === "]" || this.text[this.offset] === "}") {
      this.offset = comma;
      throw this.problem("trailing comma before a closing bracket");
    }
    return true;
  }

  private string(): string {
    const begin = this.offset++;
    let value = this.match(CHARACTERS)![0];
    const start = this.offset;
    for (;;) {
      const next = this.text[this.offset];
      if (next === '"') break;
      if (next !== "\\") throw this.unended(next);
      value += this.escape() + this.match(CHARACTERS)![0];
    }
    const hasEscapes = this.offset > start;
    this.offset++;
    if (hasEscapes && LONE_SURROGATE.test(value))
      throw this.problem(
        "unpaired surrogate in a \\u escape; write both halves or the character itself",
        begin,
      );
    return value;
  }

  private escape(): string {
    const start = this.offset;
    const letter = this.text[start + 1] ?? "";
    this.offset += 2;
    if (letter === "u") {
      const digits = this.match(HEX);
      if (digits) return String.fromCharCode(parseInt(digits[0], 16));
    }
    const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (character === undefined) {
      this.offset = start;
      throw this.problem(`invalid escape sequence ${quoted(this.text.slice(start, start + 6))}`);
    }
    return character;
  }

  private number(): number | bigint {
    const start = this.offset;
    const found = this.match(NUMBER);
    if (!found) throw this.invalid("expected a JSON value");
    const [written, sign, whole, fraction, exponent] = found as unknown as [
      string,
      string,
      string,
      string?,
      string?,
    ];
    if (this.match(AFTER_NUMBER)) {
      this.offset--;
      throw this.problem(`unexpected ${this.here()} after the number ${cut(written)}`);
    }
    if (whole.length > MAX_DIGITS) {
      throw new Stop(
        "limit-exceeded",
        `integer of ${whole.length} digits; the limit is ${MAX_DIGITS}`,
        start,
      );
    }
    if (fraction !== undefined || exponent !== undefined) {
      const what = fraction === undefined ? "an exponent" : "a fraction";
      const message = `${cut(written)} has ${what}; every number of the contract is a plain integer`;
      this.report("non-integer-number", message, cut(written), start);
      return Number(written);
    }
    if (sign && whole === "0") {
      this.report("non-integer-number", "-0 is negative zero; write 0", written, start);
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

  private report(
    rule: RuleName,
    message: string,
    actual: string,
    offset: number,
    other?: number,
    discarded?: Problem["discarded"],
  ): void {
    this.problems.push({
      rule,
      pointer: this.path.reduce<string>(child, ""),
      message,
      actual,
      offset,
      other,
      discarded,
    });
    if (this.problems.length === MAX_PROBLEMS) {
      const more = `more than ${MAX_PROBLEMS} problems in one document; the rest was not read`;
      throw new Stop("limit-exceeded", more, offset);
    }
  }

  /** That something else is at the offset than what the message says. */
  private invalid(message: string): Stop {
    return this.problem(`${message}, found ${this.here()}`);
  }

  private problem(message: string, offset = this.offset): Stop {
    return new Stop("invalid-json", message, Math.min(offset, this.text.length));
  }

  /** Why a string does not end, where `next` is what follows its characters. */
  private unended(next: string | undefined): Stop {
    if (next === undefined) return this.problem("unterminated string");
    const code = next.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    return this.problem(`unescaped control character U+${code} in a string`);
  }

  /** What is at the offset, in words. */
  private here(): string {
    const word = this.match(NOT_JSON);
    if (word) {
      this.offset -= word[0].length;
      return `${word[0].slice(0, 40)}, which is not JSON`;
    }
    const code = this.text.codePointAt(this.offset);
    return code === undefined ? "the end of the text" : quoted(String.fromCodePoint(code));
  }
}

/** A number as it is quoted. */
function cut(written: string): string {
  return written.length > 40 ? `${written.slice(0, 39)}…` : written;
}
