/** What a host's shell does with the command that frees an address, whatever its Docker knows of it. */
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { releaseAddressScript } from "../../../../controller/plan/launch/host-commands.ts";
import { runCommand } from "../../../support/e2e/run-command.ts";
import { fakeMemory } from "../../../support/planner/fixtures.ts";

const NETWORK = {
  ...fakeMemory().cluster.spec.network,
  name: "lab net",
  ipamDriver: "calico-ipam",
};
const IP = "172.30.0.12";
const GONE = "Error: No such container: it";

/** A `docker` that knows these endpoints and one container at most, and writes down what else it is told. */
const DOCKER = `#!/bin/sh
case "$1 $2" in
  "network inspect") cat "$(dirname "$0")/endpoints"; ! grep -q "not found" "$(dirname "$0")/endpoints" ;;
  "node ls") printf 'host-1 Ready\\nhost-2 Down\\n' ;;
  "inspect --type") cat "$(dirname "$0")/container"; [ "$6" = "$(cat "$(dirname "$0")/there")" ] ;;
  *) echo "$*" >> "$(dirname "$0")/told" ;;
esac
`;

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "host-commands-"));
  await writeFile(join(dir, "docker"), DOCKER);
  await chmod(join(dir, "docker"), 0o755);
  await writeFile(join(dir, "told"), "");
  await writeFile(join(dir, "there"), "");
});

afterEach(() => rm(dir, { recursive: true }));

async function release(endpoints: string, container = GONE, network = NETWORK) {
  await writeFile(join(dir, "endpoints"), endpoints);
  await writeFile(join(dir, "container"), container);
  const { code, stderr } = await runCommand("/bin/sh", ["-c", releaseAddressScript(network, IP)], {
    env: { ...process.env, PATH: `${dir}:${process.env["PATH"]}` },
    timeoutMs: 20_000,
  });
  return { code, stderr, told: await readFile(join(dir, "told"), "utf8") };
}

describe("the command that frees an address", () => {
  it.each([
    ["a container that is gone", `local\nabc0 mesos-1 ${IP}/24\n`],
    ["none, on a network of that host alone", `local\nep-77 mesos-1 ${IP}/24\n`],
    ["a container that is gone, on a network of several hosts", `global\nabc0 mesos-1 ${IP}/32\n`],
  ])("disconnects the endpoint of %s", async (_whose, endpoints) => {
    const { code, told } = await release(`${endpoints}def0 mesos-2 1${IP}/24\n`);
    expect({ code, told }).toEqual({
      code: 0,
      told: "network disconnect --force lab net mesos-1\n",
    });
  });

  it("leaves an endpoint alone that may be another host's, and says how it is freed", async () => {
    const { code, stderr, told } = await release(`global\nep-77 mesos-1 ${IP}/32\n`);
    expect({ code, told }).toEqual({ code: 1, told: "" });
    expect(stderr).toContain("docker network disconnect --force lab net mesos-1");
  });

  it.each([
    ["knows of others alone", `swarm\nabc0 mesos-1 1${IP}/24\n`],
    ["does not know, for it runs nothing there", "Error response: network lab net not found"],
  ])(
    "names the hosts that are down where Swarm has the network, which its host %s",
    async (_, known) => {
      const { code, stderr, told } = await release(known, GONE, { ...NETWORK, driver: "overlay" });
      expect({ code, told }).toEqual({ code: 1, told: "" });
      expect(stderr).toContain("docker node rm --force");
      expect(stderr).toMatch(/; down now: host-2 $/m);
    },
  );

  it("leaves an endpoint alone whose container is about to start", async () => {
    await writeFile(join(dir, "there"), "mesos-1");
    const { code, stderr, told } = await release(`local\nep-77 mesos-1 ${IP}/24\n`, "web created");
    expect({ code, told }).toEqual({ code: 1, told: "" });
    expect(stderr).toBe(`container web created has ${IP}\n`);
  });

  it("leaves Swarm's own load balancer alone", async () => {
    const { code, stderr, told } = await release(`swarm\nlb-lab lab-endpoint ${IP}/24\n`);
    expect({ code, told }).toEqual({ code: 1, told: "" });
    expect(stderr).toContain(`the endpoint lab-endpoint has ${IP}: it is Docker's own`);
  });

  it("says what Docker says of a network that is not there, where it has to be", async () => {
    const { code, stderr } = await release("Error response: network lab net not found");
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "Error response: network lab net not found\n",
    });
  });

  it("touches nothing when Docker does not say whether the container is there", async () => {
    const { code, stderr, told } = await release(
      `local\nabc0 mesos-1 ${IP}/24\n`,
      "Cannot connect to the Docker daemon",
    );
    expect({ code, told }).toEqual({ code: 1, told: "" });
    expect(stderr).toContain("Cannot connect to the Docker daemon");
  });

  it("takes no other address for it that only begins or ends alike", async () => {
    const { code, told } = await release(`local\nabc0 mesos-1 ${IP}3/24\ndef0 mesos-2 1${IP}/24\n`);
    expect({ code, told }).toEqual({ code: 1, told: "" });
  });
});
