// The kinds of document, and how documents are found in a JSON value.

import type { Json, JsonObject } from "./json.js";
import type {
  CompactDecoderDescriptor,
  PretrainStageConfig,
  PretrainStageReceipt,
  SamplingPolicy,
  TokenizedCorpusManifest,
  TrainingStageProgram,
} from "./generated/types.js";
import { child } from "./pointers.js";

/** The types of the documents, by role. */
export interface Documents {
  config: PretrainStageConfig;
  receipt: PretrainStageReceipt;
  descriptor: CompactDecoderDescriptor;
  corpus: TokenizedCorpusManifest;
  policy: SamplingPolicy;
  program: TrainingStageProgram;
}

/** The role of a document, one of six. */
export type Role = keyof Documents;

/** The name of each kind, which is the `schema_version` of its documents; that of a stage program is optional. */
export const KINDS: Record<Role, string> = {
  config: "psion.pretrain_stage_config.v1",
  receipt: "psion.pretrain_stage_receipt.v1",
  descriptor: "psion.compact_decoder_descriptor.v1",
  corpus: "psion.tokenized_corpus_manifest.v1",
  policy: "psion.sampling_policy.v1",
  program: "psion.training_stage_program.v1",
};

/** The role of each kind, by its name. */
export const ROLES: ReadonlyMap<Json, Role> = new Map<Json, Role>(
  Object.entries(KINDS).map(([role, version]) => [version, role as Role]),
);

/** The name of each kind in messages. */
export const TITLES: Record<Role, string> = {
  config: "pretrain-stage config",
  receipt: "pretrain-stage receipt",
  descriptor: "model descriptor",
  corpus: "tokenized corpus manifest",
  policy: "sampling policy",
  program: "training-stage program",
};

/** The members by which other documents refer to a document, as paths. */
export const IDENTITIES: Record<Role, readonly (readonly string[])[]> = {
  config: [["run_id"], ["stage_id"]],
  receipt: [["run_id"], ["stage_id"], ["receipt_digest"]],
  descriptor: [["model", "model_id"]],
  corpus: [["replay_contract", "stable_dataset_identity"]],
  policy: [["policy_id"], ["policy_version"]],
  program: [["run_id"]],
};

/** The names of the members by which other documents refer to a document of that role. */
export function identityNames(role: Role): string[] {
  return IDENTITIES[role].map((path) => path.at(-1)!);
}

/** A contract document found in a JSON value. */
export interface Found {
  /** Its place in the value. */
  pointer: string;
  role: Role;
  value: JsonObject;
}

/** An object or a list, and its place in the value that contains it. */
export interface Container {
  pointer: string;
  node: Json[] | JsonObject;
}

/** The objects and lists in a JSON value that are not empty, with their places, parents first. */
export function* containers(value: Json): Generator<Container> {
  const open: Container[] = isContainer(value) ? [{ pointer: "", node: value }] : [];
  while (open.length) {
    const { pointer, node } = open.pop()!;
    yield { pointer, node };
    open.push(...innerContainers(pointer, node).reverse());
  }
}

/** The objects and lists directly in another one that are not empty, in order. */
export function innerContainers(pointer: string, node: Json[] | JsonObject): Container[] {
  const inner: Container[] = [];
  if (Array.isArray(node)) {
    for (const [index, item] of node.entries()) {
      if (isContainer(item) && !isEmpty(item)) inner.push({ pointer: child(pointer, index), node: item });
    }
  } else {
    for (const name in node) {
      const member = node[name]!;
      if (isContainer(member) && !isEmpty(member))
        inner.push({ pointer: child(pointer, name), node: member });
    }
  }
  return inner;
}

/** Whether a value is an object or a list. */
export function isContainer(value: Json): value is Json[] | JsonObject {
  return typeof value === "object" && value !== null;
}

function isEmpty(value: Json[] | JsonObject): boolean {
  if (Array.isArray(value)) return value.length === 0;
  for (const _ in value) return false;
  return true;
}

/** The role of an object that is a contract document. */
export function recognise(value: JsonObject): Role | undefined {
  const version = value["schema_version"] ?? null;
  if (version !== null) return ROLES.get(version);
  return "stages" in value && "checkpoint_family" in value ? "program" : undefined;
}
