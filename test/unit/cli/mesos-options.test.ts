import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addMesosOptions, type MesosOptions } from "../../../controller/cli/options/mesos.ts";
import { capturedContext, cli } from "./captured-context.ts";

const SECRET = "hunter2-secret";
/** Self-signed, and made for nothing but this test. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUFKlcxVWQj61pk3ky4bkNADPnNswwCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjkwMTIwMTZaGA8yMTI2MTEwNTAxMjAx
NlowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPS/
piYKxIM9DOhRapmuud8G8PDijnvOQ2J9vvDfA/McRTAe8LjDbMBLr4cm9mSnAXvp
Qj3acPW0n/+O3ZnBB4ejUzBRMB0GA1UdDgQWBBQL42JCZUqN2BQzCwvOtah8RNOC
sTAfBgNVHSMEGDAWgBQL42JCZUqN2BQzCwvOtah8RNOCsTAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0cAMEQCICaLmJXuE3xzdlCrAAYzdUnvdfRiN9mfeXwm
mqhCOLVJAiAnKGsjSYQOJAoZ8qKXiL1wmnp1JAYRxfsiZfuIjbTAZQ==
-----END CERTIFICATE-----`;

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-mesos-"));
});

afterEach(() => rm(dir, { recursive: true }));

async function file(text: string, mode = 0o600): Promise<string> {
  const path = join(dir, "file");
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** What a verb with these options finds when its action begins. */
async function parsed(args: readonly string[], env: Record<string, string> = {}) {
  let found: MesosOptions | null = null;
  const command = addMesosOptions(new Command("verb"), capturedContext(env).context);
  command.action((options: MesosOptions) => {
    found = options;
  });
  await command.parseAsync(args, { from: "user" });
  return found as MesosOptions | null;
}

/** `up` on a spec file that is not there: what is wrong with the options is told before that. */
async function refusal(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await cli(["up", "nowhere.yaml", ...args], env);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).not.toContain(SECRET);
  expect(stderr).not.toContain("nowhere.yaml");
  return stderr;
}

