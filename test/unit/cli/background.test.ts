/** A controller in the background: real processes that behave as one may. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startInBackground } from "../../../controller/cli/machine/background.ts";
import { backgroundController, writePidFile } from "../../../controller/cli/machine/pid-file.ts";
import { isAlive } from "../../../controller/support/files/process-identity.ts";
import { until } from "../../support/poll.ts";
import { capturedContext } from "./captured-context.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "background-test-"));
});
afterEach(() => rm(dir, { recursive: true }));

const TOLD = { apiUrl: "http://127.0.0.1:1", startedAt: "2026-01-02T03:04:05Z", specFile: "/x" };

/** Serves a status on a free port, and says so in its pid file as `up` does. */
const SERVES = `
  const { createServer } = await import("node:http");
  const { readFileSync, writeFileSync, unlinkSync } = await import("node:fs");
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ controller: { process: { pid: process.pid } } }));
  });
  server.listen(0, "127.0.0.1", () => {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const startTicks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const apiUrl = "http://127.0.0.1:" + server.address().port;
    const told = { pid: process.pid, startTicks, bootId: null, apiUrl, specFile: "/x", startedAt: "" };
    writeFileSync(FILE, JSON.stringify(told));
  });
  process.on("SIGTERM", () => { unlinkSync(FILE); process.exit(0); });
`;

async function start(program: string, startMsMax = 20_000, node = process.execPath) {
  const captured = capturedContext();
  const context = { ...captured.context, now: Date.now };
  const logFile = join(dir, "controller.log");
  await writeFile(logFile, '{"msg":"the last line"}\n');
  const text = `const FILE = ${JSON.stringify(join(dir, "controller.pid"))};\n${program}`;
  const command = [node, "--input-type=module", "-e", text];
  const started = await startInBackground(context, { stateDir: dir, logFile, command, startMsMax });
  return { started, ...captured.outcome() };
}

describe("a controller that is started in the background", () => {
  it("runs in a session of its own when it serves, and ends when it is told to", async () => {
    const { started, code, stderr } = await start(SERVES);
    expect([code, stderr]).toEqual([0, ""]);
    const pid = started?.pid ?? 0;
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const [, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    expect([group, session]).toEqual([String(pid), String(pid)]);
    expect(await backgroundController(dir)).toEqual(started);
    process.kill(pid, "SIGTERM");
    await until("it has ended", async () => (await backgroundController(dir)) === null);
  });

  it("that ends at once is told with what it said, the end of its log, and its exit code", async () => {
    const { started, code, stderr } = await start('console.error("error: no"); process.exit(5);');
    expect([started, code]).toEqual([null, 5]);
    expect(stderr).toContain("error: no\nThe controller has ended with exit code 5.");
    expect(stderr).toContain('{"msg":"the last line"}');
  });

  it("that cannot be started is told with the reason", async () => {
    const { started, code, stderr } = await start("", 20_000, join(dir, "no-such-program"));
    expect([started, code]).toEqual([null, 3]);
    expect(stderr).toMatch(/cannot be started: spawn .*ENOENT/);
    expect(stderr).toContain("The controller was not started.");
  });

  it("that does not come up in time is ended", async () => {
    const { started, code, stderr } = await start("setInterval(() => {}, 1000);", 300);
    expect([started, code]).toEqual([null, 3]);
    expect(stderr).toContain("did not come up in time");
    expect(stderr).toContain("was ended (SIGTERM)");
  });
});

describe("the pid file", () => {
  it("tells of this process until it is taken back, for its user alone", async () => {
    const remove = await writePidFile(dir, TOLD);
    expect(await backgroundController(dir)).toMatchObject({ pid: process.pid, ...TOLD });
    await remove();
    expect(await backgroundController(dir)).toBeNull();
  });

  it("tells of nobody when its process was killed, and another has its number", async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(child, "spawn");
    const content = { pid: child.pid, startTicks: "1", bootId: null, ...TOLD };
    await writeFile(join(dir, "controller.pid"), JSON.stringify(content));
    expect(await isAlive({ ...content, pid: child.pid ?? 0, startTicks: null })).toBe(true);
    expect(await backgroundController(dir)).toBeNull();
    child.kill("SIGKILL");
    await once(child, "exit");
    for (const text of ["", "{", "null", '{"pid":"1"}']) {
      await writeFile(join(dir, "controller.pid"), text);
      expect(await backgroundController(dir)).toBeNull();
    }
  });
});
