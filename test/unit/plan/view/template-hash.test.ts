import { describe, expect, it } from "vitest";
import { templateHash } from "../../../../controller/plan/view/template-hash.ts";
import { taskInfo } from "../../../../controller/plan/launch/task-template.ts";
import type { ClusterSpec } from "../../../../crd-schema/spec.ts";
import { compiled, withSpec } from "../../../support/crd-schema/manifest-text.ts";

const KEY = `ssh-ed25519 ${"A".repeat(68)}`;
const OTHER_KEY = `ssh-ed25519 ${"B".repeat(68)}`;

function hash(body: string, image = "image:1"): string {
  return templateHash(compiled(withSpec(body)).spec, image);
}

/** The task of slot 0, as Mesos would get it. */
function task(spec: ClusterSpec, image: string): string {
  const secrets = { agentToken: "t", jupyterToken: "j", cookieSecret: "c", authorityKey: null };
  const ref = { namespace: "default", name: "lab" };
  return JSON.stringify(
    taskInfo({
      ref,
      spec,
      image,
      slot: 0,
      taskId: "task",
      agentId: "agent",
      secrets,
      resume: null,
    }),
  );
}

/** Changes of one field each, that a container which runs cannot take up. */
const RESTARTING = [
  "resources: {cpus: 0.5}",
  "resources: {memory: 1Gi}",
  "resources: {disk: 2Gi}",
  "resources: {pids: 512}",
  "network: {name: other}",
  "network: {firstAddress: 172.30.0.20}",
  "storage: {shared: {mountPath: /work}}",
  "storage: {shared: {volumeName: other}}",
  "storage: {shared: {type: hostPath, hostPath: /srv/x}}",
  "etcd: {tls: false}",
  "etcd: {dataVolume: ephemeral}",
  "etcd: {heartbeatMilliseconds: 10}",
  "etcd: {electionMilliseconds: 300}",
  "etcd: {quota: 1Gi}",
  "jupyter: {port: 9999}",
  "jupyter: {auth: none}",
  "jupyter: {standby: cold}",
  "jupyter: {idle: {kernelsAfterSeconds: 60}}",
  "jupyter: {idle: {terminalsAfterSeconds: 60}}",
  "kernels: {placement: leader}",
  "kernels: {placement: spread}",
  "ssh: {user: ada}",
  `ssh: {authorizedKeys: ["${KEY}"]}`,
];

const HARMLESS = [
  "replicas: 5",
  "network: {driver: macvlan}\netcd: {heartbeatMilliseconds: 20}",
  'network: {options: {a: "1"}}',
  "proxy: {address: 0.0.0.0, port: 1, holdSeconds: 1}",
  "placement: {spread: hostname, constraints: [{field: hostname, operator: UNIQUE}]}",
  "etcd: {snapshots: {intervalSeconds: 1, keep: 1, maxSize: 1Gi, directory: /srv/x}}",
  "etcd: {recovery: {mode: Manual, graceSeconds: 1}}",
  "etcd: {standby: learner}",
  "unreachable: {replaceAfterSeconds: 1}",
  "backoff: {initialSeconds: 2}",
  "updateStrategy: {type: OnDelete}",
  "deletionPolicy: Delete",
  "kernels: {memory: 1Gi, processes: 64, busyWaitSeconds: 1}",
  "suspend: true",
];

describe("the template hash", () => {
  it.each(RESTARTING)("changes with %s", (body) => {
    expect(hash(body)).not.toBe(hash(""));
  });

  it("changes with the image", () => {
    expect(hash("", "image:2")).not.toBe(hash(""));
  });

  it.each(HARMLESS)("stays with %s", (body) => {
    expect(hash(body)).toBe(hash(""));
  });

  it("stays with the order of keys", () => {
    const keys = (...list: string[]) => `ssh: {authorizedKeys: ${JSON.stringify(list)}}`;
    expect(hash(keys(KEY, OTHER_KEY))).toBe(hash(keys(OTHER_KEY, KEY)));
  });

  it("is 16 hexadecimal digits", () => {
    expect(hash("")).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([...RESTARTING, ...HARMLESS])(
    "differs exactly when the launched task would differ: %s",
    (body) => {
      const { spec } = compiled(withSpec(body));
      const same = task(spec, "image:1") === task(compiled(withSpec("")).spec, "image:1");
      expect(hash(body) === hash("")).toBe(same);
    },
  );
});
