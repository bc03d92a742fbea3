/** What an embedded Mesos that was killed without a word finds again on the real Docker engine. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Offer } from "../../controller/mesos/wire.ts";
import { DockerSite, ip } from "../support/mesos-local/docker-site.ts";
import { ServerProgram } from "../support/mesos-local/server-process.ts";
import { until } from "../support/poll.ts";

const site = new DockerSite();

beforeAll(() => site.create());
afterAll(() => site.remove());
beforeEach(() => site.newStateDir());
afterEach(() => site.clear());

describe("a server killed by SIGKILL and started again", () => {
  let program: ServerProgram;

  beforeAll(async () => {
    program = await ServerProgram.build();
  });

  afterAll(() => program.remove());

  test("finds what runs, tells what ended, repeats what was not acknowledged", async () => {
    const first = await program.start(site.stateDir);
    await site.subscribe(first.url);
    await site.launch(
      (offer) => site.task("runs", offer, ip("172.31.40.30")),
      (offer) => site.task("ends", offer),
      (offer) => site.task("unacknowledged", offer),
    );
    const running = await site.runningContainer("runs");
    const ending = await site.runningContainer("ends");
    const unacknowledged = await site.runningContainer("unacknowledged");
    site.scheduler.acknowledges = false;
    await unacknowledged.kill();
    const told = await site.scheduler.status("unacknowledged", "TASK_FAILED");
    const before = await running.inspect();
    await first.kill();
    await until("the broken stream", () => site.scheduler.ending === "broken");
    await ending.kill();

    const second = await program.start(site.stateDir);
    try {
      await site.subscribe(second.url, site.scheduler.frameworkId);
      expect((await site.scheduler.status("ends", "TASK_FAILED")).message).toBe(
        "Container exited with status 137",
      );
      const repeated = await site.scheduler.status("unacknowledged", "TASK_FAILED");
      expect(repeated.uuid).toBe(told.uuid);
      await site.scheduler.call("RECONCILE", { reconcile: { tasks: [] } });
      expect(await site.scheduler.status("runs", "TASK_RUNNING")).toMatchObject({
        reason: "REASON_RECONCILIATION",
        container_status: {
          network_infos: [{ ip_addresses: [{ ip_address: "172.31.40.30" }], name: site.network }],
        },
      });
      const after = await running.inspect();
      expect(after.State.StartedAt).toBe(before.State.StartedAt);
      await running.kill();
      await site.scheduler.status("runs", "TASK_FAILED");
    } finally {
      await second.kill();
    }
  });

  test("in the middle of launches leaves no container that no task answers for", async () => {
    const first = await program.start(site.stateDir);
    await site.subscribe(first.url);
    const ids = ["a", "b", "c", "d"];
    await site.launch(...ids.map((id) => (offer: Offer) => site.task(id, offer)));
    await until("the first container made", async () => (await site.containers()).length > 0);
    await first.kill();

    const second = await program.start(site.stateDir);
    try {
      await site.subscribe(second.url, site.scheduler.frameworkId);
      const lastStates = () => ids.map((id) => site.states(id).at(-1));
      await until("each task answered for", async () => {
        await site.scheduler.call("RECONCILE", { reconcile: { tasks: [] } });
        return lastStates().every((s) => s === "TASK_RUNNING" || s === "TASK_FAILED");
      });
      const running = lastStates().filter((state) => state === "TASK_RUNNING").length;
      await until("as many containers as tasks that run", async () => {
        const containers = await site.containers();
        return (
          containers.length === running && containers.every(({ State }) => State === "running")
        );
      });
    } finally {
      await second.kill();
    }
  });
});
