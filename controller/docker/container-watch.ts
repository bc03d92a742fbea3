/** One stream of the engine's events for containers, from its opening to its end. */
import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { messageOf } from "../model/errors.ts";
import { LineSplitter } from "../support/line-splitter.ts";
import { dockerCall, LOOK_MS } from "./docker-calls.ts";
import type { Labels } from "./labels.ts";

const ACTIONS = ["start", "die", "destroy"] as const;
/** The engine's own lines are under 4 KiB; labels of an image may add to that. */
const LINE_LENGTH_MAX = 1024 * 1024;

export type ContainerAction = (typeof ACTIONS)[number];

export interface ContainerEvent {
  readonly action: ContainerAction;
  readonly containerId: string;
  readonly containerName: string;
  readonly labels: Labels;
  /** Only of `die`. */
  readonly exitCode: number | null;
  /** Milliseconds since the epoch, by the engine's clock. */
  readonly at: number;
}

export interface ContainerWatch {
  readonly actions: readonly ContainerAction[];
  /** Labels that the containers carry, `key` or `key=value`. */
  readonly labels: readonly string[];
  /** Seconds of the engine's clock: what was earlier is told first. Left out: only what comes. */
  readonly since?: number;
  /** Ends the watch, while it is being opened too. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: ContainerEvent) => void;
  /** Called once, unless the watch was ended by its signal. */
  readonly onClosed: (reason: string) => void;
}

/**
 * Resolves when the engine has accepted the stream, so that a list taken afterwards misses nothing.
 *
 * @throws OperationError as {@link dockerCall} says, when it is not accepted in time
 */
export async function watchContainers(docker: Docker, watch: ContainerWatch): Promise<void> {
  const { actions, labels, since, signal } = watch;
  const opening = new AbortController();
  const options = {
    filters: { type: ["container"], event: [...actions], label: [...labels] },
    ...(since === undefined ? {} : { since }),
    abortSignal: AbortSignal.any([signal, opening.signal]),
  } as Docker.GetEventsOptions;
  try {
    // The deadline is for the headers only; the stream itself stays open.
    const stream = await dockerCall("watch containers", LOOK_MS, () => docker.getEvents(options));
    follow(stream as Readable, watch);
  } catch (error) {
    opening.abort();
    throw error;
  }
}

function follow(stream: Readable, { signal, onEvent, onClosed }: ContainerWatch): void {
  const limit = { what: "Docker events", lengthMax: LINE_LENGTH_MAX, tooLong: "throw" } as const;
  const splitter = new LineSplitter(limit);
  let reason = "the engine closed the stream";
  stream.on("data", (chunk: Buffer) => {
    try {
      for (const line of splitter.push(chunk)) {
        const event = parseEvent(line);
        if (event !== null && !signal.aborted) onEvent(event);
      }
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
  stream.on("error", (error) => {
    reason = messageOf(error);
  });
  const end = () => stream.destroy();
  signal.addEventListener("abort", end, { once: true });
  stream.once("close", () => {
    signal.removeEventListener("abort", end);
    if (!signal.aborted) onClosed(reason);
  });
}

interface RawEvent {
  readonly Action?: unknown;
  readonly Actor?: { readonly ID?: unknown; readonly Attributes?: unknown };
  readonly timeNano?: unknown;
}

/**
 * One line of `GET /events`; null when it tells nothing of the kind that was asked for.
 *
 * @throws Error when it is no JSON: then it is not the engine that answers
 */
export function parseEvent(line: string): ContainerEvent | null {
  if (line.trim() === "") return null;
  const raw = parseJson(line);
  const action = ACTIONS.find((known) => known === raw?.Action);
  const nanoseconds = raw?.timeNano;
  const { ID: containerId, Attributes: attributes } = raw?.Actor ?? {};
  if (action === undefined || typeof containerId !== "string") return null;
  if (!isTextMap(attributes)) return null;
  const { name, exitCode, ...labels } = attributes;
  return {
    action,
    containerId,
    containerName: name ?? "",
    labels,
    exitCode: action === "die" && exitCode !== undefined ? Number(exitCode) : null,
    at: Math.floor((typeof nanoseconds === "number" ? nanoseconds : 0) / 1e6),
  };
}

function parseJson(line: string): RawEvent | null {
  try {
    return JSON.parse(line) as RawEvent | null;
  } catch (error) {
    throw new Error("Docker's event stream is not JSON", { cause: error });
  }
}

function isTextMap(value: unknown): value is Record<string, string> {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((text) => typeof text === "string");
}
