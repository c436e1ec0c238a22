// The stages of a program: their order, what each admits and what it needs.

import type { Stage } from "../generated/types.js";
import { type Check, differs, type Flaw, firstByKey, shown } from "./check.js";

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

/** A check that reads the stages only, and looks at each of them. */
function eachStage(
  rules: Check["rules"],
  look: (stage: Stage, at: string, index: number, stages: Stage[]) => Iterable<Flaw>,
): Check {
  return {
    rules,
    judges: "program",
    reads: { program: ["/stages"] },
    *apply({ program: { stages } }) {
      for (const [index, stage] of stages.entries()) yield* look(stage, `/stages/${index}`, index, stages);
    },
  };
}

export const PROGRAM_CHECKS: Check[] = [
  eachStage(["stage-order-mismatch"], function* (stage, at, index, stages) {
    const before = stages[index - 1];
    const expected = before ? KINDS.slice(KINDS.indexOf(before.kind) + 1).slice(0, 1) : FIRST_KINDS;
    if (expected.includes(stage.kind)) return;
    const message = `is ${shown(stage.kind)}, where ${expected.join(" or ") || "no stage"} may follow`;
    yield { pointer: `${at}/kind`, message, actual: stage.kind };
  }),
  {
    rules: ["stage-id-mismatch"],
    judges: "program",
    reads: { program: ["/run_id", "/stages"] },
    *apply({ program }) {
      for (const [index, { stage_id: actual, kind }] of program.stages.entries()) {
        const expected = `${program.run_id}-stage-${index + 1}-${kind}`;
        if (actual === expected) continue;
        const message = `is ${shown(actual)}, but the stage is ${shown(expected)}`;
        yield { pointer: `/stages/${index}/stage_id`, message, expected, actual };
      }
    },
  },
  eachStage(["stage-still-active"], function* ({ status }, at, index, stages) {
    if (status !== "active" || index === stages.length - 1) return;
    const message = "is active, but another stage follows";
    yield { pointer: `${at}/status`, message, expected: "completed", actual: status };
  }),
  eachStage(["missing-base-checkpoint"], function* (stage, at, index) {
    if (index > 0 && !stage.base_checkpoint) yield { pointer: at, message: "has no base checkpoint" };
  }),
  eachStage(["trace-not-admitted"], function* (stage, at) {
    for (const [place, { trace_kind: kind }] of (stage.ingested_traces ?? []).entries()) {
      if (ADMITTED[stage.kind].includes(kind)) continue;
      const message = `a ${stage.kind} stage admits no ${kind} trace`;
      yield { pointer: `${at}/ingested_traces/${place}/trace_kind`, message, actual: kind };
    }
  }),
  eachStage(["receipt-not-admitted"], function* (stage, at) {
    if (stage.kind === "pretrain") return;
    for (const place of (stage.pretrain_runs ?? []).keys()) {
      yield { pointer: `${at}/pretrain_runs/${place}`, message: `a ${stage.kind} stage admits no receipt` };
    }
  }),
  eachStage(["trace-stage-mismatch", "receipt-stage-mismatch"], function* (stage, at) {
    const right = ["program", `${at}/stage_id`] as const;
    const lists = [
      ["trace-stage-mismatch", "ingested_traces"],
      ["receipt-stage-mismatch", "pretrain_runs"],
    ] as const;
    for (const [rule, list] of lists) {
      for (const [place, { stage_id: actual }] of (stage[list] ?? []).entries()) {
        const own = ["program", `${at}/${list}/${place}/stage_id`] as const;
        if (actual !== stage.stage_id) yield { rule, ...differs(own, right, actual, stage.stage_id) };
      }
    }
  }),
  eachStage(["duplicate-trace"], function* (stage, at) {
    const traces = stage.ingested_traces ?? [];
    const first = firstByKey(traces, (trace) => trace.trace_id);
    for (const [place, { trace_id: actual }] of traces.entries()) {
      const earlier = first.get(actual)!.index;
      if (earlier === place) continue;
      const pointer = (index: number) => `${at}/ingested_traces/${index}/trace_id`;
      const message = `an earlier trace is called ${shown(actual)}`;
      yield { pointer: pointer(place), message, actual, against: [["program", pointer(earlier)]] };
    }
  }),
  {
    rules: ["duplicate-receipt"],
    judges: "program",
    reads: { program: ["/stages"] },
    *apply({ program: { stages } }) {
      const first = new Map<string, string>();
      for (const [index, stage] of stages.entries()) {
        for (const [place, { receipt_digest: actual }] of (stage.pretrain_runs ?? []).entries()) {
          const pointer = `/stages/${index}/pretrain_runs/${place}/receipt_digest`;
          const earlier = first.get(actual);
          if (earlier === undefined) first.set(actual, pointer);
          else
            yield {
              pointer,
              message: "an earlier receipt has this digest",
              actual,
              against: [["program", earlier]],
            };
        }
      }
    },
  },
  eachStage(["missing-receipt", "missing-trace"], function* (stage, at) {
    if (stage.status !== "completed" || stage.kind === "rl") return;
    const isPretrain = stage.kind === "pretrain";
    const list = isPretrain ? "pretrain_runs" : "ingested_traces";
    if (stage[list]?.length) return;
    const message = `a ${stage.kind} stage cannot be completed without a ${isPretrain ? "receipt" : "trace"}`;
    yield {
      rule: isPretrain ? "missing-receipt" : "missing-trace",
      pointer: stage[list] ? `${at}/${list}` : at,
      message,
    };
  }),
];
