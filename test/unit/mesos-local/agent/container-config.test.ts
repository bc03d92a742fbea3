import { describe, expect, test } from "vitest";
import {
  buildContainer,
  fixedAddressOf,
  INSTANCE_LABEL,
} from "../../../../controller/mesos-local/agent/container-config.ts";
import { type TaskWishes, taskRecord } from "../../../support/mesos-local/fixtures.ts";

const CONTEXT = { instanceId: "instance-1", sandbox: "/state/sandboxes/x", isRecorded: false };

function build(wishes: TaskWishes = {}) {
  return buildContainer(taskRecord("t", wishes), CONTEXT);
}

function built(wishes: TaskWishes = {}) {
  const result = build(wishes);
  if (!result.ok) throw new Error(result.message);
  return result;
}

const USER = { network: "USER" } as const;

describe("a task becomes a container", () => {
  test("named after its Mesos container, with Mesos's environment and nothing of the task", () => {
    const command = {
      value: "x",
      environment: { variables: [{ name: "A", value: "1" }] },
    };
    const { name, body } = built({ command });
    expect(name).toBe("mesos-container-of-t");
    expect(body.Env).toEqual([
      "A=1",
      "MESOS_SANDBOX=/mnt/mesos/sandbox",
      "MESOS_CONTAINER_NAME=mesos-container-of-t",
      "MESOS_ALLOCATION_ROLE=*",
    ]);
    expect(body.HostConfig.Binds).toEqual(["/state/sandboxes/x:/mnt/mesos/sandbox"]);
  });

  test("limited by its resources", () => {
    const { HostConfig } = built({ cpus: 2 }).body;
    expect(HostConfig).toMatchObject({ CpuShares: 2048, Memory: 32 * 2 ** 20 });
  });

  test.each([
    ["a shell command", { value: "echo hi" }, ["/bin/sh"], ["-c", "echo hi"]],
    [
      "a program with arguments",
      { shell: false, value: "echo", arguments: ["a b", "c"] },
      undefined,
      ["echo", "a b", "c"],
    ],
    ["the image's own command", { shell: false }, undefined, undefined],
    ["arguments of the image's entrypoint", { shell: false, arguments: ["a"] }, undefined, ["a"]],
  ])("that runs %s", (_name, command, entrypoint, cmd) => {
    const { body } = built({ command });
    expect(body.Entrypoint).toEqual(entrypoint);
    expect(body.Cmd).toEqual(cmd);
  });

  test("on a network of the user's, at a fixed address", () => {
    const wishes = {
      docker: { ...USER, parameters: [{ key: "ip", value: "10.0.0.7" }] },
      container: {
        docker: { ...USER, image: "image", parameters: [{ key: "ip", value: "10.0.0.7" }] },
        network_infos: [{ name: "lab" }],
      },
    };
    const { body } = built(wishes);
    expect(body.HostConfig.NetworkMode).toBe("lab");
    expect(body.NetworkingConfig).toEqual({
      EndpointsConfig: { lab: { IPAMConfig: { IPv4Address: "10.0.0.7" } } },
    });
    expect(fixedAddressOf(taskRecord("t", wishes).info)).toBe("lab/10.0.0.7");
  });

  test("that no parameter can take from its embedded Mesos", () => {
    const parameters = [{ key: "label", value: `${INSTANCE_LABEL}=another` }];
    expect(built({ docker: { parameters } }).body.Labels[INSTANCE_LABEL]).toBe("instance-1");
  });
});

describe("a task fails before Docker is asked", () => {
  const named = (...names: (string | undefined)[]) => ({
    docker: { image: "image", ...USER },
    network_infos: names.map((name) => (name === undefined ? {} : { name })),
  });
  test.each<[string, TaskWishes, string]>([
    [
      "on a user network that is not said",
      { container: named() },
      "Failed to create docker run options: No network info found in container info",
    ],
    [
      "on two networks",
      { container: named("a", "b") },
      "Failed to create docker run options: Only a single network can be defined in Docker run",
    ],
    [
      "on a network without a name",
      { container: named(undefined) },
      "Failed to create docker run options: No network name found in network info",
    ],
    [
      "with a host name on the host's network",
      { container: { docker: { image: "image", network: "HOST" }, hostname: "x" } },
      "Failed to create docker run options: Unable to set hostname with host network mode",
    ],
    [
      "with a shell and nothing to run",
      { command: {} },
      "Failed to create docker run options: Shell specified but no command value provided",
    ],
    [
      "with a parameter that nobody knows",
      { docker: { parameters: [{ key: "wings", value: "2" }] } },
      "Container exited with status 125: unknown flag: --wings",
    ],
  ])("%s", (_name, wishes, message) => {
    expect(build(wishes)).toMatchObject({ ok: false, message });
  });
});
