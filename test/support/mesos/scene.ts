/** A scheduler and a scripted master that it is subscribed to, both gone after the test. */
import { onTestFinished } from "vitest";
import type { Offer, TaskInfo, TaskStatus } from "../../../controller/mesos/wire.ts";
import { capturedStatuses } from "./captures.ts";
import { ScriptedMaster, type ScriptedStream } from "./scripted-master.ts";
import { TestScheduler } from "./test-scheduler.ts";

export interface Scene {
  readonly m: ScriptedMaster;
  readonly test: TestScheduler;
  readonly stream: ScriptedStream;
}

export async function startMaster(): Promise<ScriptedMaster> {
  const master = await ScriptedMaster.start();
  onTestFinished(() => master.stop());
  return master;
}

export function startScheduler(
  ...args: ConstructorParameters<typeof TestScheduler>
): TestScheduler {
  const test = new TestScheduler(...args);
  onTestFinished(() => test.scheduler.stop());
  test.scheduler.start();
  return test;
}

/** A scheduler that remembers these tasks, subscribed. */
export async function scene(remembered: readonly string[] = [], demand = true): Promise<Scene> {
  const m = await startMaster();
  // Three minutes of silence are allowed, so that a test can let time pass.
  m.heartbeatSeconds = 60;
  const known = remembered.map((taskId) => ({ taskId, agentId: "agent" }));
  const test = startScheduler([m.address], {}, known);
  test.scheduler.setDemand(demand);
  const stream = await m.stream();
  await m.received(demand ? "REVIVE" : "SUPPRESS");
  return { m, test, stream };
}

export function update(status: TaskStatus) {
  return { type: "UPDATE", update: { status } } as const;
}

export function offersOf(...offers: Offer[]) {
  return { type: "OFFERS", offers: { offers } } as const;
}

export function taskOn(offer: Offer, id: string): TaskInfo {
  return {
    name: id,
    task_id: { value: id },
    agent_id: offer.agent_id,
    resources: [{ name: "cpus", type: "SCALAR", scalar: { value: 0.1 } }],
    command: { shell: false },
    container: { type: "DOCKER", docker: { image: "i", network: "USER" } },
  };
}

/** The updates of one task of a real master: it started, ran, and was killed from outside. */
export function lifeOfATask() {
  const [starting, running, , , failed] = capturedStatuses("docker-task-all-updates");
  if (!starting || !running || !failed) throw new Error("the capture has changed");
  return { id: running.task_id.value, starting, running, failed };
}
