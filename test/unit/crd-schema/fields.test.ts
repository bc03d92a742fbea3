/** One field at a time: the place, what was found, what is allowed, and what was probably meant. */
import { describe, expect, it } from "vitest";
import { told, withSpec } from "../../support/crd-schema/manifest-text.ts";

interface Case {
  readonly spec: string;
  readonly says: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  "a number in quotes is told to lose them": {
    spec: 'replicas: "5"',
    says: [
      '6:13: error: spec.replicas: Found the text "5"; allowed: a whole number from 1 to 9. Remove the quotes.',
    ],
  },
  "a number out of range is told the range": {
    spec: "replicas: 10",
    says: ["6:13: error: spec.replicas: Found the number 10; allowed: a whole number from 1 to 9."],
  },
  "a fraction is no whole number": {
    spec: "replicas: 3.5",
    says: [
      "6:13: error: spec.replicas: Found the number 3.5; allowed: a whole number from 1 to 9.",
    ],
  },
  "infinity and not-a-number are no numbers": {
    spec: "proxy: {holdSeconds: .inf}\nunreachable: {replaceAfterSeconds: .nan}",
    says: [
      "6:24: error: spec.proxy.holdSeconds: Found the number Infinity; allowed: a number from 0 to 300.",
      "7:38: error: spec.unreachable.replaceAfterSeconds: Found the number NaN; allowed: a number from 0 to 604800.",
    ],
  },
  "a misspelt field is guessed": {
    spec: "replica: 3",
    says: ['6:3: error: spec.replica: Unknown field "replica"; did you mean "replicas"?'],
  },
  "a field in snake case is guessed": {
    spec: "network: {first_address: 172.30.0.10}",
    says: [
      '6:13: error: spec.network.first_address: Unknown field "first_address"; did you mean "firstAddress"?',
    ],
  },
  "a field in the wrong mapping is told where it belongs": {
    spec: "memory: 1Gi",
    says: [
      '6:3: error: spec.memory: Unknown field here: "memory" belongs at spec.resources.memory or spec.kernels.memory.',
    ],
  },
  "a field unlike any is told which there are": {
    spec: "updateStrategy: {maxUnavailable: 1}",
    says: [
      '6:20: error: spec.updateStrategy.maxUnavailable: Unknown field the text "maxUnavailable"; allowed: type.',
    ],
  },
  "a field called __proto__ is unknown like any other": {
    spec: "resources: {__proto__: {cpus: 1}}",
    says: [
      '6:15: error: spec.resources.__proto__: Unknown field the text "__proto__"; allowed: cpus, memory, disk, pids.',
    ],
  },
  "a mapping where a quantity is due, even one that cannot be shown as text": {
    spec: "resources: {disk: {toString: null}}",
    says: [
      '6:21: error: spec.resources.disk: Found a mapping; allowed: a number with a unit (Ki, Mi, Gi, Ti, k, M, G or T), such as "1Gi".',
    ],
  },
  "a quantity without a unit is guessed to be mebibytes": {
    spec: "resources: {memory: 512}",
    says: [
      '6:23: error: spec.resources.memory: Found the number 512; allowed: a number with a unit (Ki, Mi, Gi, Ti, k, M, G or T), such as "768Mi". Did you mean "512Mi"?',
    ],
  },
  "a quantity with a colloquial unit is guessed": {
    spec: "resources: {disk: 20 GB}",
    says: [
      '6:21: error: spec.resources.disk: Found the text "20 GB"; allowed: a number with a unit (Ki, Mi, Gi, Ti, k, M, G or T), such as "1Gi". Did you mean "20G"?',
    ],
  },
  "a negative quantity is refused": {
    spec: "resources: {memory: -1Gi, cpus: -1}",
    says: [
      '6:23: error: spec.resources.memory: Found the text "-1Gi"; allowed: a number with a unit (Ki, Mi, Gi, Ti, k, M, G or T), such as "768Mi".',
      '6:35: error: spec.resources.cpus: Found the number -1; allowed: a number from 0.01 to 1024 or a number of cores such as 0.5, or thousandths such as "500m".',
    ],
  },
  "a word of another case is guessed": {
    spec: "deletionPolicy: delete",
    says: [
      '6:19: error: spec.deletionPolicy: Found the text "delete"; allowed: "Retain" or "Delete". Did you mean "Delete"?',
    ],
  },
  "a word in the place of its mapping is told the mapping": {
    spec: "updateStrategy: OnDelete",
    says: [
      '6:19: error: spec.updateStrategy: Found the text "OnDelete"; allowed: a mapping with the field type. Write {type: OnDelete}.',
    ],
  },
  "yes is text in YAML 1.2": {
    spec: "suspend: yes",
    says: [
      '6:12: error: spec.suspend: Found the text "yes"; allowed: true or false. Write true, without quotes.',
    ],
  },
  "a number where text is wanted is told to be quoted": {
    spec: "network:\n  options:\n    com.docker.network.driver.mtu: 1400",
    says: [
      '8:38: error: spec.network.options["com.docker.network.driver.mtu"]: Found the number 1400; allowed: text. Put it in quotes: "1400".',
    ],
  },
  "a mapping left empty is told at its name": {
    spec: "replicas: 3\nnetwork:",
    says: [
      "7:3: error: spec.network: Found nothing (null); allowed: a mapping with the fields name, driver, ipamDriver, subnet, firstAddress, options. Write `{}` after it for the defaults, or its fields below it, indented.",
    ],
  },
  "a scalar left empty is told at its name": {
    spec: "replicas:",
    says: [
      "6:3: error: spec.replicas: Found nothing (null); allowed: a whole number from 1 to 9. Give a value, or remove the line for the default.",
    ],
  },
  "a constraint in Marathon's form is told ours": {
    spec: "placement:\n  constraints:\n    - [rack, LIKE, 'r[12]']",
    says: [
      '8:9: error: spec.placement.constraints[0]: Found a list; allowed: a mapping with the fields field, operator, value. Write {field: rack, operator: LIKE, value: "r[12]"}.',
    ],
  },
  "a private key is not repeated": {
    spec: 'ssh:\n  authorizedKeys: ["-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk"]',
    says: [
      "7:22: error: spec.ssh.authorizedKeys[0]: Found a private key (take it out of the file, and use it no more: it has been written down); allowed: one line of an OpenSSH public key file, such as the content of ~/.ssh/id_ed25519.pub.",
    ],
  },
  "a network of the engine's own is refused: no container gets a fixed address there": {
    spec: "network: {name: bridge}",
    says: [
      '6:19: error: spec.network.name: Found the text "bridge"; allowed: letters, digits, underscores, dots and dashes, beginning with a letter or digit, but not "host", "none", "bridge", "default", "container" or "ingress".',
    ],
  },
  "a driver that allows no fixed address is refused": {
    spec: "network: {driver: host}",
    says: [
      '6:21: error: spec.network.driver: Found the text "host"; allowed: the name of a Docker network driver, such as bridge or calico, but not "host", "none" or "null".',
    ],
  },
  "an image that would be read as an option is refused": {
    spec: "image: --privileged",
    says: [
      '6:10: error: spec.image: Found the text "--privileged"; allowed: an image reference such as registry.example.org/lab/jupyter:1.2.',
    ],
  },
  "a host name is no address to listen on": {
    spec: "proxy: {address: localhost}",
    says: [
      '6:20: error: spec.proxy.address: Found the text "localhost"; allowed: an IP address (not a host name) such as 127.0.0.1 or 0.0.0.0.',
    ],
  },
};

