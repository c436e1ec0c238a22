// The stages of a program: their order, what each admits and what each needs.

import type { Stage } from "../generated/types.js";
import { type Apply, type Checks, differs, type Flaw, firstByKey, excerpt } from "./check.js";

/** The kinds of stage, in the order in which they follow one another. */
const KINDS = ["pretrain", "general_sft", "agentic_sft", "rl"];
const FIRST_KINDS = ["pretrain", "general_sft"];

/** The kinds of trace that each kind of stage admits. */
const ADMITTED: Record<Stage["kind"], string[]> = {
  pretrain: [],
  general_sft: ["plain_completion", "long_context"],
  agentic_sft: ["tool_call", "long_context"],
  rl: [],
};

/** A check that looks at each stage in turn. */
function eachStage(
  look: (stage: Stage, at: string, index: number, stages: Stage[]) => Iterable<Flaw>,
): Apply {
  return function* ({ program: { stages } }) {
    for (const [index, stage] of stages.entries()) yield* look(stage, `/stages/${index}`, index, stages);
  };
}

export const PROGRAM_CHECKS = {
  "stage-order-mismatch": eachStage(function* (stage, at, index, stages) {
    const before = stages[index - 1];
    const expected = before ? KINDS.slice(KINDS.indexOf(before.kind) + 1).slice(0, 1) : FIRST_KINDS;
    if (expected.includes(stage.kind)) return;
    yield {
      pointer: `${at}/kind`,
      message: `is ${excerpt(stage.kind)}, but only ${expected.join(" or ") || "no stage"} can follow`,
      actual: stage.kind,
      related: [["program", before ? `/stages/${index - 1}/kind` : "/stages"]],
    };
  }),
  *"stage-id-mismatch"({ program }) {
    for (const [index, { stage_id: actual, kind }] of program.stages.entries()) {
      const expected = `${program.run_id}-stage-${index + 1}-${kind}`;
      if (actual === expected) continue;
      yield {
        pointer: `/stages/${index}/stage_id`,
        message: `is ${excerpt(actual)}, expected ${excerpt(expected)}`,
        expected,
        actual,
        related: [
          ["program", "/run_id"],
          ["program", `/stages/${index}/kind`],
        ],
      };
    }
  },
  "stage-still-active": eachStage(function* ({ status }, at, index, stages) {
    if (status !== "active" || index === stages.length - 1) return;
    yield {
      pointer: `${at}/status`,
      message: "is active, but another stage follows",
      expected: "completed",
      actual: status,
      related: [["program", `/stages/${index + 1}`]],
    };
  }),
  "missing-base-checkpoint": eachStage(function* (stage, at, index) {
    if (index === 0 || stage.base_checkpoint) return;
    const message = "has no base checkpoint";
    yield { pointer: at, message, related: [["program", `/stages/${index - 1}`]] };
  }),
  "trace-not-admitted": eachStage(function* (stage, at) {
    for (const [place, { trace_kind: kind }] of (stage.ingested_traces ?? []).entries()) {
      if (ADMITTED[stage.kind].includes(kind)) continue;
      yield {
        pointer: `${at}/ingested_traces/${place}/trace_kind`,
        message: `a ${stage.kind} stage does not admit ${kind} traces`,
        actual: kind,
        related: [["program", `${at}/kind`]],
      };
    }
  }),
  "receipt-not-admitted": eachStage(function* (stage, at) {
    if (stage.kind === "pretrain") return;
    for (const place of (stage.pretrain_runs ?? []).keys()) {
      yield {
        pointer: `${at}/pretrain_runs/${place}`,
        message: `a ${stage.kind} stage does not admit receipts`,
        related: [["program", `${at}/kind`]],
      };
    }
  }),
  "trace-stage-mismatch": eachStage(function* (stage, at) {
    const other = ["program", `${at}/stage_id`] as const;
    const lists = [
      ["trace-stage-mismatch", "ingested_traces"],
      ["receipt-stage-mismatch", "pretrain_runs"],
    ] as const;
    for (const [rule, list] of lists) {
      for (const [place, { stage_id: actual }] of (stage[list] ?? []).entries()) {
        const own = ["program", `${at}/${list}/${place}/stage_id`] as const;
        if (actual !== stage.stage_id) yield { rule, ...differs(own, other, actual, stage.stage_id) };
      }
    }
  }),
  "duplicate-trace": eachStage(function* (stage, at) {
    const traces = stage.ingested_traces ?? [];
    const first = firstByKey(traces, (trace) => trace.trace_id);
    for (const [place, { trace_id: actual }] of traces.entries()) {
      const earlier = first.get(actual)!.index;
      if (earlier === place) continue;
      const pointer = (index: number) => `${at}/ingested_traces/${index}/trace_id`;
      const message = `an earlier trace has the id ${excerpt(actual)}`;
      yield { pointer: pointer(place), message, actual, related: [["program", pointer(earlier)]] };
    }
  }),
  *"duplicate-receipt"({ program: { stages } }) {
    const first = new Map<string, string>();
    for (const [index, stage] of stages.entries()) {
      for (const [place, { receipt_digest: actual }] of (stage.pretrain_runs ?? []).entries()) {
        const pointer = `/stages/${index}/pretrain_runs/${place}/receipt_digest`;
        const earlier = first.get(actual);
        if (earlier === undefined) {
          first.set(actual, pointer);
          continue;
        }
        const message = "an earlier receipt has this digest";
        yield { pointer, message, actual, related: [["program", earlier]] };
      }
    }
  },
  "missing-receipt": eachStage(function* (stage, at) {
    if (stage.status !== "completed" || stage.kind === "rl") return;
    const isPretrain = stage.kind === "pretrain";
    const list = isPretrain ? "pretrain_runs" : "ingested_traces";
    if (stage[list]?.length) return;
    yield {
      rule: isPretrain ? "missing-receipt" : "missing-trace",
      pointer: stage[list] ? `${at}/${list}` : at,
      message: `a completed ${stage.kind} stage needs a ${isPretrain ? "receipt" : "trace"}`,
      related: [["program", `${at}/status`]],
    };
  }),
} satisfies Checks;
