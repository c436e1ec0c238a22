// A receipt against its config and corpus, and against itself.

import { checkpointLineagePreimage, digest, receiptPreimage, replayPreimage } from "../digests.js";
import type { CheckpointReference } from "../generated/types.js";
import { memberOf, same } from "../json.js";
import { partsOf } from "../pointers.js";
import { isSame } from "./continuity.js";
import { type Checks, differs, equal, type Flaw, NONE, type Place, type Wording } from "./check.js";

const OBJECTIVE_MEMBERS = [
  "objective_kind",
  "loss_normalization",
  "label_smoothing_bps",
  "tokenizer_binding_digest",
  "dataset_identity",
  "max_context_tokens",
];

const LINEAGE = "/checkpoint_lineage";
const PROMOTED = `${LINEAGE}/promoted_checkpoint`;
const BASE = `${LINEAGE}/base_checkpoint`;

export const RECEIPT_CHECKS = {
  "config-mismatch.run-id": ofConfig("run_id"),
  "config-mismatch.stage-id": ofConfig("stage_id"),
  "config-mismatch.model-id": ofConfig("model_id"),
  "config-mismatch.model-descriptor-digest": ofConfig("model_descriptor_digest"),
  "config-mismatch.tokenizer-binding-digest": ofConfig("tokenizer_binding_digest"),
  "config-mismatch.dataset-identity": ofConfig("dataset_identity"),
  "config-mismatch.sampling-policy-id": ofConfig("sampling_policy_id"),
  "config-mismatch.sampling-policy-version": ofConfig("sampling_policy_version"),
  *"objective-config-mismatch"({ receipt, config }) {
    for (const name of OBJECTIVE_MEMBERS) {
      const actual = memberOf(receipt.objective_config, name);
      const expected = memberOf(config.objective_config, name);
      if (same(actual, expected)) continue;
      const pointer = `/objective_config/${name}`;
      yield differs(["receipt", pointer], ["config", pointer], actual, expected, declared(name));
    }
  },
  "replay-contract-mismatch.stable-dataset-identity": ofReplayContract("stable_dataset_identity"),
  "replay-contract-mismatch.iteration-mode": ofReplayContract("iteration_mode"),
  "replay-contract-mismatch.shard-ordering": ofReplayContract("shard_ordering"),
  "replay-contract-mismatch.deterministic-shuffle-seed": ofReplayContract("deterministic_shuffle_seed"),
  "replay-digest-mismatch": ({ receipt: { replay_receipt: replay } }) =>
    storedDigest(
      "/replay_receipt/replay_digest",
      replay.replay_digest,
      "D3 of the replay receipt",
      replayPreimage(replay),
      ["receipt", "/replay_receipt"],
    ),
  "replay-not-exact"({ receipt }) {
    if (receipt.replay_receipt.exact_replay_observed) return NONE;
    const flaw: Flaw = {
      pointer: "/replay_receipt/exact_replay_observed",
      message: "the replays did not reproduce the data order exactly",
      expected: true,
      actual: false,
      related: [["receipt", "/replay_receipt"]],
    };
    return [flaw];
  },
  "lineage-model-mismatch.model-id": ofReceipt("model_id"),
  "lineage-model-mismatch.model-descriptor-digest": ofReceipt("model_descriptor_digest"),
  "checkpoint-family-mismatch"({ receipt: { checkpoint_lineage: lineage } }) {
    const base = lineage.base_checkpoint?.checkpoint_family;
    const promoted = lineage.promoted_checkpoint.checkpoint_family;
    if (base === undefined || base === promoted) return NONE;
    const own = ["receipt", `${BASE}/checkpoint_family`] as const;
    const wording: Wording = (found, wanted) =>
      `the base checkpoint belongs to the family ${found}, the promoted one to ${wanted}`;
    return [differs(own, ["receipt", `${PROMOTED}/checkpoint_family`], base, promoted, wording)];
  },
  "lineage-digest-mismatch": ({ receipt: { checkpoint_lineage: lineage } }) =>
    storedDigest(
      `${LINEAGE}/checkpoint_lineage_digest`,
      lineage.checkpoint_lineage_digest,
      "D4 of the lineage",
      checkpointLineagePreimage(lineage),
      ["receipt", LINEAGE],
    ),
  *"checkpoint-order"({ receipt: { checkpoint_lineage: lineage } }) {
    const { promoted_checkpoint: promoted, base_checkpoint: base } = lineage;
    yield* durableAfterStart(PROMOTED, promoted);
    if (!base) return;
    yield* durableAfterStart(BASE, base);
    if (isSame(base, promoted)) {
      const message = "the base checkpoint is the promoted one: the stage trained nothing";
      yield { pointer: BASE, message, related: [["receipt", PROMOTED]] };
    }
    const [before, after] = [base.step ?? null, promoted.step ?? null];
    if (before !== null && after !== null && before >= after) {
      yield {
        pointer: `${BASE}/step`,
        message: `the base checkpoint has step ${before}, not below step ${after} of the promoted one`,
        actual: before,
        related: [["receipt", `${PROMOTED}/step`]],
      };
    }
  },
  "topology-backend-mismatch"({ receipt: { delivered_execution: execution } }) {
    const effective = execution?.execution_topology?.effective_backend;
    if (!execution || effective === undefined || effective === execution.runtime_backend) return NONE;
    const flaw = differs(
      ["receipt", "/delivered_execution/execution_topology/effective_backend"],
      ["receipt", "/delivered_execution/runtime_backend"],
      effective,
      execution.runtime_backend,
      (found, wanted) => `the topology ran on ${found}, but the runtime backend is ${wanted}`,
    );
    return [flaw];
  },
  "receipt-digest-mismatch": ({ receipt }) =>
    storedDigest("/receipt_digest", receipt.receipt_digest, "D5 of the receipt", receiptPreimage(receipt), [
      "receipt",
      "",
    ]),
} satisfies Checks;

