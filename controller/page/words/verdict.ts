/** Ready, or why not: what one sees first. Pure. */
import type { ClusterStatus, Condition, ConditionType, NodeStatus } from "../../model/resource.ts";

/** `good`: as it should be. `busy`: on the way. `bad`: somebody may have to do something. `off`: as wanted. */
export type Mood = "good" | "busy" | "bad" | "off";

export interface Verdict {
  readonly mood: Mood;
  /** A word or two. */
  readonly title: string;
  /** One sentence; empty where the title says it all. */
  readonly message: string;
  /** RFC 3339; null: not known. */
  readonly since: string | null;
  /** Of a cluster that is not ready: whether people can work in Jupyter; empty: that is told otherwise. */
  readonly jupyter: string;
  /** What else is not as it should be, most telling first. */
  readonly others: readonly Condition[];
}

/** Where True is what nobody wants for long. */
const BETTER_FALSE: ReadonlySet<ConditionType> = new Set([
  "Progressing",
  "Degraded",
  "Suspended",
  "Recovering",
]);
/** They repeat in other words what the rest says. */
const SUMMARIES: ReadonlySet<ConditionType> = new Set(["Ready", "Progressing", "Degraded"]);

export function verdictOf(status: ClusterStatus): Verdict {
  const { conditions } = status;
  const ready = conditions.find(({ type }) => type === "Ready");
  const suspended = conditions.find(({ type }) => type === "Suspended");
  const others = conditions.filter((one) => !SUMMARIES.has(one.type) && !isGood(one));
  const since = ready?.lastTransitionTime ?? null;
  if (suspended?.status === "True") {
    const rest = others.filter(({ type }) => type !== "Suspended");
    const message = suspended.message || "Its spec wants it so: no container runs, its data stays.";
    const told = { message, jupyter: "", since: suspended.lastTransitionTime };
    return { mood: "off", title: "Suspended", ...told, others: isDown(rest) };
  }
  if (ready?.status === "True") {
    // How many nodes are ready stands below it.
    return { mood: "good", title: "Ready", message: "", jupyter: "", since, others };
  }
  if (ready === undefined) {
    const told = { message: "", jupyter: "", since: null };
    return { mood: "busy", title: "Not looked at yet", ...told, others };
  }
  const mood =
    isTrue(conditions, "Degraded") && !isTrue(conditions, "Progressing") ? "bad" : "busy";
  const message = ready.message || wordsOf(ready.reason);
  return { mood, title: "Not ready", message, jupyter: jupyterText(conditions), since, others };
}

/** The proxy's word counts most: it is what a browser reaches. */
function jupyterText(conditions: readonly Condition[]): string {
  const [proxy, jupyter] = (["ProxyReady", "JupyterReady"] as const).map((type) =>
    conditions.find((one) => one.type === type),
  );
  if (proxy === undefined || jupyter === undefined) return "";
  const lacking = [proxy, jupyter].find(({ status }) => status !== "True");
  if (lacking === undefined) return "Jupyter answers meanwhile.";
  return `Jupyter does not answer: ${lacking.message || wordsOf(lacking.reason)}`;
}

/** While nothing is to run, what does not run is nothing to tell. */
function isDown(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.filter(({ type }) => type === "SpecValid" || type === "StateStored");
}

export function isGood({ type, status }: Condition): boolean {
  return status === (BETTER_FALSE.has(type) ? "False" : "True");
}

function isTrue(conditions: readonly Condition[], type: ConditionType): boolean {
  return conditions.some((one) => one.type === type && one.status === "True");
}

/** `LeaderLost`: `leader lost`. */
export function wordsOf(camelCase: string): string {
  return camelCase.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, " ").toLowerCase();
}

/** The way of a node to Running, for one that is on it. */
export const WAY = ["Pending", "Launching", "Starting", "Joining", "Running"] as const;

/** How far it is on its way; null: it is not on it. */
export function stepOf({ phase, ready }: Pick<NodeStatus, "phase" | "ready">): number | null {
  if (phase === "Running" && ready) return null;
  const step = WAY.findIndex((one) => one === (phase === "BackOff" ? "Pending" : phase));
  return step < 0 ? null : step;
}

export function nodeMood({ phase, ready }: Pick<NodeStatus, "phase" | "ready">): Mood {
  if (ready) return "good";
  if (phase === "Unreachable" || phase === "BackOff") return "bad";
  return phase === "Stopping" ? "off" : "busy";
}
