// Finds the documents to which a receipt or a config refers.

import type { Document } from "./document.js";
import type { CompactDecoderDescriptor } from "./generated/types.js";
import { memberOf, same } from "./json.js";
import type { Role } from "./kinds.js";
import { contentDigest, modelDescriptorDigest } from "./memory.js";

/** The members that a receipt copies from its config. */
const SHARED_MEMBERS = [
  "run_id",
  "stage_id",
  "model_id",
  "model_descriptor_digest",
  "tokenizer_binding_digest",
  "dataset_identity",
  "sampling_policy_id",
  "sampling_policy_version",
] as const;

/** A reference that matches no document, or several. */
export interface Failure {
  rule: "unresolved-reference" | "ambiguous-reference";
  /** The role of the document referred to. */
  role: Role;
  /** The place of the reference in the document that refers. */
  pointer: string;
  /** The documents that match; where none does, all documents of the role. */
  candidates: Document[];
}

/** The documents to which a document refers, and the references that failed. */
export interface Surroundings {
  found: Partial<Record<Role, Document>>;
  failures: Failure[];
}

/** A kind of reference. */
interface Reference {
  /** The role of the document referred to. */
  role: Role;
  /** The members that identify it, which must not be broken. A failure is reported at the first of them. */
  by: readonly string[];
  /** Other members that must not be broken. */
  needs?: readonly string[];
  /** Whether a document is meant although the members do not match exactly. */
  isNear(candidate: Document, from: Document): boolean;
}

/** The documents that may be referred to. */
export class Library {
  private readonly referable = new Map<Role, Document[]>();
  private readonly surroundings = new Map<Document, Surroundings>();

  /** @param documents - inputs first, otherwise in the order in which they were given. */
  constructor(documents: readonly Document[]) {
    for (const document of documents) {
      if (!document.identity) continue;
      const known = this.referable.get(document.role);
      if (known) known.push(document);
      else this.referable.set(document.role, [document]);
    }
  }

  /** The documents to which a document refers; those of a receipt include those of its config. */
  around(document: Document): Surroundings {
    let around = this.surroundings.get(document);
    if (!around) this.surroundings.set(document, (around = this.lookAround(document)));
    return around;
  }

  private lookAround(document: Document): Surroundings {
    const around: Surroundings = { found: {}, failures: [] };
    for (const reference of this.references(document.role)) {
      const outcome = this.resolve(reference, document);
      if (!outcome) continue;
      if ("rule" in outcome) around.failures.push(outcome);
      else around.found[reference.role] = outcome;
    }
    const config = document.role === "receipt" ? around.found.config : undefined;
    if (config) Object.assign(around.found, this.around(config).found);
    return around;
  }

  private references(role: Role): Reference[] {
    if (role === "receipt") return [CONFIG];
    return role === "config" ? [DESCRIPTOR, this.corpus, POLICY] : [];
  }

  private resolve(reference: Reference, from: Document): Document | Failure | undefined {
    const { role, by, needs = [] } = reference;
    if (from.isBrokenAt([...by, ...needs].map((name) => `/${name}`))) return undefined;
    const wanted = by.map((name) => from.value[name]);
    const candidates = this.referable.get(role) ?? [];
    let exact = candidates.filter(({ identity }) =>
      identity!.every((member, place) => member === wanted[place]),
    );
    if (role === "descriptor" && exact.length > 1) {
      const pinned = exact.filter((candidate) => isPinned(candidate, from));
      if (pinned.length) exact = pinned;
    }
    const matches = exact.length
      ? exact
      : candidates.filter((candidate) => reference.isNear(candidate, from));
    const distinct = withoutCopies(matches);
    if (distinct.length === 1) return distinct[0]!;
    const rule = exact.length ? "ambiguous-reference" : "unresolved-reference";
    return { rule, role, pointer: `/${by[0]}`, candidates: exact.length ? distinct : candidates };
  }

  private readonly corpus: Reference = {
    role: "corpus",
    by: ["dataset_identity"],
    isNear: ({ identity }, config) => {
      const policy = this.resolve(POLICY, config);
      const objects = [
        memberOf(config.value, "objective_config"),
        policy && "value" in policy ? policy.value : undefined,
      ];
      return objects.some((object) => memberOf(object, "dataset_identity") === identity![0]);
    },
  };
}

const CONFIG: Reference = {
  role: "config",
  by: ["run_id", "stage_id"],
  isNear({ value }, receipt) {
    const differing = SHARED_MEMBERS.filter((name) => !same(value[name], receipt.value[name]));
    return differing.length === 1 && (differing[0] === "run_id" || differing[0] === "stage_id");
  },
};

const DESCRIPTOR: Reference = {
  role: "descriptor",
  by: ["model_id"],
  needs: ["model_descriptor_digest"],
  isNear: isPinned,
};

const POLICY: Reference = {
  role: "policy",
  by: ["sampling_policy_id", "sampling_policy_version"],
  isNear({ value }, config) {
    const sameId = value["policy_id"] === config.value["sampling_policy_id"];
    const sameVersion = value["policy_version"] === config.value["sampling_policy_version"];
    return sameId !== sameVersion && same(value["dataset_identity"], config.value["dataset_identity"]);
  },
};

/** Whether a config states the digest D2 of a descriptor. A broken descriptor has no digest. */
function isPinned({ broken, value }: Document, config: Document): boolean {
  if (broken.length) return false;
  const digest = modelDescriptorDigest(value as unknown as CompactDecoderDescriptor);
  return digest === config.value["model_descriptor_digest"];
}

/** The documents, without those that have the content of an earlier one. */
function withoutCopies(documents: Document[]): Document[] {
  if (documents.length < 2) return documents;
  const distinct = new Map<string, Document>();
  for (const document of documents) {
    const content = contentDigest(document.value);
    const first = distinct.get(content);
    if (!first || comesBefore(document, first)) distinct.set(content, document);
  }
  return [...distinct.values()];
}

/** Whether a document replaces an earlier copy: in the same text, the copy with the lesser pointer counts. */
function comesBefore(document: Document, earlier: Document): boolean {
  const sameText = document.name === earlier.name && document.judged === earlier.judged;
  return sameText && document.pointer < earlier.pointer;
}