describe("the options of Mesos", () => {
  it("are the embedded master and any role when nothing is said", async () => {
    expect(await parsed([])).toEqual({ mesos: { kind: "local" }, mesosRole: "*" });
  });

  it("come together in one target", async () => {
    const credential = await file(`jupyter ${SECRET}\n`);
    const args = ["--mesos", "m1:5050", "--mesos-credential-file", credential];
    const roles = ["--mesos-role", "research/jupyter", "--mesos-principal", "jupyter"];
    expect(await parsed([...args, ...roles])).toMatchObject({
      mesos: {
        kind: "masters",
        addresses: [{ host: "m1", port: 5050 }],
        credentials: { principal: "jupyter", secret: SECRET },
      },
      mesosRole: "research/jupyter",
      mesosPrincipal: "jupyter",
    });
  });

  it("reach the masters that ZooKeeper names as they reach those of a list", async () => {
    const args = ["--mesos", `zk://me:${SECRET}@z1,z2:2182/mesos`];
    expect((await parsed(args))?.mesos).toEqual({
      kind: "zookeeper",
      servers: [
        { host: "z1", port: 2181 },
        { host: "z2", port: 2182 },
      ],
      path: "/mesos",
      auth: { user: "me", password: SECRET },
    });
    const env = { JUPYTER_CLUSTER_MESOS_CREDENTIAL_FILE: await file(`jupyter ${SECRET}\n`) };
    const ca = join(dir, "ca");
    await writeFile(ca, CERTIFICATE);
    expect((await parsed([...args, "--mesos-ca", ca], env))?.mesos).toMatchObject({
      kind: "zookeeper",
      credentials: { principal: "jupyter", secret: SECRET },
      tls: { ca: CERTIFICATE },
    });
  });

  it("take the certificates of a PEM file, and nothing else that is in it", async () => {
    const ca = await file(`of our site\n${CERTIFICATE}\nand again\n${CERTIFICATE}\n`);
    const found = await parsed(["--mesos", "https://m1:5050", "--mesos-ca", ca]);
    expect(found?.mesos).toMatchObject({ tls: { ca: `${CERTIFICATE}\n${CERTIFICATE}` } });
  });

  it("come from the environment where the command line says nothing", async () => {
    const env = {
      JUPYTER_CLUSTER_MESOS: "https://m1:5050",
      JUPYTER_CLUSTER_MESOS_CA: await file(CERTIFICATE),
      JUPYTER_CLUSTER_MESOS_ROLE: "jupyter",
      JUPYTER_CLUSTER_MESOS_PRINCIPAL: "",
    };
    const found = await parsed(["--mesos-role", "other"], env);
    expect(found).toMatchObject({ mesos: { tls: { ca: CERTIFICATE } }, mesosRole: "other" });
    expect(found).not.toHaveProperty("mesosPrincipal");
  });

  it.each([
    [`jupyter ${SECRET}`],
    [`  jupyter\t${SECRET}  \n`],
    [`{"principal": "jupyter", "secret": "${SECRET}"}\n`],
  ])("read a credential in Mesos's own formats: %j", async (text) => {
    const args = ["--mesos", "m1:5050", "--mesos-credential-file", await file(text)];
    expect((await parsed(args))?.mesos).toMatchObject({
      credentials: { principal: "jupyter", secret: SECRET },
    });
  });

  it.each([
    ["", "neither `PRINCIPAL SECRET` in one line nor JSON"],
    [SECRET, "neither `PRINCIPAL SECRET` in one line nor JSON"],
    [`jupyter ${SECRET} more`, "neither `PRINCIPAL SECRET` in one line nor JSON"],
    [`{"principal": "jupyter", "secret": ${SECRET}}`, "neither `PRINCIPAL SECRET`"],
    [`{"principal": "", "secret": "${SECRET}"}`, "neither `PRINCIPAL SECRET`"],
    [`a:b ${SECRET}`, "Its principal has a colon"],
  ])("refuse another credential, without its content: %j", async (text, said) => {
    const args = ["--mesos", "m1:5050", "--mesos-credential-file", await file(text)];
    expect(await refusal(args)).toContain(said);
  });

  it("refuse a credential that every user can read", async () => {
    const args = ["--mesos", "m1:5050", "--mesos-credential-file"];
    const path = await file(`jupyter ${SECRET}`, 0o644);
    expect(await refusal([...args, path])).toContain(
      "Every user of this machine can get at its secret (mode 0644): chmod 600 it.",
    );
  });

  it.each([
    [["--mesos", "zk//m1:2181/mesos"], "no HOST:PORT has a slash"],
    [["--mesos", "m1"], "the port is missing"],
    [["--mesos", `zk://me:${SECRET}@m1:2181`], "The path of the masters in ZooKeeper"],
    [["--mesos", `me:${SECRET}@m1:5050`], "The master has an @"],
    [["--mesos", `m1:5050,http://me:a@${SECRET}/b@m2:5050`], "The master 2 of 2 has an @"],
    [["--mesos", `zk://me:a@ '${SECRET}/b@m1:2181`], "The path of the masters in ZooKeeper"],
    [["--mesos", `zk://me:${SECRET}@m1:218x/mesos`], "a port is a number from 1 to 65535"],
    [["--mesos-ca", "/nowhere.pem"], "The file can't be read: ENOENT"],
    [["--mesos-ca", "/dev/null"], "The file has no certificate in PEM"],
    [["--mesos-credential-file", "/"], "The file can't be read: EISDIR"],
    [["--mesos-role", "a b"], "A role of Mesos is wanted"],
    [["--mesos-role", "a//b"], "A role of Mesos is wanted"],
    [["--mesos-role", "-a"], "A role of Mesos is wanted"],
    [["--mesos-role", "a/*"], "A role of Mesos is wanted"],
  ])("refuse %j before anything is begun", async (args, said) => {
    const stderr = await refusal(args);
    expect(stderr).toMatch(/^error: option '--mesos/);
    expect(stderr).toContain(said);
  });

  it("repeat no password of the environment either", async () => {
    const env = { JUPYTER_CLUSTER_MESOS: `zk://me:${SECRET}@m1:2181` };
    expect(await refusal([], env)).toContain("from env 'JUPYTER_CLUSTER_MESOS' is invalid");
  });

  it("refuse what does not go together", async () => {
    const ca = ["--mesos-ca", await file(CERTIFICATE)];
    expect(await refusal(ca)).toContain("--mesos local is in this process and needs none");
    expect(await refusal(["--mesos", "m1:5050", ...ca])).toContain("write --mesos https://");
    const credential = ["--mesos-credential-file", await file(`jupyter ${SECRET}`)];
    expect(await refusal(credential)).toContain("--mesos local is in this process");
    const other = ["--mesos", "m1:5050", ...credential, "--mesos-principal", "other"];
    expect(await refusal(other)).toContain("says other, the credential file jupyter");
  });

  it("refuse a broken certificate", async () => {
    const ca = await file(CERTIFICATE.replace(/^MII/m, "AAA"));
    const args = ["--mesos", "https://m1:5050", "--mesos-ca", ca];
    expect(await refusal(args)).toContain("A certificate in it can't be read");
  });
});
