// The preimages of all digests (docs/reference/digests.md).
//
// A preimage is the exact text whose UTF-8 bytes are hashed. Each function takes a document, or a part of one, that
// is valid against its schema.

import { canonicalJson, contentJson } from "./canonical.js";
import { SHAPES } from "./generated/shapes.js";
import type {
  CheckpointLineage,
  CheckpointReference,
  CompactDecoderDescriptor,
  StageCompletion,
  PretrainStageReceipt,
  CheckpointPromotion,
  QuantizedLayout,
  ReplayReceipt,
  SourceFamilyReport,
  Tensor,
  StageTransition,
} from "./generated/types.js";
import { sha256 } from "./sha256.js";
import { inContractOrder } from "./shape.js";

type Segment = string | number | bigint | boolean;

/** The digest of a preimage: SHA-256 of its UTF-8 bytes, as 64 lowercase hex characters. */
export function digest(preimage: string): string {
  return sha256(preimage);
}

/**
 * The spelling of an enum value in preimages: `held_out` becomes `HeldOut`. An underscore between two digits is kept:
 * `ggml_q4_0` becomes `GgmlQ4_0`.
 */
export function enumName(word: string): string {
  let name = ENUM_NAMES.get(word);
  if (name === undefined) {
    const capitals = word.replace(/(^|_)[a-z]/g, (start) => start.at(-1)!.toUpperCase());
    name = capitals.replace(/(?<![0-9])_/g, "");
    if (ENUM_NAMES.size < 1000) ENUM_NAMES.set(word, name); // the schemas have fewer
  }
  return name;
}

const ENUM_NAMES = new Map<string, string>();

/** The preimage of D1, of a model descriptor. */
export function tokenizerBindingPreimage(descriptor: CompactDecoderDescriptor): string {
  const { tokenizer_binding } = ordered({ tokenizer_binding: descriptor.tokenizer_binding });
  return joined(
    "psion_compact_decoder_tokenizer_binding",
    canonicalJson([tokenizer_binding, tokenizer_binding.tokenizer_family]),
  );
}

/** The preimage of D2, of a model descriptor. */
export function modelDescriptorPreimage(descriptor: CompactDecoderDescriptor): string {
  const whole = ordered(descriptor);
  return joined(
    "psion_compact_decoder_descriptor",
    canonicalJson([whole, whole.tokenizer_binding.tokenizer_family]),
  );
}

/** A descriptor, or some of its members, in contract order. */
function ordered<T extends Partial<CompactDecoderDescriptor>>(descriptor: T): T {
  return inContractOrder(descriptor, SHAPES.descriptor) as T;
}

/** The preimage of D3, of the `replay_receipt` of a receipt. */
export function replayPreimage(replay: ReplayReceipt): string {
  return joined(
    "psion_pretrain_replay_receipt",
    replay.receipt_id,
    replay.stable_dataset_identity,
    enumName(replay.iteration_mode),
    enumName(replay.shard_ordering),
    replay.deterministic_shuffle_seed,
    replay.successful_replays,
    replay.exact_replay_observed ? "exact" : "non_exact",
    replay.summary,
  );
}

/** The preimage of D4, of the `checkpoint_lineage` of a receipt. */
export function checkpointLineagePreimage(lineage: CheckpointLineage): string {
  const base = lineage.base_checkpoint;
  return joined(
    "psion_pretrain_checkpoint_lineage",
    lineage.receipt_id,
    ...checkpoint(lineage.promoted_checkpoint),
    ...(base ? ["base", base.stream_id, base.object_digest] : []),
    lineage.promoted_checkpoint_label,
    lineage.model_id,
    lineage.model_descriptor_digest,
  );
}

/** The preimage of D5, of a receipt. */
export function receiptPreimage(receipt: PretrainStageReceipt): string {
  const head = joined(
    "psion_pretrain_stage_receipt",
    receipt.run_id,
    receipt.stage_id,
    receipt.model_id,
    receipt.model_descriptor_digest,
    receipt.tokenizer_binding_digest,
    receipt.dataset_identity,
    receipt.sampling_policy_id,
    receipt.sampling_policy_version,
    receipt.replay_receipt.replay_digest,
    receipt.checkpoint_lineage.checkpoint_lineage_digest,
    ...delivered(receipt),
    ...accelerator(receipt),
    receipt.summary,
  );
  return head + receipt.source_family_reports.map(row).join("");
}

