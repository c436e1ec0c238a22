// A stage and what it holds: one config, one line of checkpoints, and times in the order of events.

import type { CheckpointReference, TrainingStageProgram } from "../generated/types.js";
import { same } from "../json.js";
import { type Checks, type Flaw, excerpt, valueAt } from "./check.js";
import { match } from "./records.js";

/** The members that a receipt repeats from its config, besides those that name the config. */
const DECLARED = [
  "/model_id",
  "/model_descriptor_digest",
  "/tokenizer_binding_digest",
  "/dataset_identity",
  "/sampling_policy_id",
  "/sampling_policy_version",
  "/objective_config/objective_kind",
  "/objective_config/loss_normalization",
  "/objective_config/label_smoothing_bps",
  "/objective_config/tokenizer_binding_digest",
  "/objective_config/dataset_identity",
  "/objective_config/max_context_tokens",
];

/** A time that a program records: its pointer, and the milliseconds since the Unix epoch. */
type Time = readonly [pointer: string, ms: number | bigint];

export const CONTINUITY_CHECKS = {
  *"stage-config-mismatch"({ program: { stages } }) {
    for (const [index, { pretrain_runs: receipts }] of stages.entries()) {
      const at = (place: number, member: string) => `/stages/${index}/pretrain_runs/${place}${member}`;
      for (const [place, receipt] of (receipts ?? []).entries()) {
        for (const member of DECLARED) {
          const actual = valueAt(receipt, member);
          const expected = valueAt(receipts![0], member);
          if (same(actual, expected)) continue;
          yield {
            pointer: at(place, member),
            message: `${member.slice(1).replace("/", ".")} is ${excerpt(actual)}, but the first receipt of the stage has ${excerpt(expected)}: they were made under different configs`,
            expected,
            actual,
            related: [["program", at(0, member)]],
          };
        }
      }
    }
  },
  *"stage-base-mismatch"({ program: { stages } }) {
    for (const [index, stage] of stages.entries()) {
      const base = stage.base_checkpoint;
      if (stage.kind !== "pretrain" || !base) continue;
      const known = new Set([keyOf(base)]);
      for (const [place, { checkpoint_lineage: lineage }] of (stage.pretrain_runs ?? []).entries()) {
        const actual = lineage.base_checkpoint ?? undefined;
        if (!actual || !known.has(keyOf(actual))) {
          const start = actual ? "another one" : "fresh weights";
          yield {
            pointer: `/stages/${index}/pretrain_runs/${place}/checkpoint_lineage${actual ? "/base_checkpoint" : ""}`,
            message: `the stage was entered from a checkpoint, but the receipt starts from ${start}`,
            expected: known.size === 1 ? base : undefined,
            actual,
            related: [["program", `/stages/${index}/base_checkpoint`]],
          };
        }
        known.add(keyOf(lineage.promoted_checkpoint));
      }
    }
  },
  *"time-order.program"({ program }) {
    const entered = times(program, "transitions", "transitioned_at_ms");
    const completed = times(program, "completions", "completed_at_ms");
    for (const [index, stage] of program.stages.entries()) {
      const [start, end] = [entered.get(index), completed.get(index)];
      const before = completed.get(index - 1);
      yield* tooEarly("the stage was entered", start, "the one before was completed", before);
      yield* tooEarly("the stage was completed", end, "it was entered", start);
      for (const [place, { accepted_at_ms: ms }] of (stage.ingested_traces ?? []).entries()) {
        const accepted: Time = [`/stages/${index}/ingested_traces/${place}/accepted_at_ms`, ms];
        yield* tooEarly("the trace was accepted", accepted, "its stage was entered", start);
        if (end && ms > end[1]) {
          yield outOfOrder("the trace was accepted", accepted, "after its stage was completed", end);
        }
      }
    }
  },
  *"time-order.receipt"({ receipt: { checkpoint_lineage: lineage } }) {
    const { promoted_checkpoint: promoted, base_checkpoint: base } = lineage;
    if (!base || isSame(base, promoted)) return;
    const member = (base.durable_at_ms ?? null) === null ? "started_at_ms" : "durable_at_ms";
    if (base[member]! <= promoted.started_at_ms) return;
    yield {
      pointer: `/checkpoint_lineage/base_checkpoint/${member}`,
      message: `the base checkpoint was ${member.split("_")[0]} at ${base[member]} ms, after the promoted one was started at ${promoted.started_at_ms} ms`,
      actual: base[member],
      related: [["receipt", "/checkpoint_lineage/promoted_checkpoint/started_at_ms"]],
    };
  },
} satisfies Checks;

/** Whether two references are to one checkpoint. */
export function isSame(one: CheckpointReference, other: CheckpointReference): boolean {
  const names = ["checkpoint_family", "stream_id", "object_digest"] as const;
  return names.every((name) => one[name] === other[name]);
}

/** A checkpoint reference as a text that is the same for equal references. */
function keyOf(checkpoint: CheckpointReference): string {
  const members = Object.entries(checkpoint).filter(([, value]) => (value as unknown) !== null);
  return JSON.stringify(members.map(([name, value]) => [name, String(value)]).sort());
}

/** The time in the record of each stage, by the index of the stage. */
function times<S extends "transitions" | "completions">(
  program: TrainingStageProgram,
  sort: S,
  member: S extends "transitions" ? "transitioned_at_ms" : "completed_at_ms",
): Map<number, Time> {
  return new Map(
    match(sort, program).matched.map(({ at, record, index }) => [
      index,
      [`${at}/${member}`, (record as unknown as Record<string, number | bigint>)[member]!],
    ]),
  );
}

/** The flaw that an event has an earlier time than its cause. */
function* tooEarly(
  event: string,
  time: Time | undefined,
  cause: string,
  earliest: Time | undefined,
): Generator<Flaw> {
  if (time && earliest && time[1] < earliest[1]) yield outOfOrder(event, time, `before ${cause}`, earliest);
}

function outOfOrder(event: string, [pointer, ms]: Time, relation: string, [other, otherMs]: Time): Flaw {
  const message = `${event} at ${ms} ms, ${relation} at ${otherMs} ms`;
  return { pointer, message, actual: ms, related: [["program", other]] };
}
