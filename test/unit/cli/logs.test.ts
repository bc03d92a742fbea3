import { describe, expect, it } from "vitest";
import { failure, json, type Route } from "./api-server.ts";
import { clusterObject, node } from "./cluster-fixture.ts";
import { authorized, LAB, ScriptedApi } from "./scripted-api.ts";

const { run } = new ScriptedApi();

describe("logs", () => {
  const routes = (seen: string[]): Record<string, Route> => ({
    [`GET ${LAB}`]: json(clusterObject({ status: { nodes: [node("lab", 2, { name: "lab-0" })] } })),
    [`GET ${LAB}/nodes/slot-2/log`]: authorized((_, response, url) => {
      seen.push(url.search);
      response.end("one\ntwo\n");
    }),
  });

  it("asks for the slot that bears the name now, and streams what comes", async () => {
    const seen: string[] = [];
    const { stdout } = await run(routes(seen), "logs", "lab-0", "etcd", "--tail", "5", "-f");
    expect(stdout).toBe("one\ntwo\n");
    expect(seen).toEqual(["?unit=etcd&follow=true&tail=5"]);
  });

  it("merges what all units of all nodes have said by time, and tells whose could not be had", async () => {
    const said: Record<string, string> = {
      etcd: "2026-01-02T03:04:05.002Z second\n2026-01-02T03:04:05.004Z fourth\n",
      jupyter: "2026-01-02T03:04:05.003Z third\nof two lines\n",
      agent: "2026-01-02T03:04:05.001Z first\n",
    };
    const seen: string[] = [];
    const { stdout, stderr } = await run(
      {
        ...routes([]),
        [`GET ${LAB}/nodes/slot-2/log`]: (request, response, url) => {
          seen.push(url.search);
          const text = said[url.searchParams.get("unit") ?? ""];
          if (text !== undefined) response.end(text);
          else failure(503, "ServiceUnavailable", "it sleeps")(request, response, url);
        },
      },
      ...["logs", "--all", "lab", "--since", "10m", "--previous"],
    );
    expect(stdout.split("\n").map((line) => line.slice(20))).toEqual([
      "001Z lab-0 agent   first",
      "002Z lab-0 etcd    second",
      "003Z lab-0 jupyter third",
      "003Z lab-0 jupyter of two lines",
      "004Z lab-0 etcd    fourth",
      "",
    ]);
    expect(stderr).toContain("lab-0 (slot 2) sshd: ");
    const query = "&follow=false&previous=true&timestamps=true&sinceSeconds=600";
    expect(seen).toContain(`?unit=etcd${query}`);
  });

  it.each([
    [["logs", "--all", "lab", "etcd"], "name none"],
    [["logs", "lab-0", "-f", "-p"], "--previous does not go on"],
    [["logs", "lab-0", "--since", "10 minutes"], "Wanted is 30s, 10m"],
    [["logs"], "missing required argument 'node'"],
    [["logs", "lab"], "argument 'node' is invalid"],
  ])("%j is wrong usage", async (args, message) => {
    const { code, stderr } = await run({}, ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it("refuses a unit that there is not, as wrong usage", async () => {
    const { code, stderr } = await run({}, "logs", "lab-0", "nginx");
    expect(code).toBe(2);
    expect(stderr).toContain("etcd, jupyter, sshd, agent");
  });

  it("tells which nodes there are when the one named is not among them", async () => {
    const { code, stderr } = await run(routes([]), "logs", "lab-7");
    expect(code).toBe(4);
    expect(stderr).toContain("Cluster lab has no node lab-7; it has lab-0.");
  });
});
