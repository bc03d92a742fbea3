import { describe, expect, it } from "vitest";
import { simulate } from "../../simulation/command-line.ts";

async function run(...args: string[]) {
  let [out, error] = ["", ""];
  const code = await simulate(args, {
    out: (text) => (out += text),
    error: (text) => (error += text),
  });
  return { code, out, error };
}

describe("npm run simulate", () => {
  it.each([["--help"], ["-h"]])("explains itself on %s", async (flag) => {
    const { code, out, error } = await run(flag);
    expect([code, error]).toEqual([0, ""]);
    for (const word of ["--scenario", "raft-election", "paxos", "--seed"]) {
      expect(out).toContain(word);
    }
  });

  it("explains what --scale measures", async () => {
    const { code, out, error } = await run("--scale", "--help");
    expect([code, error]).toEqual([0, ""]);
    for (const word of ["--clusters", "--agents", "--report"]) expect(out).toContain(word);
  });

  it.each(["raft-election", "paxos"])("tells the scenario %s", async (scenario) => {
    const { code, out, error } = await run("--scenario", scenario);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain("[1] +0.000 s");
    expect((await run("--scenario", scenario, "--seed", "1")).out).toBe(out);
    expect((await run("--scenario", scenario, "--seed", "2")).out).not.toBe(out);
  });

  it("replays a seed to the same hash, and tells its faults with all lines on demand", async () => {
    const { code, out } = await run("--seed", "3", "--clusters", "1", "--nodes", "3");
    expect(code).toBe(0);
    expect(out).toContain("seed 3: no violation");
    expect(out).toMatch(/hash [0-9a-f]{16}/);
    const again = await run("--seed", "3", "--clusters", "1", "--nodes", "3", "--trace");
    expect(again.out.endsWith(out)).toBe(true);
    expect(again.out).toContain("controller LaunchTasks lab-0");
  });

  it.each([
    [[], "--seed, --seeds, --minutes, --explore, --guards, --scenario or --scale is missing"],
    [["--guards", "none"], "there is no guard none; there are launch-unreconciled"],
    [["--explore", "--seconds", "0"], "--seconds takes a whole number from 1 on"],
    [["--seeds", "0"], "--seeds takes a whole number from 1 on"],
    [["--scenario", "raft"], '--scenario is "raft"; it must be raft-election or paxos'],
    [["--scenario", "toString"], '--scenario is "toString"'],
    [["--scenario", "paxos", "--seed", "x"], "--seed takes a whole number from 0 on"],
    [["--scenario", "paxos", "--seed=-1"], "--seed takes a whole number from 0 on"],
    [["--sed", "1"], "Unknown option '--sed'"],
    [["paxos"], "Unexpected argument 'paxos'"],
    [["--scale", "--clusters", "10,x"], '--clusters takes a whole number from 1 on, not "x"'],
    [["--scale", "--clusters", "9999"], "--clusters 9999 is more than 5000"],
    [["--scale", "--agents", "5", "--racks", "2"], "fewer than a cluster's 5 nodes"],
    [["--scale", "--scenario", "paxos"], "Unknown option '--scenario'"],
  ])("refuses %j", async (args, message) => {
    const { code, out, error } = await run(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(error).toContain(message);
    expect(error).toContain("--help");
  });
});
