import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { validateCommand } from "../../../controller/cli/verbs/validate.ts";
import { capturedContext } from "./captured-context.ts";
import { withSpec } from "../../support/crd-schema/manifest-text.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-validate-"));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  return path;
}

/** @param piped chunks of standard input */
async function validate(args: readonly string[], piped: readonly string[] = [], isTTY = false) {
  const captured = capturedContext({}, isTTY);
  async function* stdin() {
    for (const chunk of piped) yield Buffer.from(chunk);
  }
  const command = validateCommand(captured.context, stdin()).exitOverride();
  command.configureOutput({ writeErr: (text) => captured.context.stderr.write(text) });
  await command.parseAsync(args, { from: "user" });
  return captured.outcome();
}

describe("validate", () => {
  it("says of a good file what it describes, and exits with 0", async () => {
    const path = await file("a.yaml", withSpec(""));
    expect(await validate([path])).toEqual({
      code: 0,
      stdout: `${path}:1: default/lab is valid (3 nodes)\n`,
      stderr: "",
    });
  });

  it("exits with 0 when there are only warnings, and tells them", async () => {
    const path = await file("a.yaml", withSpec("replicas: 4"));
    const { code, stderr } = await validate([path]);
    expect(code).toBe(0);
    expect(stderr).toContain(`${path}:6:13: warning: spec.replicas: Found the even number 4`);
  });

  it("exits with 1 when a file has an error, and still tells of the good ones", async () => {
    const bad = await file("a.yaml", withSpec("replicas: x"));
    const good = await file("b.yaml", withSpec("", "good"));
    const { code, stdout, stderr } = await validate([bad, good]);
    expect(code).toBe(1);
    expect(stdout).toBe(`${good}:1: default/good is valid (3 nodes)\n`);
    expect(stderr).toBe(
      `${bad}:6:13: error: spec.replicas: Found the text "x"; allowed: a whole number from 1 to 9.\n1 error, 0 warnings.\n`,
    );
  });

  it("shows the place on a terminal, in colours", async () => {
    const bad = await file("a.yaml", withSpec("replicas: x"));
    const { stderr } = await validate([bad], [], true);
    const escape = String.fromCharCode(27);
    expect(stderr).toContain(`${escape}[31merror:`);
    expect(stderr).toContain("replicas: x\n");
    expect(stderr).toContain("^");
  });

  it("exits with 1 for a file that is not there and for a directory without manifests", async () => {
    expect((await validate([join(dir, "gone.yaml")])).code).toBe(1);
    expect((await validate([dir])).code).toBe(1);
  });

  it("refuses to be called without a file", async () => {
    await expect(validate([])).rejects.toMatchObject({ code: "commander.missingArgument" });
  });

  it("reads standard input, in pieces, beside files", async () => {
    const text = withSpec("");
    const path = await file("a.yaml", text);
    const { code, stderr } = await validate(["-", path], [text.slice(0, 30), text.slice(30)]);
    expect(code).toBe(1);
    expect(stderr).toContain(`<stdin>:4:9: error: metadata.name: The same cluster is described by`);
    expect(stderr).toContain(`${path}:4:9: error: metadata.name`);
  });

  it("does not read an endless standard input to its end", async () => {
    const captured = capturedContext();
    async function* endless() {
      for (;;) yield Buffer.alloc(65_536, "#");
    }
    await validateCommand(captured.context, endless()).parseAsync(["-"], { from: "user" });
    expect(captured.outcome().code).toBe(1);
    expect(captured.outcome().stderr).toContain("<stdin>: error: The file is larger than 1 MiB");
  });

  it("prints JSON for programs, and nothing else", async () => {
    const path = await file("a.yaml", withSpec("replicas: x"));
    const { code, stdout, stderr } = await validate(["-o", "json", path]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      valid: false,
      clusters: [],
      problems: [
        {
          severity: "error",
          file: path,
          line: 6,
          column: 13,
          field: "spec.replicas",
          message: 'Found the text "x"; allowed: a whole number from 1 to 9.',
        },
      ],
    });
  });

  it("prints the clusters with every default, as a file that is valid again", async () => {
    const path = await file("a.yaml", withSpec("replicas: 5"));
    const { stdout } = await validate(["--defaults", path]);
    expect(parse(stdout)).toMatchObject({ spec: { replicas: 5, jupyter: { port: 8888 } } });
    const again = await validate(["-o", "json", "-"], [stdout]);
    expect(again.code).toBe(0);
  });
});
