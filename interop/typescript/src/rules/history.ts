// The run and the checkpoint family of everything in a program, and what its records say about their stages.

import { checkpointPromotionPreimage, stageCompletionPreimage, stageTransitionPreimage } from "../digests.js";
import type { CheckpointReference, Stage, TrainingStageProgram } from "../generated/types.js";
import { same, sameMembers } from "../json.js";
import { type Apply, type Checks, differs, excerpt, type Flaw, type Place, type Wording } from "./check.js";
import { storedDigest } from "./receipt.js";
import {
  isNeeded,
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

/** Why a stage needs a record of each sort, and why others need none. */
const BECAUSE = {
  completions: { needed: "is completed", unneeded: "is not completed" },
  promotions: { needed: "is followed by another", unneeded: "is not followed by another" },
  transitions: { needed: "was entered", unneeded: "was not entered" },
} as const;

/** The check that each stage that needs a record has one, and that no record is left over. */
function complete(sort: Sort): Apply {
  const name = NAMES[sort];
  return function* ({ program }) {
    const { stages } = program;
    const matching = match(sort, program);
    const lastById = new Map(stages.map((stage, index) => [stage.stage_id, index]));
    for (const index of matching.lacking) {
      yield {
        rule: `missing-${name}`,
        pointer: `/stages/${index}`,
        message: `the stage ${excerpt(stages[index]!.stage_id)} ${BECAUSE[sort].needed}, but has no ${name}`,
        related: [["program", program[sort] ? `/${sort}` : ""]],
      };
    }
    for (const place of matching.unexpected) {
      const actual = named(sort, recordsOf(sort, program)[place]!);
      const index = lastById.get(actual);
      const why =
        index === undefined
          ? "is not in the program"
          : isNeeded(sort, stages[index]!, index, stages)
            ? `already has a ${name}`
            : BECAUSE[sort].unneeded;
      yield {
        rule: `unexpected-${name}`,
        pointer: `/${sort}/${place}/${STAGE_MEMBER[sort]}`,
        message: `the stage ${excerpt(actual)} ${why}`,
        actual,
        related: [["program", index === undefined ? "/stages" : `/stages/${index}`]],
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
      const name = `${digest} of the ${NAMES[sort]}`;
      yield* storedDigest(`${at}/${member}`, actual, name, preimage(record), ["program", at]);
    }
  };
}

/** The check that everything in a part of a program belongs to the run of the program. */
function ofTheRun(part: "stages" | Sort): Apply {
  return function* ({ program }) {
    for (const [at, { run_id: actual }] of dated(program, part)) {
      const wording: Wording = (found, wanted) =>
        `this one of the ${at.split("/").at(-2)} belongs to the run ${found}; the program is of ${wanted}`;
      yield* equals(`${at}/run_id`, "/run_id", actual, program.run_id, wording);
    }
  };
}

/** The check that all checkpoints in a part of a program are of the family of the program. */
function ofTheFamily(part: "stages" | "promotions" | "transitions"): Apply {
  return function* ({ program }) {
    for (const [at, checkpoint] of checkpoints(program, part)) {
      if (!checkpoint) continue;
      const own = `${at}/checkpoint_family`;
      const [actual, expected] = [checkpoint.checkpoint_family, program.checkpoint_family];
      yield* equals(own, "/checkpoint_family", actual, expected, (found, wanted) => {
        return `the checkpoint belongs to the family ${found}; the program's is ${wanted}`;
      });
    }
  };
}

/** The flaw that a member differs from another one of the program. */
function* equals(
  own: string,
  other: string,
  actual: unknown,
  expected: unknown,
  wording: Wording,
): Generator<Flaw> {
  if (!same(actual, expected)) yield differs(["program", own], ["program", other], actual, expected, wording);
}

/** The wording that a member of a record differs from its stage. */
function recorded(name: string, sort: Sort): Wording {
  return (found, wanted) => `${name} of the ${NAMES[sort]} is ${found}, but the stage has ${wanted}`;
}

/** The wording that a count of a completion is wrong. */
function counted(name: string, stage: Stage): Wording {
  return (found, wanted) =>
    `${name} of the completion is ${found}, but the stage ${excerpt(stage.stage_id)} has ${wanted}`;
}

/** The flaw that two checkpoints differ, or that only one of them exists. */
function* sameCheckpoint(
  own: string,
  other: string,
  actual: Checkpoint,
  expected: Checkpoint,
  problem: string,
): Generator<Flaw> {
  if (actual && expected ? sameMembers(actual, expected) : !actual && !expected) return;
  const message = `${problem}: ${difference(actual, expected)}`;
  yield differs(
    ["program", own],
    ["program", other],
    actual ?? undefined,
    expected ?? undefined,
    () => message,
  );
}

/** How two checkpoints differ, in words; the first two members of several. */
function difference(actual: Checkpoint, expected: Checkpoint): string {
  if (!actual) return "it is missing";
  if (!expected) return "there should be none";
  const names = [
    ...new Set([...Object.keys(expected), ...Object.keys(actual)]),
  ] as (keyof CheckpointReference)[];
  const differing = names.filter((name) => !same(actual[name], expected[name]));
  const words = differing
    .slice(0, 2)
    .map((name) => `${name} is ${excerpt(actual[name])}, not ${excerpt(expected[name])}`);
  if (differing.length > 2) words.push(`${differing.length - 2} more members differ`);
  return words.join("; ");
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
    for (const name of ["stage_id", "kind"] as const) {
      const wording = recorded(name, "completions");
      yield* equals(`${at}/${name}`, `/stages/${index}/${name}`, record[name], stage[name], wording);
    }
  }),
  "completion-count-mismatch": eachRecord("completions", function* ({ at, record, index, stage }) {
    const { ingested_traces: traces, pretrain_runs: receipts } = stage;
    const of = `/stages/${index}`;
    yield* equals(
      `${at}/ingested_trace_count`,
      traces ? `${of}/ingested_traces` : of,
      record.ingested_trace_count,
      traces?.length ?? 0,
      counted("ingested_trace_count", stage),
    );
    yield* equals(
      `${at}/pretrain_run_count`,
      receipts ? `${of}/pretrain_runs` : of,
      record.pretrain_run_count,
      receipts?.length ?? 0,
      counted("pretrain_run_count", stage),
    );
  }),
  "completion-digest-mismatch": sealed("completions", "D7", stageCompletionPreimage),

  "missing-promotion": complete("promotions"),
  "promotion-stage-mismatch": eachRecord("promotions", function* ({ at, record, index, stage }, stages) {
    const next = stages[index + 1]!;
    const members = [
      ["from_stage_id", `/stages/${index}/stage_id`, stage.stage_id],
      ["from_stage_kind", `/stages/${index}/kind`, stage.kind],
      ["to_stage_kind", `/stages/${index + 1}/kind`, next.kind],
    ] as const;
    for (const [name, other, expected] of members) {
      yield* equals(`${at}/${name}`, other, record[name], expected, recorded(name, "promotions"));
    }
  }),
  "base-checkpoint-mismatch": eachRecord("promotions", function* ({ at, record, index }, stages) {
    const base = stages[index + 1]!.base_checkpoint;
    if (!base) return;
    const own = `/stages/${index + 1}/base_checkpoint`;
    const problem = "the stage starts from another checkpoint than the promoted one";
    yield* sameCheckpoint(own, `${at}/checkpoint`, base, record.checkpoint, problem);
  }),
  "unrecorded-checkpoint": eachRecord("promotions", function* ({ at, record, index, stage }) {
    if (stage.kind !== "pretrain") return;
    const lineages = (stage.pretrain_runs ?? []).map((receipt) => receipt.checkpoint_lineage);
    if (lineages.some((lineage) => sameMembers(lineage.promoted_checkpoint, record.checkpoint))) return;
    const places = lineages.map((_, place): Place => [
      "program",
      `/stages/${index}/pretrain_runs/${place}/checkpoint_lineage/promoted_checkpoint`,
    ]);
    const actual = record.checkpoint;
    const expected = lineages.length === 1 ? lineages[0]!.promoted_checkpoint : undefined;
    const comparison = expected ? `; compared with the only one, ${difference(actual, expected)}` : "";
    yield {
      pointer: `${at}/checkpoint`,
      message: `no receipt of the stage promotes this checkpoint${comparison}`,
      expected,
      actual,
      related: places.length ? places : [["program", `/stages/${index}`]],
    };
  }),
  "promotion-digest-mismatch": sealed("promotions", "D8", checkpointPromotionPreimage),

  "missing-transition": complete("transitions"),
  "transition-stage-mismatch": eachRecord("transitions", function* ({ at, record, index, stage }, stages) {
    const previous = record.previous_stage_id ?? undefined;
    const own = `${at}${previous === undefined ? "" : "/previous_stage_id"}`;
    const other = index ? `/stages/${index - 1}/stage_id` : "/stages/0";
    yield* equals(own, other, previous, stages[index - 1]?.stage_id, (found, wanted) => {
      const why = index ? `the stage has ${wanted}` : "no stage precedes the first one";
      return `previous_stage_id of the transition is ${found}, but ${why}`;
    });
    const members = [
      ["next_stage_id", "stage_id"],
      ["next_stage_kind", "kind"],
    ] as const;
    for (const [name, member] of members) {
      const wording = recorded(name, "transitions");
      yield* equals(`${at}/${name}`, `/stages/${index}/${member}`, record[name], stage[member], wording);
    }
  }),
  "transition-checkpoint-mismatch": eachRecord("transitions", function* ({ at, record, index, stage }) {
    const { base_checkpoint: base } = stage;
    const own = `${at}${record.base_checkpoint ? "/base_checkpoint" : ""}`;
    const other = `/stages/${index}${base ? "/base_checkpoint" : ""}`;
    const problem = "the stage was entered with another checkpoint than it starts from";
    yield* sameCheckpoint(own, other, record.base_checkpoint, base, problem);
  }),
  "transition-digest-mismatch": sealed("transitions", "D9", stageTransitionPreimage),
} satisfies Checks;
