import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { candidates, type KnownNames } from "../../../controller/cli/completion/candidates.ts";
import { buildProgram } from "../../../controller/cli/program.ts";
import { capturedContext, cli } from "./captured-context.ts";

const known: KnownNames = {
  clusters: () => Promise.resolve(["lab", "team"]),
  nodes: () => Promise.resolve(["lab-0", "slot-0"]),
};
const complete = (...words: string[]) =>
  candidates(buildProgram(capturedContext().context), words, known);

describe("a command line that is being typed", () => {
  it.each([
    [["des"], ["describe"]],
    [
      ["snapshot", ""],
      ["list", "restore", "save"],
    ],
    [
      ["describe", ""],
      ["lab", "team"],
    ],
    [["describe", "t"], ["team"]],
    [["describe", "-n", "default", "l"], ["lab"]],
    [
      ["logs", ""],
      ["lab-0", "slot-0"],
    ],
    [["logs", "lab-0", "s"], ["sshd"]],
    [["logs", "--pre"], ["--previous"]],
    [["get", "-o", "y"], ["yaml"]],
    [
      ["get", "--output", ""],
      ["json", "yaml", "wide", "name"],
    ],
    [["get", "--output=y"], ["--output=yaml"]],
    // As bash parts it, which replaces the value alone.
    [["get", "--output", "=", "y"], ["yaml"]],
    [
      ["get", "--output", "="],
      ["json", "yaml", "wide", "name"],
    ],
    [["get", "--output", "=", "yaml", "l"], ["lab"]],
    [["get", "--output=yaml", "l"], ["lab"]],
    [["validate", ""], []],
    [["nothing", ""], []],
  ])("%j goes on with %j", async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  it("has every verb", async () => {
    expect(await complete("")).toEqual(expect.arrayContaining(["up", "completion", "undo"]));
  });

  it("needs no controller, and says nothing when none answers", async () => {
    const api = { JUPYTER_CLUSTER_API: "http://127.0.0.1:9" };
    const { code, stdout } = await cli(["completion", "candidates", "--", "describe", ""], api);
    expect([code, stdout]).toEqual([0, ""]);
  });
});

describe("completion bash", () => {
  it("hands the words over as they are typed, and takes a candidate a line", async () => {
    const directory = await mkdtemp(join(tmpdir(), "jupyter-cluster-completion-"));
    try {
      const program = join(directory, "jupyter-cluster");
      await writeFile(program, '#!/bin/sh\nprintf "%s\\n" "$#:$*" "two words"\n');
      await chmod(program, 0o755);
      const { stdout } = await cli(["completion", "bash"]);
      const script = `${stdout}
COMP_WORDS=(jupyter-cluster describe "") COMP_CWORD=2
_jupyter_cluster
printf '[%s]' "\${COMPREPLY[@]}"`;
      const env = { ...process.env, PATH: `${directory}:${process.env["PATH"]}` };
      const said = execFileSync("bash", ["-c", script], { env, encoding: "utf8" });
      expect(said).toBe("[5:completion candidates -- describe ][two words]");
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
