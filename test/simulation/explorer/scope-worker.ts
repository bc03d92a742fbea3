/** A thread that explores its part of the scopes. */
import { parentPort, workerData } from "node:worker_threads";
import { type Clock, stopwatch } from "../many/stopwatch.ts";
import { type AllExplored, exploreAll } from "./explore-all.ts";

export interface ScopeSettings {
  /** Of this part alone. */
  readonly visitsMax: number;
  readonly seed: number;
  /** No scope begins later than this. Milliseconds from the beginning. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly part: { readonly of: number; readonly number: number };
}

const { visitsMax, seed, deadlineMs, clock, part } = workerData as ScopeSettings;
const spent = stopwatch(clock, part.of);
const isOver = () => spent() > deadlineMs;
const explored = exploreAll({ visitsMax, seed, isOver, part });
parentPort?.postMessage(explored satisfies AllExplored);
