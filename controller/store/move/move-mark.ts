/**
 * What each side of a move says of itself while and after the state goes from one store to another,
 * so that no controller acts on what is kept elsewhere, or on half of it. Pure.
 */
import { ERROR_CODES, OperationError } from "../../model/errors.ts";

export interface MoveMark {
  /** Of one move: both sides have the same. */
  readonly moveId: string;
  /**
   * `leaving`: its copy is being made; it is the one that counts. `moved`: the other counts.
   * `arriving`: the copy is not whole. `arrived`: it is, and this one counts.
   */
  readonly phase: "leaving" | "moved" | "arriving" | "arrived";
  /** Is added to the number of each term on this side, so that numbers grow over moves. */
  readonly termsBefore: number;
  /** The other side, as `state move` takes it. */
  readonly other: string;
  /** ISO 8601. */
  readonly at: string;
}

const PHASES = ["leaving", "moved", "arriving", "arrived"];

export function isMoveMark(value: unknown): value is MoveMark {
  const { moveId, phase, termsBefore, other, at } = (value ?? {}) as Partial<MoveMark>;
  const isText = [moveId, other, at].every((field) => typeof field === "string");
  if (!isText || !Number.isSafeInteger(termsBefore)) return false;
  return typeof phase === "string" && PHASES.includes(phase);
}

/** What counts is elsewhere, or not whole here yet. */
export function isAway({ phase }: MoveMark): boolean {
  return phase === "moved" || phase === "arriving";
}

/**
 * @param place as `state move` takes it
 * @throws OperationError ERR_STATE_MOVED when a controller must not start on it
 */
export function requireNotMoved(place: string, mark: MoveMark | null): void {
  if (mark?.phase === "moved") {
    const message =
      `The state of ${place} was moved to ${mark.other} at ${mark.at}: use it there. ` +
      `\`jupyter-cluster state move --from ${mark.other} --to ${place}\` brings it back.`;
    throw moved(place, message);
  }
  if (mark?.phase === "arriving") {
    const message =
      `The move from ${mark.other} to ${place} has not come to its end: say it again, ` +
      `\`jupyter-cluster state move --from ${mark.other} --to ${place}\`.`;
    throw moved(place, message);
  }
}

function moved(place: string, message: string): OperationError {
  return new OperationError(ERROR_CODES.STATE_MOVED, `open ${place}`, message);
}
