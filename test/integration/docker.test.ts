import { randomBytes } from "node:crypto";
import { PassThrough } from "node:stream";
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  containerEnv,
  killContainer,
  listClusterContainers,
  removeContainer,
} from "../../controller/docker/containers.ts";
import type { ContainerEvent } from "../../controller/docker/container-watch.ts";
import { DockerEvents } from "../../controller/docker/events.ts";
import { observeImage } from "../../controller/docker/images.ts";
import { interactiveExec } from "../../controller/docker/interactive-exec.ts";
import { clusterLabels } from "../../controller/docker/labels.ts";
import { ensureNetwork, observeNetwork, removeNetwork } from "../../controller/docker/networks.ts";
import { ensureVolume, listVolumes, removeVolumes } from "../../controller/docker/volumes.ts";
import { ERROR_CODES } from "../../controller/model/errors.ts";
import { LABELS } from "../../controller/model/ids.ts";
import { systemClock } from "../../controller/support/clock.ts";
import { TEST_LABEL } from "../support/docker-remains.ts";
import { until } from "../support/poll.ts";
import { silentLog } from "../support/silent-log.ts";

const docker = new Docker();
const run = `docker-test-${randomBytes(3).toString("hex")}`;
const labels = { ...clusterLabels({ namespace: run, name: "lab" }), [TEST_LABEL]: run };
const network = {
  name: `${run}-net`,
  driver: "bridge",
  ipamDriver: "default",
  subnet: "172.31.50.0/24",
  firstAddress: "172.31.50.10",
  options: { "com.docker.network.driver.mtu": "1400" },
};
let image: string;

beforeAll(async () => {
  image = inject("agentImage");
  await ensureNetwork(docker, network, labels);
});

afterAll(async () => {
  const containers = await listClusterContainers(docker, { namespace: run });
  await Promise.all(containers.map((c) => removeContainer(docker, c.id)));
  await removeVolumes(docker, labels);
  await removeNetwork(docker, network.name, labels);
});

async function startContainer(slot: number): Promise<Docker.Container> {
  const container = await docker.createContainer({
    name: `${run}-${slot}`,
    Image: image,
    Entrypoint: ["sleep"],
    Cmd: ["600"],
    Env: ["COLOUR=blue=green"],
    Labels: { ...labels, [LABELS.slot]: String(slot), [LABELS.task]: `task-${slot}` },
    HostConfig: { NetworkMode: network.name },
    NetworkingConfig: {
      EndpointsConfig: {
        [network.name]: { IPAMConfig: { IPv4Address: `172.31.50.${10 + slot}` } },
      },
    },
  });
  await container.start();
  return container;
}

describe("networks", () => {
  it("is present once made, and made again it stays the same", async () => {
    const before = await docker.getNetwork(network.name).inspect();
    await ensureNetwork(docker, network, labels);
    const after = await docker.getNetwork(network.name).inspect();
    expect(after.Id).toBe(before.Id);
    expect(after.Options).toEqual(network.options);
    expect(after.Labels).toEqual(labels);
    expect(await observeNetwork(docker, network)).toEqual({
      state: "present",
      subnet: network.subnet,
    });
  });

  it("is a conflict, by name, with the network that holds the subnet", async () => {
    const wanted = { ...network, name: `${run}-other`, subnet: "172.31.50.128/25" };
    const found = await observeNetwork(docker, wanted);
    expect(found).toMatchObject({ state: "conflict" });
    const refusal = expect.stringMatching(
      `172.31.50.128/25.*overlaps.*172.31.50.0/24.*${network.name}.*spec.network.subnet`,
    );
    expect(found).toMatchObject({ message: refusal });
    await expect(ensureNetwork(docker, wanted, labels)).rejects.toMatchObject({
      code: ERROR_CODES.NETWORK_CONFLICT,
      message: refusal,
    });
    expect(await docker.listNetworks({ filters: { name: [wanted.name] } })).toEqual([]);
  });

  it("is a conflict when the name is taken by one with another subnet or driver", async () => {
    expect(await observeNetwork(docker, { ...network, subnet: "172.31.51.0/24" })).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("has subnet 172.31.50.0/24"),
    });
    expect(await observeNetwork(docker, { ...network, driver: "macvlan" })).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("has driver bridge"),
    });
  });

  it("is a conflict with an interface of this machine that Docker does not know of", async () => {
    const wanted = { ...network, name: `${run}-loopback`, subnet: "127.0.0.0/24" };
    expect(await observeNetwork(docker, wanted)).toMatchObject({
      state: "conflict",
      message: expect.stringContaining("interface lo"),
    });
  });

  it("is removed only when it is ours and unused", async () => {
    const name = `${run}-short`;
    const short = { ...network, name, subnet: "172.31.51.0/24" };
    await ensureNetwork(docker, short, labels);
    const theirs = clusterLabels({ namespace: run, name: "another" });
    expect(await removeNetwork(docker, name, theirs)).toBe(false);
    const user = await docker.createContainer({
      name: `${run}-user`,
      Image: image,
      Entrypoint: ["sleep"],
      Cmd: ["600"],
      Labels: { ...labels },
      HostConfig: { NetworkMode: name },
    });
    await user.start();
    expect(await removeNetwork(docker, name, labels)).toBe(false);
    await removeContainer(docker, user.id);
    expect(await removeNetwork(docker, name, labels)).toBe(true);
    expect(await removeNetwork(docker, name, labels)).toBe(true);
  });
});

describe("images", () => {
  it("tells one that is there from one that is not", async () => {
    expect(await observeImage(docker, image)).toEqual({ state: "present", reference: image });
    const reference = `${run}/none:1`;
    expect(await observeImage(docker, reference)).toEqual({ state: "absent", reference });
  });
});

