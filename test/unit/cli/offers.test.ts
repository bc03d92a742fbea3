import { afterEach, describe, expect, it } from "vitest";
import { type ApiServer, failure, json, startApiServer } from "./api-server.ts";
import { cli } from "./captured-context.ts";
import { offerRecord } from "./cluster-fixture.ts";

const LAB_OFFERS =
  "GET /apis/jupytercluster.dev/v1alpha1/namespaces/default/jupyterclusters/lab/offers";
const SMALL = {
  cluster: "default/lab",
  reason: "TooSmall",
  message: "offers 0 of 1 cpus",
} as const;
const OFFERS = [offerRecord("o1", [SMALL]), offerRecord("o2", [])];

let server: ApiServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function offers(route: string, items: readonly object[], ...args: readonly string[]) {
  server = await startApiServer({ [route]: json({ kind: "OfferList", items }) });
  return cli(["offers", ...args], { JUPYTER_CLUSTER_API: server.url });
}

describe("offers", () => {
  it("says of each what every cluster made of it, and who waited for none", async () => {
    expect(await offers("GET /offers", OFFERS)).toEqual({
      code: 0,
      stderr: "",
      stdout: [
        "AGE   HOST     CPUS   MEMORY   DISK       STATE         CLUSTER       SLOTS    REASON      MESSAGE",
        "60s   host-1   2      4.0GiB   512.0MiB   Declined 5s   default/lab   1        TooSmall    offers 0 of 1 cpus",
        "60s   host-1   2      4.0GiB   512.0MiB   Declined 5s   <none>        <none>   NotWanted   no cluster waited for an offer",
        "",
      ].join("\n"),
    });
  });

  it("says of a cluster what it made of each", async () => {
    const { stdout } = await offers(LAB_OFFERS, OFFERS, "lab");
    const rows = stdout.trimEnd().split("\n");
    expect(rows.map((row) => row.split(/ {3,}/).slice(5))).toEqual([
      ["STATE", "SLOTS", "REASON", "MESSAGE"],
      ["Declined 5s", "1", "TooSmall", "offers 0 of 1 cpus"],
      ["Declined 5s", "<none>", "NotWanted", "lab did not wait for an offer"],
    ]);
  });

  it("adds agents, roles and attributes when there is room", async () => {
    const { stdout } = await offers("GET /offers", OFFERS, "-o", "wide");
    const row = stdout.split("\n")[1]?.split(/ {3,}/).slice(-4);
    expect(row).toEqual(["agent-1", "cpus(lab):2; ports:[1-9] [no use]", "rack:r1", "o1"]);
  });

  it("prints them as the API serves them", async () => {
    const { stdout } = await offers("GET /offers", OFFERS, "-o", "json");
    expect(JSON.parse(stdout)).toEqual({ items: OFFERS });
  });

  it("says on stderr that there are none, and succeeds", async () => {
    expect(await offers("GET /offers", [])).toEqual({
      code: 0,
      stdout: "",
      stderr: "No offers: none was asked for, or none has come.\n",
    });
  });

  it("exits with 4 for a cluster that is not there", async () => {
    server = await startApiServer({ [LAB_OFFERS]: failure(404, "NotFound", "no lab") });
    const { code } = await cli(["offers", "lab"], { JUPYTER_CLUSTER_API: server.url });
    expect(code).toBe(4);
  });
});
