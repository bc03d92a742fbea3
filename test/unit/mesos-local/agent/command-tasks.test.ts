/** Tasks that are commands on the host: the whole server, with a real shell. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Offer, TaskInfo } from "../../../../controller/mesos/wire.ts";
import {
  accept,
  AWARE,
  InMemoryMesos,
  task,
  TCP,
} from "../../../support/mesos-local/in-memory-mesos.ts";
import { RawScheduler } from "../../../support/mesos-local/raw-scheduler.ts";
import { until } from "../../../support/poll.ts";

let mesos: InMemoryMesos;

beforeEach(async () => {
  mesos = await InMemoryMesos.start({ tcp: TCP });
});

afterEach(() => mesos.remove());

function command(id: string, offer: Offer, value: string): TaskInfo {
  const { container: _, ...rest } = task(id, offer);
  return { ...rest, command: { shell: true, value } };
}

async function launch(url: string, value: string): Promise<RawScheduler> {
  const scheduler = await RawScheduler.subscribe(url, AWARE);
  const offer = await scheduler.offer();
  await accept(scheduler, [offer], [command("c", offer, value)]);
  return scheduler;
}

const states = (scheduler: RawScheduler) => scheduler.statusesOf("c").map(({ state }) => state);

describe("a task without a container", () => {
  test("is a shell's command on this host, in its sandbox", async () => {
    const scheduler = await launch(mesos.url, 'pwd; [ "$PWD" = "$MESOS_SANDBOX" ]');
    const end = await scheduler.status("c", "TASK_FINISHED");
    expect(end).toMatchObject({
      source: "SOURCE_EXECUTOR",
      message: "Command exited with status 0",
      executor_id: { value: "c" },
    });
    expect(states(scheduler)).toEqual(["TASK_STARTING", "TASK_RUNNING", "TASK_FINISHED"]);
    const containerId = end.container_status?.container_id?.value ?? "";
    const sandbox = join(mesos.stateDir, "sandboxes", containerId);
    expect(await readFile(join(sandbox, "stdout"), "utf8")).toBe(`${sandbox}\n`);
  });

  test("fails with the command's status, and has said why in its sandbox", async () => {
    const scheduler = await launch(mesos.url, "echo no such driver >&2; exit 3");
    const end = await scheduler.status("c", "TASK_FAILED");
    expect(end.message).toBe("Command exited with status 3");
    const path = `/frameworks/${scheduler.frameworkId}/executors/c/runs/latest/stderr`;
    const read = await mesos.get(`/files/read?path=${encodeURIComponent(path)}&offset=0&length=99`);
    expect(JSON.parse(read)).toMatchObject({ data: "no such driver\n" });
  });

  test("is killed with all that it has begun", async () => {
    const scheduler = await launch(mesos.url, "sleep 1000 & echo $! > pid; wait");
    const running = await scheduler.status("c", "TASK_RUNNING");
    const containerId = running.container_status?.container_id?.value ?? "";
    const file = join(mesos.stateDir, "sandboxes", containerId, "pid");
    const pid = await until("the sleep has begun", async () =>
      Number(await readFile(file, "utf8")),
    );
    await scheduler.call("KILL", { kill: { task_id: { value: "c" } } });
    await scheduler.status("c", "TASK_KILLED");
    await until("the sleep has ended", () => !isAlive(pid));
  });

  test("is refused to whoever comes over TCP, unless a person has allowed it", async () => {
    const scheduler = await launch(mesos.tcpUrl, "touch /tmp/never");
    expect(await scheduler.status("c", "TASK_ERROR")).toMatchObject({
      reason: "REASON_TASK_INVALID",
      message: "The embedded Mesos runs no command on this host for others",
    });
    await mesos.remove();
    mesos = await InMemoryMesos.start({ tcp: { ...TCP, commands: true } });
    const allowed = await launch(mesos.tcpUrl, "true");
    await allowed.status("c", "TASK_FINISHED");
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
