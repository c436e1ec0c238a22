// The kinds of document, and how documents are found in a JSON value.

import { isObject, type Json, type JsonObject } from "./json.js";
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

const BY_VERSION = new Map<Json, Role>(
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

/** Every contract document in a JSON value. Only a stage program can contain further documents. */
export function* find(value: Json, pointer = ""): Generator<Found> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item === "object") yield* find(item, child(pointer, index));
    }
  } else if (isObject(value)) {
    const role = recognise(value);
    if (role) yield { pointer, role, value };
    if (role && role !== "program") return;
    for (const name in value) {
      if (typeof value[name] === "object") yield* find(value[name], child(pointer, name));
    }
  }
}

function recognise(value: JsonObject): Role | undefined {
  const version = value["schema_version"] ?? null;
  if (version !== null) return BY_VERSION.get(version);
  return "stages" in value && "checkpoint_family" in value ? "program" : undefined;
}
