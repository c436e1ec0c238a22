// The run and the family of everything in a program, and what its records say of their stages.

import { checkpointPromotionPreimage, stageCompletionPreimage, stageTransitionPreimage } from "../digests.js";
import type { CheckpointReference, Stage, TrainingStageProgram } from "../generated/types.js";
import { same, sameMembers } from "../json.js";
import { type Check, differs, type Flaw, shown } from "./check.js";
import { stored } from "./receipt.js";
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

/** The check that each stage that needs a record has one, and no record is too many. */
function complete(sort: Sort): Check {
  const name = NAMES[sort];
  const missing = `missing-${name}`;
  const unexpected = `unexpected-${name}`;
  return {
    rules: [missing, unexpected],
    judges: "program",
    reads: { program: ["/stages", `/${sort}`] },
    *apply({ program }) {
      const matching = match(sort, program);
      for (const index of matching.lacking) {
        yield { rule: missing, pointer: `/stages/${index}`, message: `has no ${name}` };
      }
      for (const place of matching.unexpected) {
        const actual = named(sort, recordsOf(sort, program)[place]!);
        const message = `no stage ${shown(actual)} is left that needs a ${name}`;
        yield { rule: unexpected, pointer: `/${sort}/${place}/${STAGE_MEMBER[sort]}`, message, actual };
      }
    },
  };
}

/** A check that looks at each record that got a stage. */
function eachRecord<S extends Sort>(
  rule: string,
  sort: S,
  look: (matched: Matched<Records[S]>, stages: Stage[]) => Iterable<Flaw>,
): Check {
  return {
    rules: [rule],
    judges: "program",
    reads: { program: ["/stages", `/${sort}`] },
    *apply({ program }) {
      for (const matched of match(sort, program).matched) yield* look(matched, program.stages);
    },
  };
}

/** The check that the digest of each record is right, whatever stage it is about. */
function sealed<S extends Sort>(sort: S, digest: string, preimage: (record: Records[S]) => string): Check {
  const member = `${NAMES[sort]}_digest`;
  return {
    rules: [`${NAMES[sort]}-digest-mismatch`],
    judges: "program",
    reads: { program: [`/${sort}`] },
    *apply({ program }) {
      for (const [index, record] of recordsOf(sort, program).entries()) {
        const actual = (record as unknown as Record<string, string>)[member]!;
        yield* stored(`/${sort}/${index}/${member}`, actual, digest, preimage(record));
      }
    },
  };
}

/** The flaw that a member of a record differs from one of a stage. */
function* held(own: string, other: string, actual: unknown, expected: unknown): Generator<Flaw> {
  if (!same(actual, expected)) yield differs(["program", own], ["program", other], actual, expected);
}

/** The flaw that a checkpoint differs from another one, or only one of the two is there. */
function* heldTo(own: string, other: string, actual: Checkpoint, expected: Checkpoint): Generator<Flaw> {
  if (actual && expected ? sameMembers(actual, expected) : !actual && !expected) return;
  yield differs(["program", own], ["program", other], actual ?? undefined, expected ?? undefined);
}

/** Everything that names its run, with the pointer of what it stands in. */
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

/** Every checkpoint that must be of the program's family, with its pointer. */
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

export const HISTORY_CHECKS: Check[] = [
  ...(["stages", "completions", "promotions", "transitions"] as const).map((part): Check => ({
    rules: ["program-run-mismatch"],
    judges: "program",
    reads: { program: ["/run_id", `/${part}`] },
    *apply({ program }) {
      for (const [at, { run_id: actual }] of dated(program, part)) {
        yield* held(`${at}/run_id`, "/run_id", actual, program.run_id);
      }
    },
  })),
  ...(["stages", "promotions", "transitions"] as const).map((part): Check => ({
    rules: ["program-family-mismatch"],
    judges: "program",
    reads: { program: ["/checkpoint_family", `/${part}`] },
    *apply({ program }) {
      for (const [at, checkpoint] of checkpoints(program, part)) {
        if (!checkpoint) continue;
        const own = `${at}/checkpoint_family`;
        yield* held(own, "/checkpoint_family", checkpoint.checkpoint_family, program.checkpoint_family);
      }
    },
  })),
  complete("completions"),
  eachRecord("completion-stage-mismatch", "completions", function* ({ at, record, index, stage }) {
    yield* held(`${at}/stage_id`, `/stages/${index}/stage_id`, record.stage_id, stage.stage_id);
    yield* held(`${at}/kind`, `/stages/${index}/kind`, record.kind, stage.kind);
  }),
  eachRecord("completion-count-mismatch", "completions", function* ({ at, record, index, stage }) {
    const traces = stage.ingested_traces?.length ?? 0;
    const receipts = stage.pretrain_runs?.length ?? 0;
    const of = `/stages/${index}`;
    yield* held(`${at}/ingested_trace_count`, `${of}/ingested_traces`, record.ingested_trace_count, traces);
    yield* held(`${at}/pretrain_run_count`, `${of}/pretrain_runs`, record.pretrain_run_count, receipts);
  }),
  sealed("completions", "D7", stageCompletionPreimage),
  complete("promotions"),
  eachRecord("promotion-stage-mismatch", "promotions", function* ({ at, record, index, stage }, stages) {
    const next = stages[index + 1]!;
    yield* held(`${at}/from_stage_id`, `/stages/${index}/stage_id`, record.from_stage_id, stage.stage_id);
    yield* held(`${at}/from_stage_kind`, `/stages/${index}/kind`, record.from_stage_kind, stage.kind);
    yield* held(`${at}/to_stage_kind`, `/stages/${index + 1}/kind`, record.to_stage_kind, next.kind);
  }),
  eachRecord("base-checkpoint-mismatch", "promotions", function* ({ at, record, index }, stages) {
    const base = stages[index + 1]!.base_checkpoint;
    if (base)
      yield* heldTo(`/stages/${index + 1}/base_checkpoint`, `${at}/checkpoint`, base, record.checkpoint);
  }),
  eachRecord("unrecorded-checkpoint", "promotions", function* ({ at, record, stage }) {
    if (stage.kind !== "pretrain") return;
    const receipts = stage.pretrain_runs ?? [];
    if (
      receipts.some(({ checkpoint_lineage: lineage }) =>
        sameMembers(lineage.promoted_checkpoint, record.checkpoint),
      )
    )
      return;
    yield { pointer: `${at}/checkpoint`, message: "is the promoted checkpoint of no receipt of the stage" };
  }),
  sealed("promotions", "D8", checkpointPromotionPreimage),
  complete("transitions"),
  eachRecord("transition-stage-mismatch", "transitions", function* ({ at, record, index, stage }, stages) {
    const previous = record.previous_stage_id ?? undefined;
    const own = `${at}${previous === undefined ? "" : "/previous_stage_id"}`;
    const other = index ? `/stages/${index - 1}/stage_id` : "/stages";
    yield* held(own, other, previous, stages[index - 1]?.stage_id);
    yield* held(`${at}/next_stage_id`, `/stages/${index}/stage_id`, record.next_stage_id, stage.stage_id);
    yield* held(`${at}/next_stage_kind`, `/stages/${index}/kind`, record.next_stage_kind, stage.kind);
  }),
  eachRecord("transition-checkpoint-mismatch", "transitions", function* ({ at, record, index, stage }) {
    const base = record.base_checkpoint;
    const own = `${at}${base ? "/base_checkpoint" : ""}`;
    yield* heldTo(own, `/stages/${index}/base_checkpoint`, base, stage.base_checkpoint);
  }),
  sealed("transitions", "D9", stageTransitionPreimage),
];