describe("a field of the spec", () => {
  for (const [sentence, { spec, says }] of Object.entries(CASES)) {
    it(sentence, () => {
      expect(told(withSpec(spec))).toEqual(says);
    });
  }

  it("all violations of a file are told at once, in its order", () => {
    const lines = told(withSpec('replicas: "5"\nsuspend: 1\nimage: ""\nstatus: x'));
    expect(lines.map((line) => line.split(" ")[0])).toEqual(["6:13:", "7:12:", "8:10:", "9:3:"]);
  });

  it("a value that came by an alias is told at the alias", () => {
    const text = withSpec("etcd: {dataVolume: &kind locl}\nstorage: {shared: {type: *kind}}");
    expect(told(text).map((line) => line.split(": Found")[0])).toEqual([
      "6:28: error: spec.etcd.dataVolume",
      "7:28: error: spec.storage.shared.type",
    ]);
  });

  it("a field that came by a merge key is told where it was written", () => {
    const text = withSpec(
      "network: &base\n  subnet: nonsense\netcd:\n  <<: *base\n  dataVolume: local",
    );
    expect(told(text).map((line) => line.split(";")[0])).toEqual([
      '7:5: error: spec.etcd.subnet: Unknown field here: "subnet" belongs at spec.network.subnet.',
      '7:13: error: spec.network.subnet: Found the text "nonsense"',
    ]);
  });
});

describe("the frame of a document", () => {
  it.each<readonly [string, string, readonly string[]]>([
    [
      "another kind is told to be one, and nothing else of it",
      "apiVersion: v1\nkind: ConfigMap\ndata: {}\n",
      [
        '1:13: error: apiVersion: Found the text "v1"; allowed: "jupytercluster.dev/v1alpha1".',
        '2:7: error: kind: Found the text "ConfigMap"; allowed: "JupyterCluster".',
      ],
    ],
    [
      "a list is no document",
      "- a\n",
      [
        "1:1: error: Found a list; allowed: a mapping with the fields apiVersion, kind, metadata, spec.",
      ],
    ],
    [
      "a missing name is told at the metadata",
      "apiVersion: jupytercluster.dev/v1alpha1\nkind: JupyterCluster\nmetadata: {namespace: x}\nspec: {}\n",
      [
        "3:1: error: metadata.name: This field is missing; allowed: lower-case letters, digits and dashes, beginning and ending with a letter or digit.",
      ],
    ],
    [
      "a name that is a number is told to be quoted",
      withSpec("", "123"),
      [
        '4:9: error: metadata.name: Found the number 123; allowed: lower-case letters, digits and dashes, beginning and ending with a letter or digit. Put it in quotes: "123".',
      ],
    ],
    [
      "a name is at most 40 characters long, so that host names are within 63",
      withSpec("", "a".repeat(41)),
      [
        `4:9: error: metadata.name: Found the text "${"a".repeat(41)}"; allowed: lower-case letters, digits and dashes, beginning and ending with a letter or digit, of at most 40 characters.`,
      ],
    ],
    [
      "what the API adds is told to be removed",
      `${withSpec("").replace("name: lab", "name: lab\n  uid: abc")}status: {}\n`,
      [
        "5:3: error: metadata.uid: This field is set by the controller: remove it from the file.",
        "7:1: error: status: This field is set by the controller: remove it from the file.",
      ],
    ],
  ])("%s", (_, text, says) => {
    expect(told(text)).toEqual(says);
  });
});
