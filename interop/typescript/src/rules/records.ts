// The records of a program (completions, promotions, transitions), and the stage that each of them is about.

import type {
  CheckpointPromotion,
  Stage,
  StageCompletion,
  StageTransition,
  TrainingStageProgram,
} from "../generated/types.js";
import { grouped } from "./check.js";

/** The three sorts of record. */
export interface Records {
  completions: StageCompletion;
  promotions: CheckpointPromotion;
  transitions: StageTransition;
}

/** A sort of record, named after the member of the program that holds them. */
export type Sort = keyof Records;

/** The name of one record of each sort. */
export const NAMES = {
  completions: "completion",
  promotions: "promotion",
  transitions: "transition",
} as const;

/** The member in which a record names its stage. */
export const STAGE_MEMBER = {
  completions: "stage_id",
  promotions: "from_stage_id",
  transitions: "next_stage_id",
} as const;

/** A record with the stage it is about. */
export interface Matched<R> {
  /** Pointer of the record. */
  at: string;
  record: R;
  /** Index of the stage. */
  index: number;
  stage: Stage;
}

/** Which record is about which stage, and what is left over on both sides. */
interface Matching<R> {
  matched: Matched<R>[];
  /** Indexes of the stages without a record. */
  lacking: number[];
  /** Indexes of the records without a stage. */
  unexpected: number[];
}

/**
 * Matches each record with the first free stage that it names, and then the remaining records with the remaining
 * stages in order, so that a record that names the wrong stage is one flaw and not two.
 */
export function match<S extends Sort>(sort: S, program: TrainingStageProgram): Matching<Records[S]> {
  const { stages } = program;
  const records = recordsOf(sort, program);
  const free = [...stages.keys()].filter((index) => isNeeded(sort, stages[index]!, index, stages));
  const byId = grouped(free.reverse(), (index) => stages[index]!.stage_id); // the first stage of each is last
  const taken = new Map<number, number>(); // from record to stage
  for (const [place, record] of records.entries()) {
    const index = byId.get(named(sort, record))?.pop();
    if (index !== undefined) taken.set(place, index);
  }
  const used = new Set(taken.values());
  const left = free.filter((index) => !used.has(index)); // the first stage is last here, too
  const unexpected: number[] = [];
  for (const place of records.keys()) {
    if (taken.has(place)) continue;
    const index = left.pop();
    if (index === undefined) unexpected.push(place);
    else taken.set(place, index);
  }
  const matched = [...taken].map(([place, index]) => {
    return { at: `/${sort}/${place}`, record: records[place]!, index, stage: stages[index]! };
  });
  return { matched, lacking: left.reverse(), unexpected };
}

/** Whether a stage needs a record of that sort. */
export function isNeeded(sort: Sort, stage: Stage, index: number, stages: Stage[]): boolean {
  if (sort === "completions") return stage.status === "completed";
  return sort === "transitions" || index < stages.length - 1;
}

/** The records of one sort; none where the list is absent. */
export function recordsOf<S extends Sort>(sort: S, program: TrainingStageProgram): Records[S][] {
  return (program[sort] ?? []) as Records[S][];
}

/** The `stage_id` that a record names. */
export function named(sort: Sort, record: Records[Sort]): string {
  return (record as unknown as Record<string, string>)[STAGE_MEMBER[sort]]!;
}
