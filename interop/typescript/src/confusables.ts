// Identifiers that are easily taken for others.

import type { Document } from "./document.js";
import { Finding, MAX_FINDINGS, tooMany } from "./findings.js";
import { isObject } from "./json.js";
import { excerpt } from "./messages.js";
import { child } from "./pointers.js";

// Everything that decides is spelled out as code points, because versions of Unicode differ.
const HIDDEN =
  "\\u{ad}\\u{34f}\\u{61c}\\u{115f}\\u{1160}\\u{17b4}\\u{17b5}\\u{180b}-\\u{180f}\\u{200b}-\\u{200f}\\u{202a}-\\u{202e}" +
  "\\u{2060}-\\u{206f}\\u{2800}\\u{3164}\\u{fe00}-\\u{fe0f}\\u{feff}\\u{ffa0}\\u{fff0}-\\u{fff8}\\u{1bca0}-\\u{1bca3}" +
  "\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e0fff}";
const BLANKS = "\\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}";
const INVISIBLE = new RegExp(`[${HIDDEN}]`, "gu");
const BLANK = new RegExp(`[${BLANKS}]`, "gu");
const INVISIBLE_OR_BLANK = new RegExp(`[${HIDDEN}${BLANKS}]`, "gu");
const NORMALISED =
  /[\u{0}-\u{6ff}\u{900}-\u{dff}\u{1100}-\u{11ff}\u{1e00}-\u{214f}\u{3040}-\u{30ff}\u{ac00}-\u{d7a3}\u{f900}-\u{faff}\u{fb1d}-\u{fb4f}]+/gu;
const NON_ASCII = /[^\0-\u{7f}]/u;

/** Characters that look like one of ASCII, with that one. */
const LOOK_ALIKES = new Map<string, string>([
  ...pairs(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u0458\u04cf\u043e\u0440\u051b\u0455\u0475\u051d\u0445\u0443",
    "acdehijlopqsvwxy",
  ),
  ...pairs(
    "\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422\u0474\u051c\u0425\u04ae",
    "ABCEHIJKMOPSTVWXY",
  ),
  ...pairs(
    "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",
    "oABEZHIKMNOPTYX",
  ),
  ...Array.from({ length: 0x7f - 0x21 }, (_, index): [string, string] => [
    String.fromCharCode(0xff01 + index),
    String.fromCharCode(0x21 + index),
  ]),
]);

/** The members that hold text for people, and those that hold documents. */
const LEFT_OUT = new Set(["summary", "detail", "rationale", "pretrain_runs"]);

/** The identifiers of `cluster_execution`, whose further members are not interpreted. */
const CLUSTER = ["cluster_id", "cluster_state_digest", "scheduler_node_id", "topology_digest"];

/** How many characters an identifier has at most; normalising very long ones takes time with the square. */
const LONGEST = 1000;

/** How many code points a message spells. */
const LISTED = 4;

/** How an identifier is seen, and where it is first in a document. */
interface Look {
  plain: string;
  skeleton: string;
  document: Document;
  pointer: string;
}

/** The findings on identifiers of documents that are easily taken for others, among all identifiers of these. */
export function confusables(documents: Iterable<Document>): Finding[] {
  const sound = [...documents].filter(({ broken }) => !broken.length);
  const looks = sound.map((document) => looksOf(document));
  const alike = new Map<string, Map<string, Look>>();
  for (const [value, look] of looks.flatMap((each) => [...each])) {
    if (look.skeleton !== value) alike.set(look.skeleton, new Map());
  }
  for (const [value, look] of looks.flatMap((each) => [...each])) {
    const found = alike.get(look.skeleton);
    if (found && !found.has(value)) found.set(value, look);
  }
  const ordered = new Map([...alike].map(([skeleton, found]) => [skeleton, [...found.keys()].sort()]));
  const findings: Finding[] = [];
  for (const [value, { plain, skeleton, document, pointer }] of looks.flatMap((each) => [...each])) {
    if (skeleton === value) continue;
    const found = alike.get(skeleton)!;
    const isOther = (each: string) => each !== value && (plain !== value || found.get(each)!.plain !== plain);
    const other = ordered.get(skeleton)!.find(isOther);
    if (plain === value && other === undefined) continue;
    if (findings.length === MAX_FINDINGS) {
      findings.push(new Finding(document.text, tooMany("confusable-identifier", document.pointer)));
      break;
    }
    const related = other === undefined ? [] : [found.get(other)!];
    findings.push(
      new Finding(document.text, {
        rule: "confusable-identifier",
        pointer: document.pointer + pointer,
        message: `the identifier ${excerpt(value)} ${reason(value, plain, other)}`,
        actual: value,
        related: related.map((look) => look.document.related(look.pointer)),
      }),
    );
  }
  return findings;
}

