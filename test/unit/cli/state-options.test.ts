import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addStateOptions, type StateOptions } from "../../../controller/cli/options/state.ts";
import { openStateDir } from "../../../controller/store/state-dir.ts";
import { silentLog } from "../../support/silent-log.ts";
import { memoryOf } from "../../support/store/fixtures.ts";
import { TestAuthority } from "../../support/etcd/test-authority.ts";
import { capturedContext, cli } from "./captured-context.ts";

const SECRET = "hunter2-secret";
const KEY = "default/lab";
let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-state-"));
});

afterEach(() => rm(dir, { recursive: true }));

async function file(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(dir, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** What a verb with these options finds when its action begins. */
async function parsed(args: readonly string[], env: Record<string, string> = {}) {
  let found: StateOptions | null = null;
  const command = addStateOptions(new Command("verb"), capturedContext(env).context);
  command.action((options: StateOptions) => {
    found = options;
  });
  await command.parseAsync(args, { from: "user" });
  return found as StateOptions | null;
}

async function refusal(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await cli(["up", "nowhere.yaml", ...args], env);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).not.toContain(SECRET);
  return stderr;
}

describe("the options of the state", () => {
  it("are the directory and ten seconds when nothing is said", async () => {
    expect(await parsed([])).toEqual({ state: { kind: "directory" }, stateLease: 10 });
  });

  it("come from the environment, with the password there", async () => {
    const JUPYTER_CLUSTER_STATE = `etcd://me:${SECRET}@e1/site`;
    const found = await parsed([], { JUPYTER_CLUSTER_STATE, JUPYTER_CLUSTER_STATE_LEASE: "30" });
    expect(found).toMatchObject({
      state: { kind: "etcd", auth: { user: "me", password: SECRET }, tls: null },
      stateLease: 30,
    });
  });

  it("take user, authority and certificate from files; any of the last two means TLS", async () => {
    const ours = new TestAuthority().ofClient();
    const ca = await file("ca", ours.authority);
    const credential = await file("credential", `me ${SECRET}\n`);
    const pair = [
      ...["--state-certificate", await file("certificate", ours.certificate)],
      ...["--state-key", await file("key", ours.key)],
    ];
    const found = await parsed([
      ...["--state", "etcd://e1/site", "--state-ca", ca, ...pair],
      ...["--state-credential-file", credential],
    ]);
    expect(found?.state).toMatchObject({
      auth: { user: "me", password: SECRET },
      tls: { client: { key: ours.key } },
    });
    const withCa = await parsed(["--state", "etcd://e1/site", "--state-ca", ca]);
    expect(withCa?.state).toMatchObject({ tls: { client: null } });
  });

  it("are refused where they say nothing that can be meant", async () => {
    const ours = new TestAuthority().ofClient();
    const key = await file("key", ours.key);
    const etcd = ["--state", "etcd://e1/site"];
    expect(await refusal(["--state", `etcd://me:${SECRET}@e1`])).toContain("is missing");
    expect(await refusal(["--state-key", key])).toContain("is for an etcd of the site");
    expect(await refusal([...etcd, "--state-key", key])).toContain("--state-certificate");
    expect(await refusal([...etcd, "--state-lease", "1"])).toContain("2 to 300");
    expect(await refusal(etcd)).toContain("--mesos local");
    const open = await file("open", `me ${SECRET}`, 0o644);
    expect(await refusal([...etcd, "--state-credential-file", open])).toContain("chmod 600");
    const noKey = await file("no-key", "x");
    expect(await refusal([...etcd, "--state-key", noKey])).toContain("no private key");
  });
});

describe("`state move`", () => {
  const places = () => [join(dir, "a"), join(dir, "b")] as const;

  async function fill(directory: string): Promise<void> {
    const state = await openStateDir(directory, { log: silentLog });
    await state.memories.save(KEY, memoryOf(KEY));
    await state.close();
  }

  it("moves from one directory to another and back, and says so", async () => {
    const [a, b] = places();
    await fill(a);
    const there = await cli(["state", "move", "--from", a, "--to", b]);
    expect(there).toMatchObject({ code: 0, stdout: expect.stringContaining(`from ${a} to ${b}`) });
    expect(there.stderr).toContain(join(a, "snapshots"));
    await expect(openStateDir(a, { log: silentLog })).rejects.toMatchObject({
      code: "ERR_STATE_MOVED",
      message: expect.stringContaining(`state move --from ${b} --to ${a}`),
    });
    expect((await cli(["state", "move", "--from", b, "--to", a])).code).toBe(0);
    const state = await openStateDir(a, { log: silentLog });
    expect((await state.memories.loadAll()).get(KEY)).toEqual(memoryOf(KEY));
    await state.close();
    expect(await readFile(join(a, "control-token"), "utf8")).toBe(
      await readFile(join(b, "control-token"), "utf8"),
    );
  });

  it("refuses while a controller acts, and says which", async () => {
    const [a, b] = places();
    await fill(a);
    const state = await openStateDir(a, { log: silentLog });
    const refused = await cli(["state", "move", "--from", a, "--to", b]);
    await state.close();
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain(`Process ${process.pid}`);
  });

  it("ends within a bound with a clear error when etcd does not answer", async () => {
    const [a] = places();
    await fill(a);
    const away = "etcd://127.0.0.1:1/site";
    const { code, stderr } = await cli(["state", "move", "--from", a, "--to", away]);
    expect(code).toBe(3);
    expect(stderr).toContain(away);
  });

  it("refuses what is no place", async () => {
    const [a] = places();
    const { code, stderr } = await cli(["state", "move", "--from", a, "--to", "zk://x/y"]);
    expect(code).toBe(2);
    expect(stderr).toContain("Neither a directory nor etcd://");
  });
});
