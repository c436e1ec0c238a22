// Documents that claim the same identity, whether or not one refers to another.

import { difference } from "./differences.js";
import type { Document } from "./document.js";
import { Finding, MAX_FINDINGS, tooMany } from "./findings.js";
import { IDENTITIES, identityNames, TITLES } from "./kinds.js";
import { contentDigest } from "./memory.js";
import { excerpt } from "./messages.js";

/** A member that makes an identity: its pointer and its value. */
type Member = readonly [pointer: string, value: string];

/**
 * The findings on documents that claim the identity of an earlier one with other content.
 *
 * @param documents - inputs first, otherwise in the order in which they were given.
 */
export function conflicts(documents: readonly Document[]): Finding[] {
  const byClaim = new Map<string, Document[]>();
  for (const document of documents) {
    const members = claimed(document);
    if (!members) continue;
    const claim = JSON.stringify([document.role, ...members]);
    const claimants = byClaim.get(claim);
    if (claimants) claimants.push(document);
    else byClaim.set(claim, [document]);
  }
  const findings: Finding[] = [];
  for (const claimants of byClaim.values()) {
    const [first, ...others] = distinct(claimants);
    for (const other of others) {
      if (findings.length === MAX_FINDINGS) {
        return [...findings, new Finding(other.text, tooMany("identity-conflict", other.pointer))];
      }
      findings.push(conflict(other, first!));
    }
  }
  return findings;
}

/** The members with which a document claims an identity; undefined if it claims none. */
function claimed({ role, broken, value, identity }: Document): Member[] | undefined {
  // A digest D2 binds all of a descriptor, so that two never conflict.
  if (broken.length || role === "descriptor" || !identity) return undefined;
  if (role === "receipt") return [["/receipt_digest", value["receipt_digest"] as string]];
  return IDENTITIES[role].map((path, index) => [`/${path.join("/")}`, identity[index]!]);
}

/** The first document of each content, in the order of texts, and in a text in that of pointers. */
function distinct(documents: Document[]): Document[] {
  if (documents.length < 2) return documents;
  const texts = new Map<string, number>();
  const textOf = ({ judged, name }: Document) => `${judged ? 1 : 0}${name}`;
  for (const document of documents) {
    if (!texts.has(textOf(document))) texts.set(textOf(document), texts.size);
  }
  const ordered = [...documents].sort(
    (one, other) =>
      texts.get(textOf(one))! - texts.get(textOf(other))! || (one.pointer < other.pointer ? -1 : 1),
  );
  const found = new Map<string, Document>();
  for (const document of ordered) {
    const content = contentDigest(document.value);
    if (!found.has(content)) found.set(content, document);
  }
  return [...found.values()];
}

function conflict(document: Document, first: Document): Finding {
  const members = claimed(document)!;
  const [pointer, actual] = members[0]!;
  const names = document.role === "receipt" ? ["receipt_digest"] : identityNames(document.role);
  const named = names.map((name, index) => `${name} ${excerpt(members[index]![1])}`).join(" and ");
  return new Finding(document.text, {
    rule: "identity-conflict",
    pointer: document.pointer + pointer,
    message: `another ${TITLES[document.role]} with ${named} has other content; they differ in ${difference(document.value, first.value)}`,
    actual,
    related: [first.related(pointer)],
  });
}
