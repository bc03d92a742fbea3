/** What people type, and what kubectl prints. The cluster is `e2e-kube`; `e2e-filed` comes from a person's file. */

export const NAME = "e2e-kube";
export const FILED = "e2e-filed";
export const GROUP = "jupytercluster.dev";
export const OBJECT = `jupytercluster.${GROUP}/${NAME}`;

/** Before there is a cluster of ours. */
export const DISCOVERED: readonly (readonly [line: string, printed: RegExp])[] = [
  ["version", /Server Version: v1\.\d+\.0\+jupyter-cluster-/],
  ["api-versions", /^jupytercluster\.dev\/v1alpha1$/m],
  ["api-resources", /^jupyterclusters +jc +jupytercluster\.dev\/v1alpha1 +true +JupyterCluster$/m],
  ["api-resources --categories=all", /^pods /m],
  [
    "api-resources --api-group=jupytercluster.dev --verbs=create,delete,patch -o name",
    /^jupyterclusters\.jupytercluster\.dev$/m,
  ],
  ["explain jc", /^FIELDS:$[^]* spec\t<Object> -required-/m],
  ["explain jc.spec.replicas", /FIELD: replicas <integer>[^]*How many nodes/],
  ["explain jc --recursive", /electionMilliseconds\t<integer>/],
  ["get --raw /readyz", /^ok$/],
  ["get ns", /^default +Active/m],
  ["get jc", new RegExp(`^${FILED} `, "m")],
];

/** One after the other: each rests on those before. */
export const CHANGES: readonly (readonly [line: string, printed: string])[] = [
  ["create -f team.yaml --dry-run=server", `${OBJECT} created (server dry run)\n`],
  ["apply -f team.yaml --dry-run=server", `${OBJECT} created (server dry run)\n`],
  ["apply -f team.yaml", `${OBJECT} created\n`],
  ["apply -f team.yaml", `${OBJECT} unchanged\n`],
  ["diff -f team.yaml", ""],
  ["label jc e2e-kube course=physics", `${OBJECT} labeled\n`],
  ["label jc e2e-kube course-", `${OBJECT} unlabeled\n`],
  ["annotate jc/e2e-kube note=hello", `${OBJECT} annotated\n`],
  ["get jc e2e-kube -o jsonpath={.metadata.annotations.note}", "hello"],
  [
    `patch jc e2e-kube --type=merge -p {"spec":{"jupyter":{"standby":"warm"}}}`,
    `${OBJECT} patched\n`,
  ],
  [
    `patch jc e2e-kube --type=merge -p {"spec":{"jupyter":{"standby":"warm"}}}`,
    `${OBJECT} patched (no change)\n`,
  ],
  [
    `patch jc e2e-kube --type=json -p [{"op":"remove","path":"/spec/jupyter"}]`,
    `${OBJECT} patched\n`,
  ],
  ["get jc e2e-kube -o jsonpath={.spec.jupyter}", ""],
  ["wait jc/e2e-kube --for=condition=Ready --timeout=110s", `${OBJECT} condition met\n`],
  [
    "wait jc/e2e-kube --for=jsonpath={.status.readyReplicas}=3 --timeout=30s",
    `${OBJECT} condition met\n`,
  ],
];

/** When the cluster is Ready. */
export const LOOKS: readonly (readonly [line: string, printed: RegExp])[] = [
  ["get jc e2e-kube", /^e2e-kube +True +3\/3 +slot-\d on \S+ +Ready +\d+s$/m],
  ["get jc -A", /^default +e2e-kube /m],
  ["get jc -o wide", /http:\/\/127\.0\.0\.1:\d+\/ +3\.\d+\.\d+ +\d+$/m],
  ["get jc -o name", new RegExp(`^${OBJECT}$`, "m")],
  ["get jc e2e-kube -o yaml", /^apiVersion: jupytercluster\.dev\/v1alpha1$[^]*^status:$/m],
  ["get jc -o custom-columns=N:.metadata.name,L:.status.leader", /^e2e-kube +e2e-kube-0$/m],
  ["get jc --sort-by=.metadata.name", /^e2e-filed [^]*^e2e-kube /m],
  ["get jc --field-selector status.phase=Ready", /^e2e-kube /m],
  ["get all", /^pod\/e2e-kube-0 [^]*^jupytercluster\.jupytercluster\.dev\/e2e-kube /m],
  ["get pods", /^e2e-kube-0 +4\/4 +Running +0 +\d+s$/m],
  ["get pods -o wide", /^e2e-kube-1 .* 172\.31\.68\.\d+ +\S+ +slot-\d +follower$/m],
  ["get pods -l jupytercluster.dev/role=leader -o name", /^pod\/e2e-kube-0\n$/],
  ["top pod", /^e2e-kube-0 +\d+m +\d+Mi *$/m],
  ["top pod e2e-kube-1 --containers", /^e2e-kube-1 +node +\d+m +\d+Mi *$/m],
  ["get nodes", /^\S+ +Ready +\d+\w+$/m],
  ["auth can-i delete jc", /^yes$/m],
  ["get events", /^\d\S* +Normal +NodeReady +jupytercluster\/e2e-kube +slot \d is ready/m],
  ["events --for jc/e2e-kube", /LeaderElected/],
  ["describe jc e2e-kube", /^Kind: +JupyterCluster$[^]*^Events:$[^]*LeaderElected/m],
  ["describe pod e2e-kube-0", /^Controlled By: +JupyterCluster\/e2e-kube$/m],
  [
    "describe pod e2e-kube-0",
    /^Start Time: +(?!.* 0001 )\w{3}, [^]*Started: +(?!.* 0001 )\w{3}, /m,
  ],
  ["logs e2e-kube-0 -c etcd --tail=1", /^\{"level":/],
  ["logs e2e-kube-0 --tail=1", /./],
  ["exec e2e-kube-1 -- hostname -I", /^172\.31\.68\.\d+/],
  ["exec e2e-kube-1 -- whoami", /^admin\n$/],
  ["exec e2e-kube-1 -c etcd -- whoami", /^root\n$/],
  ["exec e2e-kube-1 -- ssh e2e-kube-0 hostname", /^e2e-kube-slot-\d\n$/],
];
