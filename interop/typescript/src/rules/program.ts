// The stages of a program: their order, what each admits and what each needs.

import type { Stage } from "../generated/types.js";
import { type Apply, type Checks, differs, excerpt, type Flaw, firstByKey, type Wording } from "./check.js";

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
    const next = before && KINDS[KINDS.indexOf(before.kind) + 1];
    if (before ? stage.kind === next : FIRST_KINDS.includes(stage.kind)) return;
    yield {
      pointer: `${at}/kind`,
      message: before
        ? `a ${stage.kind} stage follows a ${before.kind} stage; expected ${next ?? "nothing"}`
        : `a program starts with ${FIRST_KINDS.join(" or ")}, not with ${stage.kind}`,
      expected: before ? next : FIRST_KINDS,
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
        message: `the id of stage ${index + 1}, a ${kind} stage, is ${excerpt(actual)}; expected ${excerpt(expected)}`,
        expected,
        actual,
        related: [
          ["program", "/run_id"],
          ["program", `/stages/${index}/kind`],
        ],
      };
    }
  },
  "stage-still-active": eachStage(function* ({ stage_id, status }, at, index, stages) {
    if (status !== "active" || index === stages.length - 1) return;
    yield {
      pointer: `${at}/status`,
      message: `the stage ${excerpt(stage_id)} is active, but another one follows`,
      expected: "completed",
      actual: status,
      related: [["program", `/stages/${index + 1}`]],
    };
  }),
  "missing-base-checkpoint": eachStage(function* (stage, at, index) {
    if (index === 0 || stage.base_checkpoint) return;
    const message = `the stage ${excerpt(stage.stage_id)} follows another but has no base checkpoint`;
    yield { pointer: at, message, related: [["program", `/stages/${index - 1}`]] };
  }),
  "trace-not-admitted": eachStage(function* (stage, at) {
    for (const [place, { trace_kind: kind }] of (stage.ingested_traces ?? []).entries()) {
      const expected = ADMITTED[stage.kind];
      if (expected.includes(kind)) continue;
      const admits = expected.length ? `only ${expected.join(" and ")} traces` : "no traces";
      yield {
        pointer: `${at}/ingested_traces/${place}/trace_kind`,
        message: `a ${stage.kind} stage admits ${admits}; this is a ${kind} trace`,
        expected,
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
        message: `a ${stage.kind} stage admits no receipts`,
        related: [["program", `${at}/kind`]],
      };
    }
  }),
  "trace-stage-mismatch": eachStage(function* (stage, at) {
    const other = ["program", `${at}/stage_id`] as const;
    const lists = [
      ["trace", "ingested_traces"],
      ["receipt", "pretrain_runs"],
    ] as const;
    for (const [noun, list] of lists) {
      const rule = `${noun}-stage-mismatch` as const;
      const wording: Wording = (found, wanted) =>
        `the ${noun} names the stage ${found}, but ${wanted} holds it`;
      for (const [place, { stage_id: actual }] of (stage[list] ?? []).entries()) {
        const own = ["program", `${at}/${list}/${place}/stage_id`] as const;
        if (actual === stage.stage_id) continue;
        yield { rule, ...differs(own, other, actual, stage.stage_id, wording) };
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
      const message = `the stage already accepted the trace ${excerpt(actual)}`;
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
        const message = "the program already recorded a receipt with this digest";
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
      message: `the ${stage.kind} stage ${excerpt(stage.stage_id)} is completed without a ${isPretrain ? "receipt" : "trace"}`,
      related: [["program", `${at}/status`]],
    };
  }),
} satisfies Checks;
