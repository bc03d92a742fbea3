import { beforeEach, describe, expect, test } from "vitest";
import type { TaskState, TaskStatus } from "../../../../controller/mesos/wire.ts";
import type { TaskRecord } from "../../../../controller/mesos-local/master/model.ts";
import { StatusUpdates } from "../../../../controller/mesos-local/agent/status-updates.ts";
import { taskRecord } from "../../../support/mesos-local/fixtures.ts";
import { SteppedClock } from "../../../support/mesos-local/stepped-clock.ts";

const SECOND = 1000;

let clock: SteppedClock;
let updates: StatusUpdates;
let task: TaskRecord;
let sent: string[];
let completed: TaskRecord[];
let isSubscribed: boolean;

beforeEach(() => {
  clock = new SteppedClock();
  task = taskRecord("t");
  sent = [];
  completed = [];
  isSubscribed = true;
  updates = new StatusUpdates(clock, {
    forward(_task, status) {
      if (isSubscribed) sent.push(`${status.state} ${status.uuid}`);
      return isSubscribed;
    },
    changed: () => undefined,
    completed: (done) => completed.push(done),
  });
});

function status(state: TaskState, uuid: string): TaskStatus {
  return { task_id: { value: "t" }, state, uuid };
}

describe("updates of a task", () => {
  test("wait until the one before is acknowledged", () => {
    updates.push(task, status("TASK_STARTING", "1"));
    updates.push(task, status("TASK_RUNNING", "2"));
    expect(sent).toEqual(["TASK_STARTING 1"]);
    expect(updates.acknowledge(task, "1")).toBe(true);
    expect(sent).toEqual(["TASK_STARTING 1", "TASK_RUNNING 2"]);
  });

  test("are repeated with the same uuid after 10, 20 and 40 s", () => {
    updates.push(task, status("TASK_STARTING", "1"));
    const at: number[] = [];
    for (let second = 1; second <= 75; second += 1) {
      const before = sent.length;
      clock.advance(SECOND);
      if (sent.length > before) at.push(second);
    }
    expect(at).toEqual([10, 30, 70]);
    expect(new Set(sent)).toEqual(new Set(["TASK_STARTING 1"]));
  });

  test("are repeated no more once acknowledged", () => {
    updates.push(task, status("TASK_STARTING", "1"));
    updates.acknowledge(task, "1");
    clock.advance(1000 * SECOND);
    expect(sent).toHaveLength(1);
  });

  test("are not touched by an acknowledgement of something else", () => {
    updates.push(task, status("TASK_STARTING", "1"));
    updates.push(task, status("TASK_RUNNING", "2"));
    expect(updates.acknowledge(task, "2")).toBe(false);
    expect(task.pending).toHaveLength(2);
  });

  test("leave at once when the scheduler is back, and not before", () => {
    isSubscribed = false;
    updates.push(task, status("TASK_FAILED", "1"));
    clock.advance(1000 * SECOND);
    expect(sent).toEqual([]);
    isSubscribed = true;
    updates.resend([task]);
    expect(sent).toEqual(["TASK_FAILED 1"]);
    clock.advance(10 * SECOND);
    expect(sent).toHaveLength(2);
  });

  test("end with the acknowledgement of the last", () => {
    updates.push(task, status("TASK_FAILED", "1"));
    expect(completed).toEqual([]);
    updates.acknowledge(task, "1");
    expect(completed).toEqual([task]);
  });

  test("leave no timer behind when stopped", () => {
    updates.push(task, status("TASK_STARTING", "1"));
    updates.stop();
    clock.advance(1000 * SECOND);
    expect(sent).toHaveLength(1);
  });
});
