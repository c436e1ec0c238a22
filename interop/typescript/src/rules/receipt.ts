// Receipt against its config and policy, and against itself.

import { checkpointLineagePreimage, digest, receiptPreimage, replayPreimage } from "../digests.js";
import type { CheckpointReference } from "../generated/types.js";
import { same } from "../json.js";
import { SHARED_MEMBERS } from "../references.js";
import { type Check, differs, equal, firstByKey, shown, valueAt } from "./check.js";

const OBJECTIVE_MEMBERS = [
  "objective_kind",
  "loss_normalization",
  "label_smoothing_bps",
  "tokenizer_binding_digest",
  "dataset_identity",
  "max_context_tokens",
];

const REPLAY_MEMBERS = [
  "stable_dataset_identity",
  "iteration_mode",
  "shard_ordering",
  "deterministic_shuffle_seed",
];

const LINEAGE = "/checkpoint_lineage";
const PROMOTED = `${LINEAGE}/promoted_checkpoint`;
const BASE = `${LINEAGE}/base_checkpoint`;

export const RECEIPT_CHECKS: Check[] = [
  ...SHARED_MEMBERS.map((name) =>
    equal("config-mismatch", "receipt", ["receipt", `/${name}`], ["config", `/${name}`]),
  ),
  {
    rules: ["objective-config-mismatch"],
    judges: "receipt",
    reads: { receipt: ["/objective_config"], config: ["/objective_config"] },
    *apply({ receipt, config }) {
      for (const name of OBJECTIVE_MEMBERS) {
        const pointer = `/objective_config/${name}`;
        const stands = valueAt(receipt, pointer);
        const right = valueAt(config, pointer);
        if (!same(stands, right)) yield differs(["receipt", pointer], ["config", pointer], stands, right);
      }
    },
  },
  ...REPLAY_MEMBERS.map((name) => {
    const corpus = ["corpus", `/replay_contract/${name}`] as const;
    return equal("replay-contract-mismatch", "receipt", ["receipt", `/replay_receipt/${name}`], corpus);
  }),
  {
    rules: ["replay-digest-mismatch"],
    judges: "receipt",
    reads: { receipt: ["/replay_receipt"] },
    *apply({ receipt: { replay_receipt: replay } }) {
      yield* stored("/replay_receipt/replay_digest", replay.replay_digest, "D3", replayPreimage(replay));
    },
  },
  {
    rules: ["replay-not-exact"],
    judges: "receipt",
    reads: { receipt: ["/replay_receipt/exact_replay_observed"] },
    *apply({ receipt }) {
      if (receipt.replay_receipt.exact_replay_observed) return;
      const message = "the replays did not reproduce the order of the data exactly";
      yield { pointer: "/replay_receipt/exact_replay_observed", message, expected: true, actual: false };
    },
  },
  equal("lineage-model-mismatch", "receipt", ["receipt", `${LINEAGE}/model_id`], ["receipt", "/model_id"]),
  equal(
    "lineage-model-mismatch",
    "receipt",
    ["receipt", `${LINEAGE}/model_descriptor_digest`],
    ["receipt", "/model_descriptor_digest"],
  ),
  {
    rules: ["checkpoint-family-mismatch"],
    judges: "receipt",
    reads: { receipt: [PROMOTED, BASE] },
    *apply({ receipt: { checkpoint_lineage: lineage } }) {
      const base = lineage.base_checkpoint?.checkpoint_family;
      const promoted = lineage.promoted_checkpoint.checkpoint_family;
      if (base === undefined || base === promoted) return;
      const own = ["receipt", `${BASE}/checkpoint_family`] as const;
      yield differs(own, ["receipt", `${PROMOTED}/checkpoint_family`], base, promoted);
    },
  },
  {
    rules: ["lineage-digest-mismatch"],
    judges: "receipt",
    reads: { receipt: [LINEAGE] },
    *apply({ receipt: { checkpoint_lineage: lineage } }) {
      const preimage = checkpointLineagePreimage(lineage);
      yield* stored(
        `${LINEAGE}/checkpoint_lineage_digest`,
        lineage.checkpoint_lineage_digest,
        "D4",
        preimage,
      );
    },
  },
  {
    rules: ["checkpoint-order"],
    judges: "receipt",
    reads: { receipt: [PROMOTED, BASE] },
    *apply({ receipt: { checkpoint_lineage: lineage } }) {
      const { promoted_checkpoint: promoted, base_checkpoint: base } = lineage;
      yield* durableAfterStart(PROMOTED, promoted);
      if (!base) return;
      yield* durableAfterStart(BASE, base);
      if (
        (["checkpoint_family", "stream_id", "object_digest"] as const).every(
          (name) => base[name] === promoted[name],
        )
      ) {
        const message = "the base checkpoint is the promoted one";
        yield { pointer: BASE, message, against: [["receipt", PROMOTED]] };
      }
      const [before, after] = [base.step ?? null, promoted.step ?? null];
      if (before !== null && after !== null && before >= after) {
        const message = `is ${before}, but the promoted checkpoint's step is ${after}`;
        yield {
          pointer: `${BASE}/step`,
          message,
          actual: before,
          against: [["receipt", `${PROMOTED}/step`]],
        };
      }
    },
  },
  {
    rules: ["topology-backend-mismatch"],
    judges: "receipt",
    reads: {
      receipt: [
        "/delivered_execution/runtime_backend",
        "/delivered_execution/execution_topology/effective_backend",
      ],
    },
    *apply({ receipt: { delivered_execution: execution } }) {
      const effective = execution?.execution_topology?.effective_backend;
      if (effective === undefined || effective === execution!.runtime_backend) return;
      const own = ["receipt", "/delivered_execution/execution_topology/effective_backend"] as const;
      yield differs(
        own,
        ["receipt", "/delivered_execution/runtime_backend"],
        effective,
        execution!.runtime_backend,
      );
    },
  },
  {
    rules: ["receipt-digest-mismatch"],
    judges: "receipt",
    reads: {
      receipt: [
        ...SHARED_MEMBERS.map((name) => `/${name}`),
        "/replay_receipt/replay_digest",
        `${LINEAGE}/checkpoint_lineage_digest`,
        "/delivered_execution",
        "/accelerator_execution",
        "/summary",
        "/source_family_reports",
        "/receipt_digest",
      ],
    },
    *apply({ receipt }) {
      yield* stored("/receipt_digest", receipt.receipt_digest, "D5", receiptPreimage(receipt));
    },
  },
  {
    rules: ["family-cap-exceeded"],
    judges: "receipt",
    reads: { receipt: ["/source_family_reports"], policy: ["/source_family_weights"] },
    *apply({ receipt, policy }) {
      const weights = firstByKey(policy.source_family_weights, (weight) => weight.source_family_id);
      for (const [index, row] of receipt.source_family_reports.entries()) {
        const weight = weights.get(row.source_family_id);
        const share = row.token_share_bps_within_split;
        if (row.split_kind !== "train" || !weight) continue;
        const cap = weight.entry.maximum_family_token_share_bps;
        if (share <= cap) continue;
        yield {
          pointer: `/source_family_reports/${index}/token_share_bps_within_split`,
          message: `is ${share}, but the policy caps the family at ${cap}`,
          actual: share,
          against: [["policy", `/source_family_weights/${weight.index}/maximum_family_token_share_bps`]],
        };
      }
    },
  },
];

/** The flaw that a stored digest is not the one of the preimage. */
export function* stored(pointer: string, actual: string, name: string, preimage: string) {
  const expected = digest(preimage);
  if (actual === expected) return;
  yield { pointer, message: `is ${shown(actual)}, but ${name} is ${shown(expected)}`, expected, actual };
}

function* durableAfterStart(
  pointer: string,
  { durable_at_ms: durable, started_at_ms: started }: CheckpointReference,
) {
  if ((durable ?? null) === null || durable! >= started) return;
  yield {
    pointer: `${pointer}/durable_at_ms`,
    message: `is ${durable}, before started_at_ms, which is ${started}`,
    actual: durable,
    against: [["receipt", `${pointer}/started_at_ms`]] as const,
  };
}
