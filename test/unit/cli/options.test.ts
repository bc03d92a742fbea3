import { Command } from "commander";
import { describe, expect, it } from "vitest";
import {
  hostPort,
  httpUrl,
  ipv4Port,
  nodeAddress,
  signalName,
  wholeNumber,
} from "../../../controller/cli/options/parsers.ts";
import { addControllerOptions } from "../../../controller/cli/options/controller.ts";
import { capturedContext, cli } from "./captured-context.ts";

/** What each parser makes of a text. */
const GOOD: readonly (readonly [string, (text: string) => unknown, unknown])[] = [
  ["127.0.0.1:8001", hostPort, { host: "127.0.0.1", port: 8001 }],
  ["http://127.0.0.1:80/", hostPort, { host: "127.0.0.1", port: 80 }],
  ["[::1]:8001", hostPort, { host: "::1", port: 8001 }],
  ["127.0.0.1:5050", ipv4Port, { host: "127.0.0.1", port: 5050 }],
  ["http://127.0.0.1:8001/", httpUrl, "http://127.0.0.1:8001"],
  ["https://site.example/clusters/", httpUrl, "https://site.example/clusters"],
  ["127.0.0.1:9001", httpUrl, "http://127.0.0.1:9001"],
  ["12", wholeNumber(1), 12],
  ["SIGTERM", signalName, "SIGTERM"],
  ["term", signalName, "SIGTERM"],
  ["15", signalName, "SIGTERM"],
  ["lab-0", nodeAddress, { kind: "name", text: "lab-0", cluster: "lab" }],
  ["my-lab-12", nodeAddress, { kind: "name", text: "my-lab-12", cluster: "my-lab" }],
  ["slot-2", nodeAddress, { kind: "slot", text: "slot-2", slot: 2 }],
];

/** Whatever a verb does first, it is not begun. */
const BAD: readonly (readonly [readonly string[], string])[] = [
  [["up", "--api", "8001"], "HOST:PORT is wanted"],
  [["up", "--api", "https://127.0.0.1:8001"], "HOST:PORT is wanted"],
  [["up", "--api", "127.0.0.1:99999"], "a port is a number from 1 to 65535"],
  [["up", "--api", "127.0.0.1:0"], "a port is a number from 1 to 65535"],
  [["up", "--mesos-local-address", "[::1]:5050"], "An IPv4 address and port is wanted"],
  [
    ["up", "--mesos-local-address", "127.0.0.1:5050", "--mesos", "m1:5050"],
    "'--mesos-local-address' is for the embedded master",
  ],
  [["up", "--mesos-local-credential-file", "/nowhere"], "The file can't be read"],
  [["mesos-local", "--state-dir", "x", "--host-path", "a/b"], "An absolute directory is wanted"],
  [["mesos-local", "--state-dir", "x", "--host-path", "/a/../b"], "An absolute directory"],
  [["up", "--log-level", "loud"], "Allowed choices are"],
  [["mesos-local", "--state-dir", "x", "--listen", "5050"], "HOST:PORT is wanted"],
  [["mesos-local", "--state-dir", "x", "--agent", "cpus=2"], "hostname=… is missing"],
  [["get", "--api", "ftp://127.0.0.1"], "A URL is wanted"],
  [["get", "--api", "http//127.0.0.1"], "A URL is wanted"],
  [["get", "--api", "localhost"], "HOST:PORT is wanted"],
  [["get", "-o", "xml"], "Allowed choices are"],
  [["elections", "lab", "--latest", "0"], "A whole number of at least 1 is wanted"],
  [["logs", "lab-0", "--tail", "-5"], "A whole number of at least 1 is wanted"],
  [["logs", "lab"], "A node is called NAME-0"],
  [["exec", "lab"], "A node is called NAME-0"],
  [["kill", "-1"], "A node is called NAME-0"],
  [["kill", "lab"], "A node is called NAME-0"],
  [["kill", "lab-0", "--signal", "HUPP"], "A signal's name or number is wanted"],
  [["snapshot", "restore", "lab"], "name a snapshot, or say --empty"],
];

describe("options and arguments", () => {
  it.each(GOOD)("%j becomes its type", (text, parse, expected) => {
    expect(parse(text)).toEqual(expected);
  });

  it.each(BAD)("%j is wrong usage", async (args, said) => {
    const { code, stdout, stderr } = await cli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(said);
  });

  it("of the environment are checked by the verbs that take them, and by no other", async () => {
    const env = { JUPYTER_CLUSTER_API: "http//nowhere" };
    const { code, stderr } = await cli(["get"], env);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        "error: option '--api <url>' value 'http//nowhere' from env 'JUPYTER_CLUSTER_API' is " +
        "invalid. A URL is wanted, e.g. http://127.0.0.1:8001.\n",
    });
    expect((await cli(["up"], env)).code).toBe(2);
    expect((await cli(["validate", "nowhere.yaml"], env)).code).toBe(1);
    expect((await cli(["get", "--help"], env)).code).toBe(0);
  });
});

describe("--mesos-new-framework", () => {
  const said = async (args: readonly string[]) => {
    const verb = addControllerOptions(new Command("verb"), capturedContext({}).context);
    await verb.action(() => undefined).parseAsync(args, { from: "user" });
    return verb.opts<{ mesosNewFramework?: boolean }>().mesosNewFramework;
  };

  it("is said for one start, by whoever starts it, and never otherwise", async () => {
    expect(await said(["--mesos-new-framework"])).toBe(true);
    expect(await said([])).toBeUndefined();
    const { code, stderr } = await cli([
      "mesos-local",
      "--state-dir",
      "x",
      "--mesos-new-framework",
    ]);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown") });
  });
});
