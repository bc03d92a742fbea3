import { describe, expect, it } from "vitest";
import { clusterOfTask, taskIdOf } from "../../../controller/model/ids.ts";

describe("the cluster of a task id", () => {
  it("is the one that the id was made for", () => {
    const ref = { namespace: "team-a", name: "demo-2" };
    expect(clusterOfTask(taskIdOf(ref, "0123456789abcdef", 4, 17))).toBe("team-a/demo-2");
  });

  it.each([
    "",
    "t1",
    "default.demo",
    "default.demo.0123.4",
    "a.b.c.d.e.f",
    ".demo.u.0.1",
    "x..u.0.1",
  ])("is nobody's for %j", (taskId) => expect(clusterOfTask(taskId)).toBeNull());
});
