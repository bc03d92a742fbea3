/**
 * Moves the state of a site from one store to another. Both are held meanwhile, so no controller
 * acts on either. Each step is durable before the next one, and the marks say on which side the
 * state counts: after a crash anywhere the same command goes on, or says that it is done.
 */
import { isDeepStrictEqual } from "node:util";
import { ERROR_CODES, OperationError } from "../../model/errors.ts";
import type { ClusterKey } from "../../model/ids.ts";
import type { ClusterMemory } from "../../model/memory.ts";
import type { ObservedTask } from "../../model/observed.ts";
import type { StoredSpec } from "../../model/stored-spec.ts";
import type { FrameworkRecord } from "../records.ts";
import { type MoveMark, requireNotMoved } from "./move-mark.ts";

/** All that goes from one to the other. What was published is published anew. */
export interface SiteContents {
  readonly memories: ReadonlyMap<ClusterKey, ClusterMemory>;
  readonly tasks: ReadonlyMap<string, ObservedTask>;
  readonly framework: FrameworkRecord | null;
  readonly controlToken: string | null;
  /** Documents that came over the API. */
  readonly specs: ReadonlyMap<ClusterKey, StoredSpec>;
}

/** One store, held by whoever moves. */
export interface MoveSide {
  /** As `state move` takes it, without secrets. */
  readonly description: string;
  /** Number of the term in which it is held: higher than every one before. */
  readonly term: number;
  mark(): Promise<MoveMark | null>;
  setMark(mark: MoveMark): Promise<void>;
  /** @throws OperationError ERR_STATE_CORRUPT */
  load(): Promise<SiteContents>;
  /** Nothing else is there afterwards. */
  replace(contents: SiteContents): Promise<void>;
}

export interface MoveContext {
  /** Of a new move. */
  readonly moveId: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * @returns what was moved; null: it had been moved before
 * @throws OperationError ERR_STATE_MOVED, ERR_STATE_OCCUPIED, and what the stores throw
 */
export async function moveState(
  from: MoveSide,
  to: MoveSide,
  context: MoveContext,
): Promise<SiteContents | null> {
  const [source, target] = [await from.mark(), await to.mark()];
  if (source?.phase === "moved" && target?.moveId === source.moveId) {
    // Ended between the last two lines: the source has not changed since it was copied.
    if (target.phase === "arriving") await to.setMark({ ...target, phase: "arrived" });
    return target.phase === "arriving" ? await to.load() : null;
  }
  requireNotMoved(from.description, source);
  const goesOn = source?.phase === "leaving" && target?.phase === "arriving";
  const isResumed = goesOn && source.moveId === target.moveId;
  if (!isResumed) await requireFree(from, to, source, target);
  const moveId = isResumed ? source.moveId : context.moveId;
  const { at } = context;
  const termsBefore = source?.termsBefore ?? 0;
  const leaving = { moveId, termsBefore, other: to.description, at };
  const arriving = { moveId, termsBefore: from.term, other: from.description, at };
  await from.setMark({ ...leaving, phase: "leaving" });
  await to.setMark({ ...arriving, phase: "arriving" });
  const contents = await from.load();
  await to.replace(contents);
  requireSame(to.description, contents, await to.load());
  await from.setMark({ ...leaving, phase: "moved" });
  await to.setMark({ ...arriving, phase: "arrived" });
  return contents;
}

/** It is empty, or holds what was moved from there to here. */
async function requireFree(
  from: MoveSide,
  to: MoveSide,
  source: MoveMark | null,
  target: MoveMark | null,
): Promise<void> {
  if (target?.phase === "moved" && target.moveId === source?.moveId) return;
  if (target === null && isEmpty(await to.load())) return;
  const why =
    target?.phase === "moved"
      ? `holds what was moved to ${target.other}`
      : target?.phase === "arriving"
        ? `is where a move from ${target.other} has not come to its end`
        : "holds a state of its own";
  const message =
    `${to.description} ${why}: it is not overwritten by that of ${from.description}. ` +
    "Choose another place, or remove what is there by hand.";
  throw new OperationError(ERROR_CODES.STATE_OCCUPIED, `move to ${to.description}`, message);
}

function isEmpty({ memories, tasks, framework, specs }: SiteContents): boolean {
  const isRegistered = framework !== null && framework.frameworkId !== null;
  const held = memories.size + tasks.size + specs.size;
  return held === 0 && !isRegistered;
}

function requireSame(place: string, wanted: SiteContents, found: SiteContents): void {
  // One that had none may have made its own.
  const controlToken = wanted.controlToken === null ? null : found.controlToken;
  if (isDeepStrictEqual(plain(wanted), plain({ ...found, controlToken }))) return;
  const message = `What was read back from ${place} is not what was written. Say the move again.`;
  throw new OperationError(ERROR_CODES.STATE_CORRUPT, `move to ${place}`, message);
}

/** As it is after a way through JSON. */
function plain({ memories, tasks, framework, controlToken, specs }: SiteContents): unknown {
  const sorted = (entries: Iterable<[string, unknown]>) =>
    [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const all = [sorted(memories), sorted(tasks), framework, controlToken, sorted(specs)];
  return JSON.parse(JSON.stringify(all)) as unknown;
}
