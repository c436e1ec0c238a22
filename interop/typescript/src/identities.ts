// Documents that claim the same identity, whether or not one refers to another.

import { difference } from "./differences.js";
import type { Document } from "./document.js";
import { Finding, MAX_FINDINGS, tooMany } from "./findings.js";
import { IDENTITIES, identityNames, TITLES } from "./kinds.js";
import { contentDigest } from "./memory.js";
import { excerpt } from "./messages.js";

/** A member that makes an identity: its pointer and its value. */
type Member = readonly [pointer: string, value: string];

/** The identities that a fixed set of documents claims. */
export class Identities {
  /** The findings on the documents of the set. */
  readonly conflicts: Finding[];
  /** The different documents of the set with each identity. */
  private readonly known = new Map<string, Document[]>();

  constructor(documents: readonly Document[]) {
    const byClaim = claims(documents);
    this.conflicts = this.found(byClaim);
    for (const [claim, claimants] of byClaim) this.known.set(claim, distinct(inOrder(claimants)));
  }

  /** The findings on further documents that claim the identity of another one, or one of the set, with other content. */
  conflictsWith(documents: readonly Document[]): Finding[] {
    return this.found(claims(documents));
  }

  private found(byClaim: Map<string, Document[]>): Finding[] {
    const findings: Finding[] = [];
    for (const [claim, further] of byClaim) {
      const known = this.known.get(claim) ?? [];
      if (known.length + further.length < 2) continue;
      const [first, ...others] = distinct([...known, ...inOrder(further)]);
      for (const other of others.slice(Math.max(known.length, 1) - 1)) {
        if (findings.length === MAX_FINDINGS) {
          return [...findings, new Finding(other.text, tooMany("identity-conflict", other.pointer))];
        }
        findings.push(conflict(other, first!));
      }
    }
    return findings;
  }
}

/** The documents by the identity that they claim. */
function claims(documents: readonly Document[]): Map<string, Document[]> {
  const byClaim = new Map<string, Document[]>();
  for (const document of documents) {
    const members = claimed(document);
    if (!members) continue;
    const claim = JSON.stringify([document.role, ...members.map(([, value]) => value)]);
    const claimants = byClaim.get(claim);
    if (claimants) claimants.push(document);
    else byClaim.set(claim, [document]);
  }
  return byClaim;
}

/** The members with which a document claims an identity; undefined if it claims none. */
function claimed({ role, broken, value, identity }: Document): Member[] | undefined {
  // A digest D2 binds all of a descriptor, so that two never conflict.
  if (broken.length || role === "descriptor" || !identity) return undefined;
  if (role === "receipt") return [["/receipt_digest", value["receipt_digest"] as string]];
  return IDENTITIES[role].map((path, index) => [`/${path.join("/")}`, identity[index]!]);
}

/** The documents in the order of texts, and in a text in that of pointers. */
function inOrder(documents: Document[]): Document[] {
  if (documents.length < 2) return documents;
  const texts = new Map<string, number>();
  for (const { name } of documents) if (!texts.has(name)) texts.set(name, texts.size);
  return [...documents].sort(
    (one, other) => texts.get(one.name)! - texts.get(other.name)! || (one.pointer < other.pointer ? -1 : 1),
  );
}

/** The first document of each content. */
function distinct(documents: Document[]): Document[] {
  if (documents.length < 2) return documents;
  const found = new Map<string, Document>();
  for (const document of documents) {
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
