import { describe, expect, it } from "vitest";
import { simulate } from "../../simulation/command-line.ts";

function run(...args: string[]) {
  let [out, error] = ["", ""];
  const code = simulate(args, {
    out: (text) => (out += text),
    error: (text) => (error += text),
  });
  return { code, out, error };
}

describe("npm run simulate", () => {
  it.each([["--help"], ["-h"]])("explains itself on %s", (flag) => {
    const { code, out, error } = run(flag);
    expect([code, error]).toEqual([0, ""]);
    for (const word of ["--scenario", "raft-election", "paxos", "--seed"]) {
      expect(out).toContain(word);
    }
  });

  it.each(["raft-election", "paxos"])("tells the scenario %s", (scenario) => {
    const { code, out, error } = run("--scenario", scenario);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toContain("[1] +0.000 s");
    expect(run("--scenario", scenario, "--seed", "1").out).toBe(out);
    expect(run("--scenario", scenario, "--seed", "2").out).not.toBe(out);
  });

  it.each([
    [[], "--scenario is missing; it must be raft-election or paxos"],
    [["--scenario", "raft"], '--scenario is "raft"; it must be raft-election or paxos'],
    [["--scenario", "toString"], '--scenario is "toString"'],
    [["--scenario", "paxos", "--seed", "x"], "--seed takes a whole number from 0 on"],
    [["--scenario", "paxos", "--seed=-1"], "--seed takes a whole number from 0 on"],
    [["--sed", "1"], "Unknown option '--sed'"],
    [["paxos"], "Unexpected argument 'paxos'"],
  ])("refuses %j", (args, message) => {
    const { code, out, error } = run(...args);
    expect([code, out]).toEqual([2, ""]);
    expect(error).toContain(message);
    expect(error).toContain("--help");
  });
});
