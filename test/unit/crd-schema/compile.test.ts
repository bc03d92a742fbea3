/** What a written spec means. */
import { describe, expect, it } from "vitest";
import { compiled, told, withSpec } from "../../support/crd-schema/manifest-text.ts";

describe("compiling", () => {
  it("fills in every default", () => {
    expect(compiled(withSpec(""))).toEqual({
      metadata: { name: "lab", namespace: "default", labels: {}, annotations: {} },
      spec: {
        replicas: 3,
        image: null,
        resources: { cpus: 0.25, memoryMiB: 768, diskMiB: 1024, pids: 4096 },
        network: {
          name: "jupyter-cluster-lab",
          driver: "bridge",
          ipamDriver: "default",
          subnet: "172.30.0.0/24",
          firstAddress: "172.30.0.10",
          options: {},
        },
        storage: {
          shared: { type: "volume", mountPath: "/shared", volumeName: "default-lab-shared" },
        },
        etcd: {
          tls: true,
          dataVolume: "local",
          heartbeatMs: 20,
          electionMs: 200,
          quotaMiB: 2048,
          snapshots: { intervalSeconds: 300, keep: 12, maxMiB: 10_240, directory: null },
          recovery: { mode: "Automatic", graceSeconds: 10 },
          standby: "none",
        },
        jupyter: {
          port: 8888,
          auth: "token",
          standby: "warm",
          idle: { kernelsAfterSeconds: 0, terminalsAfterSeconds: 0 },
        },
        kernels: { placement: "server", memoryMiB: null, processes: 1024, busyWaitSeconds: 300 },
        ssh: { user: "admin", authorizedKeys: [] },
        proxy: { address: "127.0.0.1", port: 8888, holdSeconds: 30, hostNames: [] },
        placement: { constraints: [], spread: null },
        unreachable: { replaceAfterSeconds: 120 },
        backoff: { initialSeconds: 1, factor: 2, maxSeconds: 60 },
        updateStrategy: "RollingUpdate",
        deletionPolicy: "Retain",
        suspend: false,
      },
      written: {},
      source: { file: "cluster.yaml", line: 1 },
    });
  });

  it("gives etcd the timing of one host, of many, or what follows from a heartbeat", () => {
    const timing = (body: string) => {
      const { heartbeatMs, electionMs } = compiled(withSpec(body)).spec.etcd;
      return [heartbeatMs, electionMs];
    };
    expect(timing("")).toEqual([20, 200]);
    expect(timing("network: {driver: calico}")).toEqual([100, 1000]);
    expect(timing("etcd: {heartbeatMilliseconds: 50}")).toEqual([50, 500]);
    expect(timing("etcd: {heartbeatMilliseconds: 9000}")).toEqual([9000, 50_000]);
  });

  it("keeps what was written without the defaults", () => {
    const { written } = compiled(withSpec("resources: {memory: 2Gi}\nsuspend: true"));
    expect(written).toEqual({ resources: { memory: "2Gi" }, suspend: true });
  });

  it("counts the first address from the subnet's base", () => {
    const { network } = compiled(withSpec("network: {subnet: 10.0.3.0/26}")).spec;
    expect(network.firstAddress).toBe("10.0.3.10");
  });

  it("makes text of a constraint's number", () => {
    const body = "placement: {constraints: [{field: rack, operator: MAX_PER, value: 2}]}";
    const { constraints } = compiled(withSpec(body)).spec.placement;
    expect(constraints).toEqual([{ field: "rack", operator: "MAX_PER", value: "2" }]);
  });

  it("takes a host directory", () => {
    const body = "storage: {shared: {type: hostPath, hostPath: /srv/my files}}";
    const { shared } = compiled(withSpec(body)).spec.storage;
    expect(shared).toEqual({
      ...{ type: "hostPath", mountPath: "/shared", hostPath: "/srv/my files" },
      requireMount: false,
    });
  });

  it.each([
    ["256Mi", 256],
    ["1Gi", 1024],
    ["1.5Gi", 1536],
    ["1G", 954],
    ["1048577Ki", 1025],
    ["268435456k", 256_000],
    ["0.5Ti", 524_288],
    ["0.7Gi", 717],
  ])("memory %s is %i MiB, rounded up", (memory, mebibytes) => {
    const { resources } = compiled(withSpec(`resources: {memory: ${memory}}`)).spec;
    expect(resources.memoryMiB).toBe(mebibytes);
  });

  it.each([
    ["0.25", 0.25],
    ['"0.5"', 0.5],
    ["250m", 0.25],
    ["2", 2],
    ["0.0105", 0.011],
    ["1e1", 10],
  ])("cpus %s are %d cores", (cpus, cores) => {
    expect(compiled(withSpec(`resources: {cpus: ${cpus}}`)).spec.resources.cpus).toBe(cores);
  });

  it.each([
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAkP0lNnQgvxzZwXJyXk5Y4RrlPVeVbQnW6rHx2k9S3c",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAkP0lNnQgvxzZwXJyXk5Y4RrlPVeVbQnW6rHx2k9S3c Ada, 1st floor",
    `ssh-rsa ${"A".repeat(500)}== ada`,
    `sk-ssh-ed25519@openssh.com ${"A".repeat(90)}= key`,
  ])("takes the public key %s", (key) => {
    expect(compiled(withSpec(`ssh: {authorizedKeys: ["${key}"]}`)).spec.ssh.authorizedKeys).toEqual(
      [key],
    );
  });

  it.each([
    "debian",
    "lab/jupyter:1.2",
    "localhost:5000/lab__x/jupyter-2:v1",
    "registry.example.org/lab@sha256:" + "a".repeat(64),
    "[::1]:5000/lab:latest",
  ])("takes the image %s", (image) => {
    expect(compiled(withSpec(`image: "${image}"`)).spec.image).toBe(image);
  });

  it.each(["Lab", "lab:", "lab image", "/lab", "lab//x", "lab:a:b", "-v"])(
    "refuses the image %s",
    (image) => {
      expect(told(withSpec(`image: "${image}"`))).toHaveLength(1);
    },
  );
});
