// The run and the checkpoint family of everything in a program, and what its records say about their stages.

import { checkpointPromotionPreimage, stageCompletionPreimage, stageTransitionPreimage } from "../digests.js";
import type { CheckpointReference, Stage, TrainingStageProgram } from "../generated/types.js";
import { same, sameMembers } from "../json.js";
import { type Apply, type Checks, differs, type Flaw, type Place, excerpt } from "./check.js";
import { storedDigest } from "./receipt.js";
import {
  match,
  type Matched,
  named,
  NAMES,
  type Records,
  recordsOf,
  type Sort,
  STAGE_MEMBER,
} from "./records.js";

type Checkpoint = CheckpointReference | null | undefined;

/** The check that each stage that needs a record has one, and that no record is left over. */
function complete(sort: Sort): Apply {
  const name = NAMES[sort];
  return function* ({ program }) {
    const { stages } = program;
    const matching = match(sort, program);
    for (const index of matching.lacking) {
      yield {
        rule: `missing-${name}`,
        pointer: `/stages/${index}`,
        message: `has no ${name}`,
        related: [["program", program[sort] ? `/${sort}` : ""]],
      };
    }
    for (const place of matching.unexpected) {
      const actual = named(sort, recordsOf(sort, program)[place]!);
      const index = stages.map((stage) => stage.stage_id).lastIndexOf(actual);
      yield {
        rule: `unexpected-${name}`,
        pointer: `/${sort}/${place}/${STAGE_MEMBER[sort]}`,
        message: `no stage ${excerpt(actual)} needs this ${name}`,
        actual,
        related: [["program", index < 0 ? "/stages" : `/stages/${index}`]],
      };
    }
  };
}

/** A check that looks at each record that was matched with a stage. */
function eachRecord<S extends Sort>(
  sort: S,
  look: (matched: Matched<Records[S]>, stages: Stage[]) => Iterable<Flaw>,
): Apply {
  return function* ({ program }) {
    for (const matched of match(sort, program).matched) yield* look(matched, program.stages);
  };
}

/** The check that the digest of each record is right, whatever its stage. */
function sealed<S extends Sort>(sort: S, digest: string, preimage: (record: Records[S]) => string): Apply {
  const member = `${NAMES[sort]}_digest`;
  return function* ({ program }) {
    for (const [index, record] of recordsOf(sort, program).entries()) {
      const at = `/${sort}/${index}`;
      const actual = (record as unknown as Record<string, string>)[member]!;
      yield* storedDigest(`${at}/${member}`, actual, digest, preimage(record), ["program", at]);
    }
  };
}

/** The check that everything in a part of a program belongs to the run of the program. */
function ofTheRun(part: "stages" | Sort): Apply {
  return function* ({ program }) {
    for (const [at, { run_id: actual }] of dated(program, part)) {
      yield* equals(`${at}/run_id`, "/run_id", actual, program.run_id);
    }
  };
}

/** The check that all checkpoints in a part of a program are of the family of the program. */
function ofTheFamily(part: "stages" | "promotions" | "transitions"): Apply {
  return function* ({ program }) {
    for (const [at, checkpoint] of checkpoints(program, part)) {
      if (!checkpoint) continue;
      const own = `${at}/checkpoint_family`;
      yield* equals(own, "/checkpoint_family", checkpoint.checkpoint_family, program.checkpoint_family);
    }
  };
}

/** The flaw that a member differs from another one of the program. */
function* equals(own: string, other: string, actual: unknown, expected: unknown): Generator<Flaw> {
  if (!same(actual, expected)) yield differs(["program", own], ["program", other], actual, expected);
}

/** The flaw that two checkpoints differ, or that only one of them exists. */
function* sameCheckpoint(
  own: string,
  other: string,
  actual: Checkpoint,
  expected: Checkpoint,
): Generator<Flaw> {
  if (actual && expected ? sameMembers(actual, expected) : !actual && !expected) return;
  yield differs(["program", own], ["program", other], actual ?? undefined, expected ?? undefined);
}

/** Everything in a part of a program that names its run, with its pointer. */
function* dated(
  program: TrainingStageProgram,
  part: "stages" | Sort,
): Generator<[string, { run_id: string }]> {
  if (part !== "stages") {
    for (const [index, record] of recordsOf(part, program).entries()) yield [`/${part}/${index}`, record];
    return;
  }
  for (const [index, stage] of program.stages.entries()) {
    for (const list of ["ingested_traces", "pretrain_runs"] as const) {
      for (const [place, entry] of (stage[list] ?? []).entries())
        yield [`/stages/${index}/${list}/${place}`, entry];
    }
  }
}

/** Every checkpoint in a part of a program, with its pointer. */
function* checkpoints(
  program: TrainingStageProgram,
  part: "stages" | "promotions" | "transitions",
): Generator<[string, Checkpoint]> {
  if (part === "promotions") {
    for (const [index, { checkpoint }] of (program.promotions ?? []).entries()) {
      yield [`/promotions/${index}/checkpoint`, checkpoint];
    }
  } else {
    for (const [index, { base_checkpoint: base }] of (program[part] ?? []).entries()) {
      yield [`/${part}/${index}/base_checkpoint`, base];
    }
  }
  for (const [index, stage] of part === "stages" ? program.stages.entries() : []) {
    for (const [place, { checkpoint_lineage: lineage }] of (stage.pretrain_runs ?? []).entries()) {
      const at = `/stages/${index}/pretrain_runs/${place}/checkpoint_lineage/promoted_checkpoint`;
      yield [at, lineage.promoted_checkpoint];
    }
  }
}