/** Whether a document has an identifier that is seen otherwise than it is written; without one, none is confusable. */
export function isOdd(document: Document): boolean {
  document.isOdd ??=
    !document.isOrdinary &&
    hasNonAscii(document.value) &&
    [...looksOf(document)].some(([value, { skeleton }]) => skeleton !== value);
  return document.isOdd;
}

/** Whether a value has a string that is not ASCII, besides texts for people. Such strings only are seen otherwise. */
function hasNonAscii(value: unknown): boolean {
  if (typeof value === "string") return NON_ASCII.test(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasNonAscii);
  for (const name in value) {
    const member: unknown = value[name as never];
    if (typeof member !== "number" && !LEFT_OUT.has(name) && hasNonAscii(member)) return true;
  }
  return false;
}

/** The identifiers of a document, in the order of its RFC 8785 form, and how they are seen. */
function looksOf(document: Document): Map<string, Look> {
  const found = new Map<string, Look>();
  const visit = (value: unknown, pointer: string, name: string) => {
    if (typeof value === "string") {
      if (found.has(value) || value.length > 2 * LONGEST || [...value].length > LONGEST) return;
      const plain = plainly(value);
      const skeleton = Array.from(plain, (character) => LOOK_ALIKES.get(character) ?? character).join("");
      found.set(value, { plain, skeleton, document, pointer });
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, child(pointer, index), "");
    } else if (isObject(value)) {
      const names = name === "cluster_execution" ? CLUSTER : Object.keys(value).sort();
      for (const each of names) {
        if (!LEFT_OUT.has(each)) visit(value[each], child(pointer, each), each);
      }
    }
  };
  visit(document.value, "", "");
  return found;
}

/** An identifier as it is seen: without invisible characters, with plain spaces, normalised. */
function plainly(identifier: string): string {
  if (!NON_ASCII.test(identifier)) return identifier;
  return normalised(identifier.replace(INVISIBLE, "").replace(BLANK, " "));
}

/** An identifier in Normalization Form C, as far as versions of Unicode agree. */
function normalised(identifier: string): string {
  return identifier.replace(NORMALISED, (run) => run.normalize("NFC"));
}

/** Why an identifier is confusable, in words. */
function reason(value: string, plain: string, other: string | undefined): string {
  if (value === plain) {
    const alike = [...value].filter((character) => LOOK_ALIKES.has(character));
    return `looks like ${excerpt(other)}, but has ${spelled(alike)}`;
  }
  const reasons = [];
  const hidden = value.match(INVISIBLE_OR_BLANK);
  if (hidden) reasons.push(`it has ${spelled(hidden)}`);
  if (normalised(value) !== value) {
    const marks = [...value].filter((character) => NON_ASCII.test(character));
    reasons.push(`it is not in Unicode Normalization Form C, with ${spelled(marks)}`);
  }
  return `is shown as ${excerpt(plain)}: ${reasons.join(" and ")}`;
}

/** The code points of some characters, the first few of them. */
function spelled(characters: readonly string[]): string {
  const points = [...new Set(characters)].map(
    (character) => `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`,
  );
  return points.slice(0, LISTED).join(", ") + (points.length > LISTED ? " and others" : "");
}

function pairs(these: string, those: string): [string, string][] {
  return [...these].map((character, index) => [character, those[index]!]);
}
