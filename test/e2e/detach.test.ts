/** `up --detach`, with the built program: started, found again, refused, ended. The cluster is suspended. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../support/free-port.ts";
import { until } from "../support/poll.ts";
import { removeRemains } from "../support/e2e/remains.ts";
import { runCommand } from "../support/e2e/run-command.ts";

let dir: string;
let api: string;
let file: string;

const jupyterCluster = (...args: readonly string[]) =>
  runCommand(process.execPath, [resolve("dist/controller/main.js"), ...args], {
    timeoutMs: 60_000,
  });
const up = (spec = file) =>
  jupyterCluster("up", spec, "--detach", "--state-dir", join(dir, "state"), "--api", api);

const pidFile = () => join(dir, "state", "controller.pid");
const pid = async () => (JSON.parse(await readFile(pidFile(), "utf8")) as { pid: number }).pid;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "detach-test-"));
  api = `127.0.0.1:${await freePort()}`;
  file = join(dir, "lab.yaml");
  const spec = [
    "apiVersion: jupytercluster.dev/v1alpha1",
    "kind: JupyterCluster",
    "metadata: { name: e2e-detach }",
    `spec: { suspend: true, network: { subnet: 172.31.97.0/24 }, proxy: { port: ${await freePort()} } }`,
  ];
  await writeFile(file, `${spec.join("\n")}\n`);
});

afterAll(async () => {
  if (existsSync(pidFile())) process.kill(await pid(), "SIGKILL");
  await removeRemains({ namespace: "default", name: "e2e-detach" });
  await rm(dir, { recursive: true });
});

it("starts the controller, finds it again, and says how it ends, which works", async () => {
  const first = await up();
  expect(first.code, first.stderr).toBe(0);
  const running = await pid();
  expect(first.stderr).toContain(`http://${api} (process ${running})`);
  expect(first.stderr).toContain(`kill ${running}`);
  expect((await stat(pidFile())).mode & 0o777).toBe(0o600);
  const asked = await jupyterCluster("get", "--api", `http://${api}`, "-o", "name");
  expect(asked.stdout).toContain("e2e-detach");

  const second = await up();
  expect([second.code, await pid()]).toEqual([0, running]);
  expect(second.stderr).toContain("runs already");
  const other = join(dir, "other.yaml");
  await writeFile(other, await readFile(file, "utf8"));
  expect(await up(other)).toMatchObject({ code: 5, stderr: expect.stringContaining(file) });

  process.kill(running, "SIGTERM");
  await until("it has ended", () => !existsSync(pidFile()), 20_000);
  const log = await readFile(join(dir, "state", "controller.log"), "utf8");
  expect(log).toContain("stopping at a signal");
});

it("tells why it does not come up", async () => {
  const broken = join(dir, "broken");
  await mkdir(broken, { mode: 0o700 });
  await writeFile(join(broken, "version.json"), "{", { mode: 0o600 });
  const { code, stderr } = await jupyterCluster(
    ...["up", file, "--detach", "--state-dir", broken, "--api", api],
  );
  expect(stderr).toContain("[ERR_STATE_CORRUPT]");
  expect(stderr).toContain("The controller has ended with exit code 5.");
  expect(code).toBe(5);
  expect(existsSync(join(broken, "controller.pid"))).toBe(false);
});