describe("volumes", () => {
  it("keeps the one that is there, finds ours by label and removes no other", async () => {
    const ours = `${run}-data`;
    const theirs = `${run}-theirs`;
    const owner = { namespace: run, name: "lab", uid: "u1", createdBy: "anna?, /state" };
    const made = { [LABELS.uid]: "u1", [LABELS.createdBy]: "anna\u001b, /state" };
    const first = { ...labels, ...made, [LABELS.slot]: "0" };
    expect(await ensureVolume(docker, ours, first)).toEqual(owner);
    // Labels are those of whoever made it.
    expect(await ensureVolume(docker, ours, { ...labels, [LABELS.uid]: "u2" })).toEqual(owner);
    await ensureVolume(docker, theirs, clusterLabels({ namespace: run, name: "another" }));
    expect(await listVolumes(docker, labels)).toEqual([{ name: ours, owner }]);
    expect(await removeVolumes(docker, labels, () => false)).toEqual([]);
    expect(await removeVolumes(docker, labels)).toEqual([ours]);
    const left = await listVolumes(docker, { [LABELS.namespace]: run });
    expect(left.map(({ name }) => name)).toEqual([theirs]);
    await removeVolumes(docker, { [LABELS.namespace]: run });
  });
});

describe("containers", () => {
  it("are found by their labels, killed, and their events seen", async () => {
    const events: ContainerEvent[] = [];
    const states: boolean[] = [];
    const stream = new DockerEvents({
      docker,
      clock: systemClock,
      log: silentLog,
      onEvent: (event) => events.push(event),
      onState: (connected) => states.push(connected),
    });
    stream.start();
    await until("the event stream stands", () => states[0] === true);
    const container = await startContainer(3);
    const scope = { namespace: run, cluster: "lab" };
    expect(await listClusterContainers(docker, scope)).toEqual([
      {
        id: container.id,
        name: `${run}-3`,
        namespace: run,
        cluster: "lab",
        slot: 3,
        taskId: "task-3",
        state: "running",
        running: true,
        ip: "172.31.50.13",
      },
    ]);
    expect((await containerEnv(docker, container.id)).get("COLOUR")).toBe("blue=green");

    await killContainer(docker, container.id, "SIGKILL");
    await expect(killContainer(docker, container.id, "SIGKILL")).rejects.toMatchObject({
      code: ERROR_CODES.DOCKER_REFUSED,
    });
    await removeContainer(docker, container.id);
    await removeContainer(docker, container.id);
    const ours = () => events.filter((e) => e.containerId === container.id);
    await until("the container's destruction is told", () =>
      ours().some((e) => e.action === "destroy"),
    );
    expect(ours().map((e) => e.action)).toEqual(["start", "die", "destroy"]);
    expect(ours()[1]).toMatchObject({
      containerName: `${run}-3`,
      exitCode: 137,
      labels: expect.objectContaining({ [LABELS.slot]: "3", [LABELS.task]: "task-3" }),
    });
    expect(Math.abs((ours()[1]?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    stream.stop();
    expect(await listClusterContainers(docker, scope)).toEqual([]);
  });
});

describe("exec", () => {
  let container: Docker.Container;
  beforeAll(async () => {
    container = await startContainer(4);
  });

  function streams() {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const read = (stream: PassThrough) => String(stream.read() ?? "");
    return {
      io: { stdin, stdout, stderr },
      stdin,
      out: () => read(stdout),
      err: () => read(stderr),
    };
  }

  it("returns the exit code and keeps the two outputs apart", async () => {
    const { io, stdin, out, err } = streams();
    stdin.end();
    const command = ["sh", "-c", "echo $COLOUR $SHAPE; echo oops >&2; exit 7"];
    const request = { command, env: ["SHAPE=round"] };
    expect(await interactiveExec(docker, container.id, request, io)).toBe(7);
    expect([out(), err()]).toEqual(["blue=green round\n", "oops\n"]);
  });

  it("passes stdin and its end through, whole", async () => {
    const { io, stdin, out } = streams();
    const bytes = randomBytes(3_000_000);
    const chunks: Buffer[] = [];
    io.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    stdin.end(bytes);
    expect(await interactiveExec(docker, container.id, { command: ["cat"] }, io)).toBe(0);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
    expect(out()).toBe("");
  });

  it("gives a terminal of the right size when it is one itself", async () => {
    const { io, out } = streams();
    const raw: boolean[] = [];
    const stdin = Object.assign(io.stdin, {
      isTTY: true,
      setRawMode: (on: boolean) => raw.push(on),
    });
    const stdout = Object.assign(io.stdout, { isTTY: true, columns: 101, rows: 33 });
    const request = { command: ["sh", "-c", "tty && sleep 0.2 && stty size"], user: "nobody" };
    const code = await interactiveExec(docker, container.id, request, { ...io, stdin, stdout });
    expect(code).toBe(0);
    expect(out()).toMatch(/^\/dev\/pts\/\d+\r\n33 101\r\n$/);
    expect(raw).toEqual([true, false]);
  });

  it("says what is wrong with a user or a container that is not there", async () => {
    const { io, stdin, out } = streams();
    stdin.end();
    const request = { command: ["true"], user: "no-such-user" };
    expect(await interactiveExec(docker, container.id, request, io)).toBe(126);
    expect(out()).toContain("no-such-user");
    await expect(
      interactiveExec(docker, "none", { command: ["true"] }, streams().io),
    ).rejects.toMatchObject({ code: ERROR_CODES.NOT_FOUND });
  });
});
