import { describe, expect, it } from "vitest";
import { cli } from "./captured-context.ts";

describe("the command line", () => {
  it.each([
    [["--help"]],
    [["get", "--help"]],
    [["up", "--help"]],
    [["help", "exec"]],
    [["snapshot", "restore", "--help"]],
  ])("shows help for %j on stdout and succeeds", async (args) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: jupyter-cluster");
    expect(stdout).toContain("Examples:");
  });

  it.each([
    [["nosuchverb"]],
    [["get", "--nosuch"]],
    [["describe"]],
    [["get", "-o", "xml"]],
    [["snapshot", "save"]],
  ])("exits with 2 for %j", async (args) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("error:");
  });

  it("has examples in the help of every verb", async () => {
    const { stdout } = await cli(["--help"]);
    const verbs = [...stdout.matchAll(/^ {2}([a-z-]+) .* {2}\S/gm)].map((match) => match[1] ?? "");
    expect(verbs.length).toBeGreaterThan(13);
    for (const verb of verbs.filter((name) => name !== "help")) {
      expect((await cli([verb, "--help"])).stdout, verb).toContain("Examples:");
    }
  });
});