function delivered({ delivered_execution: execution }: PretrainStageReceipt): Segment[] {
  if (!execution) return [];
  const topology = execution.execution_topology;
  return [
    "backend",
    execution.runtime_backend,
    ...execution.selected_devices.flatMap((device) => ["device", device.stable_device_id]),
    ...(topology ? ["topology", topology.effective_backend] : []),
  ];
}

function accelerator({ accelerator_execution: execution }: PretrainStageReceipt): Segment[] {
  if (!execution) return [];
  return [
    "accelerator",
    execution.accelerator_backed,
    execution.optimizer_steps_completed,
    execution.mean_step_latency_ms,
  ];
}

function row(report: SourceFamilyReport): string {
  const { token_share_bps_within_split: tokens, sequence_share_bps_within_split: sequences } = report;
  const source = `${report.split_name}|${enumName(report.split_kind)}|${report.source_family_id}`;
  return `|row|${source}|${tokens}|${sequences}|${report.mean_next_token_loss_milli}`;
}

/** The preimage of D6, of a model descriptor. */
export function tensorLayoutPreimage({
  checkpoint_contract: { tensor_layout },
}: CompactDecoderDescriptor): string {
  return `psion_compact_decoder_tensor_layout|${tensor_layout.map(tensor).join("")}`;
}

function tensor({ name, dtype, quantization, shape, quantized_layout: layout }: Tensor): string {
  const dims = shape.dims.map((dimension) => `${dimension},`).join("");
  return `${name}|${dtype}|${enumName(quantization)}|${dims}${layout ? blocks(layout) : ""}`;
}

function blocks({ elements_per_block, bytes_per_block, block_count }: QuantizedLayout): string {
  const members = [
    `elements_per_block: ${elements_per_block}`,
    `bytes_per_block: ${bytes_per_block}`,
    `block_count: ${block_count}`,
  ];
  return `|QuantizedBlockLayout { ${members.join(", ")} }`;
}

/** The preimage of D7, of one of the `completions` of a stage program. */
export function stageCompletionPreimage(completion: StageCompletion): string {
  return joined(
    "psionic_train_stage_completion",
    completion.run_id,
    completion.stage_id,
    completion.kind,
    completion.ingested_trace_count,
    completion.pretrain_run_count,
    completion.completed_at_ms,
  );
}

/** The preimage of D8, of one of the `promotions` of a stage program. */
export function checkpointPromotionPreimage(promotion: CheckpointPromotion): string {
  return joined(
    "psionic_train_stage_promotion",
    promotion.run_id,
    promotion.from_stage_id,
    promotion.from_stage_kind,
    promotion.to_stage_kind,
    ...checkpoint(promotion.checkpoint),
  );
}

/** The preimage of D9, of one of the `transitions` of a stage program. */
export function stageTransitionPreimage(transition: StageTransition): string {
  const { previous_stage_id: previous, base_checkpoint: base } = transition;
  return joined(
    "psionic_train_stage_transition",
    transition.run_id,
    ...((previous ?? null) === null ? [] : ["previous", previous!]),
    "next",
    transition.next_stage_id,
    transition.next_stage_kind,
    ...(base ? ["checkpoint", base.stream_id, base.object_digest] : []),
    transition.transitioned_at_ms,
  );
}

/** The preimage of the content digest, of any document. */
export function contentPreimage(document: object): string {
  return contentJson(document);
}

function checkpoint(reference: CheckpointReference): Segment[] {
  return [reference.checkpoint_family, reference.stream_id, reference.object_digest];
}

function joined(...segments: Segment[]): string {
  let preimage = String(segments[0]);
  for (let index = 1; index < segments.length; index++) preimage += `|${segments[index]}`;
  return preimage;
}