export const HISTORY_CHECKS = {
  "program-run-mismatch.stages": ofTheRun("stages"),
  "program-run-mismatch.completions": ofTheRun("completions"),
  "program-run-mismatch.promotions": ofTheRun("promotions"),
  "program-run-mismatch.transitions": ofTheRun("transitions"),
  "program-family-mismatch.stages": ofTheFamily("stages"),
  "program-family-mismatch.promotions": ofTheFamily("promotions"),
  "program-family-mismatch.transitions": ofTheFamily("transitions"),

  "missing-completion": complete("completions"),
  "completion-stage-mismatch": eachRecord("completions", function* ({ at, record, index, stage }) {
    yield* equals(`${at}/stage_id`, `/stages/${index}/stage_id`, record.stage_id, stage.stage_id);
    yield* equals(`${at}/kind`, `/stages/${index}/kind`, record.kind, stage.kind);
  }),
  "completion-count-mismatch": eachRecord("completions", function* ({ at, record, index, stage }) {
    const { ingested_traces: traces, pretrain_runs: receipts } = stage;
    const of = `/stages/${index}`;
    yield* equals(
      `${at}/ingested_trace_count`,
      traces ? `${of}/ingested_traces` : of,
      record.ingested_trace_count,
      traces?.length ?? 0,
    );
    yield* equals(
      `${at}/pretrain_run_count`,
      receipts ? `${of}/pretrain_runs` : of,
      record.pretrain_run_count,
      receipts?.length ?? 0,
    );
  }),
  "completion-digest-mismatch": sealed("completions", "D7", stageCompletionPreimage),

  "missing-promotion": complete("promotions"),
  "promotion-stage-mismatch": eachRecord("promotions", function* ({ at, record, index, stage }, stages) {
    const next = stages[index + 1]!;
    yield* equals(`${at}/from_stage_id`, `/stages/${index}/stage_id`, record.from_stage_id, stage.stage_id);
    yield* equals(`${at}/from_stage_kind`, `/stages/${index}/kind`, record.from_stage_kind, stage.kind);
    yield* equals(`${at}/to_stage_kind`, `/stages/${index + 1}/kind`, record.to_stage_kind, next.kind);
  }),
  "base-checkpoint-mismatch": eachRecord("promotions", function* ({ at, record, index }, stages) {
    const base = stages[index + 1]!.base_checkpoint;
    if (!base) return;
    const own = `/stages/${index + 1}/base_checkpoint`;
    yield* sameCheckpoint(own, `${at}/checkpoint`, base, record.checkpoint);
  }),
  "unrecorded-checkpoint": eachRecord("promotions", function* ({ at, record, index, stage }) {
    if (stage.kind !== "pretrain") return;
    const recorded = (stage.pretrain_runs ?? []).map((receipt) => receipt.checkpoint_lineage);
    if (recorded.some((lineage) => sameMembers(lineage.promoted_checkpoint, record.checkpoint))) return;
    const places = recorded.map((_, place): Place => [
      "program",
      `/stages/${index}/pretrain_runs/${place}/checkpoint_lineage/promoted_checkpoint`,
    ]);
    yield {
      pointer: `${at}/checkpoint`,
      message: "no receipt of the stage promotes this checkpoint",
      related: places.length ? places : [["program", `/stages/${index}`]],
    };
  }),
  "promotion-digest-mismatch": sealed("promotions", "D8", checkpointPromotionPreimage),

  "missing-transition": complete("transitions"),
  "transition-stage-mismatch": eachRecord("transitions", function* ({ at, record, index, stage }, stages) {
    const previous = record.previous_stage_id ?? undefined;
    const own = `${at}${previous === undefined ? "" : "/previous_stage_id"}`;
    const other = index ? `/stages/${index - 1}/stage_id` : "/stages/0";
    yield* equals(own, other, previous, stages[index - 1]?.stage_id);
    yield* equals(`${at}/next_stage_id`, `/stages/${index}/stage_id`, record.next_stage_id, stage.stage_id);
    yield* equals(`${at}/next_stage_kind`, `/stages/${index}/kind`, record.next_stage_kind, stage.kind);
  }),
  "transition-checkpoint-mismatch": eachRecord("transitions", function* ({ at, record, index, stage }) {
    const { base_checkpoint: base } = stage;
    const own = `${at}${record.base_checkpoint ? "/base_checkpoint" : ""}`;
    const other = `/stages/${index}${base ? "/base_checkpoint" : ""}`;
    yield* sameCheckpoint(own, other, record.base_checkpoint, base);
  }),
  "transition-digest-mismatch": sealed("transitions", "D9", stageTransitionPreimage),
} satisfies Checks;