function ofConfig(name: string) {
  return equal(["receipt", `/${name}`], ["config", `/${name}`], declared(name));
}

function declared(name: string): Wording {
  return (found, wanted) => `the receipt's ${name} is ${found}, but the config declares ${wanted}`;
}

function ofReceipt(name: string) {
  return equal(
    ["receipt", `${LINEAGE}/${name}`],
    ["receipt", `/${name}`],
    (found, wanted) => `the lineage's ${name} is ${found}, but the receipt's is ${wanted}`,
  );
}

function ofReplayContract(name: string) {
  return equal(
    ["receipt", `/replay_receipt/${name}`],
    ["corpus", `/replay_contract/${name}`],
    (found, wanted) =>
      `${name} of the replay is ${found}, but the replay contract of the corpus has ${wanted}`,
  );
}

/**
 * The flaw that a stored digest is not the digest of the preimage, which is made of the value at `source`.
 *
 * @param name - the digest and the noun of that value, such as `D5 of the receipt`.
 */
export function storedDigest(
  pointer: string,
  actual: string,
  name: string,
  preimage: string,
  source: Place,
): readonly Flaw[] {
  const expected = digest(preimage);
  if (actual === expected) return NONE;
  const message = `digest ${name} is ${expected}`;
  return [{ pointer, message, expected, actual, related: [source] }];
}

function* durableAfterStart(
  pointer: string,
  { durable_at_ms: durable, started_at_ms: started }: CheckpointReference,
): Generator<Flaw> {
  if ((durable ?? null) === null || durable! >= started) return;
  yield {
    pointer: `${pointer}/durable_at_ms`,
    message: `the ${partsOf(pointer).at(-1)} was durable at ${durable} ms, before it was started at ${started} ms`,
    actual: durable,
    related: [["receipt", `${pointer}/started_at_ms`]],
  };
}
