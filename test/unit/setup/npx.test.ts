/** `npx jupyter-cluster` in a checkout in which nothing was compiled yet. */
import { spawnSync } from "node:child_process";
import { constants } from "node:fs";
import { access, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let checkout: string;
let bin: string;

beforeEach(async () => {
  const { bin: bins } = JSON.parse(await readFile("package.json", "utf8")) as {
    bin: Record<string, string>;
  };
  bin = bins["jupyter-cluster"] ?? "";
  checkout = await mkdtemp(join(tmpdir(), "npx-"));
  await mkdir(dirname(join(checkout, bin)), { recursive: true });
  await copyFile(bin, join(checkout, bin));
});

afterEach(() => rm(checkout, { recursive: true }));

function run(...args: string[]) {
  return spawnSync(join(checkout, bin), args, { encoding: "utf8" });
}

test("what npx links is there and executable before anything is compiled", async () => {
  await expect(access(bin, constants.X_OK)).resolves.toBeUndefined();
});

test("it says what to do, and works as soon as that is done", async () => {
  const before = run("get");
  expect(before.stderr).toContain("Run `npm start`");
  expect(before.status).toBe(3);
  const program = join(checkout, "dist", "controller", "main.js");
  await mkdir(dirname(program), { recursive: true });
  await writeFile(program, "console.log(process.argv.slice(2).join(' '));\n");
  const after = run("get", "-A");
  expect([after.stdout, after.status]).toEqual(["get -A\n", 0]);
});
