/**
 * The way of a cluster to Ready, as steps for a live view and as lines for a log. Pure: a fold
 * over the objects that the controller publishes.
 */
import type { Condition, ConditionType, JupyterClusterObject } from "../../model/resource.ts";

export type StepState = "done" | "active" | "waiting" | "failed";

export interface Step {
  readonly label: string;
  /** What is being done while it is the one that is waited for. */
  readonly doing: string;
  readonly state: StepState;
  /** What is missing, or what was reached; may be empty. */
  readonly detail: string;
}

/** What was told of one cluster so far. */
export interface Announced {
  readonly conditions: ReadonlyMap<ConditionType, string>;
  readonly containers: string | null;
  readonly leader: string | null;
  /** What was being done, numbers left out. */
  readonly doing: string;
}

export const NOTHING_ANNOUNCED: Announced = {
  conditions: new Map(),
  containers: null,
  leader: null,
  doing: "",
};

/** What there is on the way up. Told when reached, and when lost again. */
const MILESTONES: ReadonlySet<ConditionType> = new Set([
  "SpecValid",
  "FrameworkRegistered",
  "Quorate",
  "StorageReady",
  "SSHReady",
  "JupyterReady",
  "ProxyReady",
]);

/**
 * @returns the lines that the newly published object is worth, each change told once: a
 *   milestone when it is reached or lost, the step that is being done and what it waits for (not
 *   when only a number in it counts on), the number of running containers, the leader
 */
export function foldProgress(
  told: Announced,
  object: JupyterClusterObject,
): { readonly told: Announced; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const { status } = object;
  const containers = containerCount(object);
  if (containers !== told.containers) lines.push(`containers ${containers} running`);
  if (status.leader !== null && leaderSlot(object) !== told.leader) {
    lines.push(`leader is ${status.leader} (${leaderSlot(object)})`);
  }
  const conditions = new Map(told.conditions);
  for (const condition of status.conditions) {
    const before = told.conditions.get(condition.type);
    const now = `${condition.status} ${condition.reason}`;
    conditions.set(condition.type, now);
    const line = before === now ? null : conditionLine(condition, before);
    if (line !== null) lines.push(line);
  }
  const leader = status.leader === null ? told.leader : leaderSlot(object);
  const step = stepsOf(object).find(({ state }) => state === "active");
  const text = step === undefined ? "" : doingText(step);
  const doing = text.replaceAll(/\d+/g, "#");
  if (doing !== "" && doing !== told.doing) lines.push(text);
  return { told: { conditions, containers, leader, doing }, lines };
}

function doingText({ doing, detail }: Step): string {
  return detail === "" ? doing : `${doing}: ${detail}`;
}

/** null: no news. @param before status and reason that were told last */
function conditionLine(condition: Condition, before: string | undefined): string | null {
  const { type, status, reason, message } = condition;
  const text = `${type} is ${status} (${reason})${message === "" ? "" : `: ${message}`}`;
  if (type === "Ready" || type === "Recovering") return status === "True" ? text : null;
  if (!MILESTONES.has(type)) return null;
  const had = before?.startsWith("True") === true;
  if (status === "True") return had ? null : text;
  return had || (type === "SpecValid" && status === "False") ? text : null;
}

export function isReady(object: JupyterClusterObject): boolean {
  return (
    condition(object, "Ready")?.status === "True" &&
    object.status.observedGeneration === object.metadata.generation
  );
}

/** The steps from the spec to Ready, in the order in which they come. */
export function stepsOf(object: JupyterClusterObject): readonly Step[] {
  const { status, metadata } = object;
  const started = startedNodes(status);
  const launched = status.nodes.some((node) => node.taskId !== null);
  const steps: Step[] = [
    conditionStep(
      object,
      "SpecValid",
      "spec",
      "reading the spec",
      `generation ${metadata.generation}`,
    ),
    conditionStep(object, "FrameworkRegistered", "Mesos framework", "registering with Mesos"),
    {
      label: "offers and network",
      doing: "waiting for offers of Mesos",
      ...doneWhen(launched, pendingReason(object)),
    },
    {
      label: `containers ${started}/${status.replicas}`,
      doing: "starting the containers",
      ...doneWhen(started >= status.replicas && started > 0, launchingNodes(object)),
    },
    conditionStep(object, "Quorate", "etcd", "forming the etcd cluster", "quorum"),
    {
      label: "leader",
      doing: "electing a leader",
      ...doneWhen(status.leader !== null, "no leader yet"),
      ...(status.leader === null ? {} : { detail: `${status.leader} (${leaderSlot(object)})` }),
    },
    conditionStep(object, "StorageReady", "shared storage", "preparing the shared storage"),
    conditionStep(object, "SSHReady", "ssh between the nodes", "setting up ssh between the nodes"),
    conditionStep(object, "JupyterReady", "Jupyter", "starting Jupyter"),
    conditionStep(object, "ProxyReady", "proxy", "opening the proxy", status.endpoints.jupyter),
    conditionStep(
      object,
      "Ready",
      "ready",
      "waiting for every node",
      `${status.readyReplicas} of ${status.replicas} nodes`,
    ),
  ];
  return withOneActive(steps);
}

/** The first step that is not done is the one that is waited for. */
function withOneActive(steps: readonly Step[]): Step[] {
  const first = steps.findIndex((step) => step.state !== "done");
  return steps.map((step, i) =>
    i === first && step.state === "waiting" ? { ...step, state: "active" } : step,
  );
}

function conditionStep(
  object: JupyterClusterObject,
  type: ConditionType,
  label: string,
  doing: string,
  doneDetail = "",
): Step {
  const found = condition(object, type);
  if (found?.status === "True") return { label, doing, state: "done", detail: doneDetail };
  const failed = type === "SpecValid" && found?.status === "False";
  return { label, doing, state: failed ? "failed" : "waiting", detail: found?.message ?? "" };
}

function doneWhen(done: boolean, detail: string): Pick<Step, "state" | "detail"> {
  return done ? { state: "done", detail: "" } : { state: "waiting", detail };
}

function isStarted(phase: string): boolean {
  return ["Starting", "Joining", "Running", "Standby"].includes(phase);
}

/** At most as many as there are replicas: nobody waits for the spare. */
function startedNodes({ nodes, replicas }: JupyterClusterObject["status"]): number {
  return Math.min(nodes.filter((node) => isStarted(node.phase)).length, replicas);
}

function containerCount({ status }: JupyterClusterObject): string {
  return `${startedNodes(status)}/${status.replicas}`;
}

/** Why nothing is launched: the first node that says so. */
function pendingReason(object: JupyterClusterObject): string {
  return object.status.nodes.find((node) => node.message !== "")?.message ?? "";
}

function launchingNodes(object: JupyterClusterObject): string {
  const late = object.status.nodes.filter((node) => !isStarted(node.phase));
  return late
    .map((n) => `slot ${n.slot} ${n.phase}${n.message === "" ? "" : `: ${n.message}`}`)
    .join("; ");
}

function leaderSlot({ status }: JupyterClusterObject): string {
  const node = status.nodes.find((candidate) => candidate.leader);
  return node === undefined ? "slot unknown" : `slot ${node.slot}`;
}

function condition(object: JupyterClusterObject, type: ConditionType): Condition | undefined {
  return object.status.conditions.find((candidate) => candidate.type === type);
}
