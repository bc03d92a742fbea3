/**
 * Generated from jupytercluster.schema.json by `npm run generate`. Do not edit: edit the schema.
 */

/**
 * A self-healing JupyterLab cluster: containers on Apache Mesos that form an etcd cluster, name themselves <name>-0 (the etcd leader) to <name>-(n-1), reach each other by ssh, share one file system, and serve JupyterLab at one address that never changes.
 */
export interface JupyterClusterManifest {
  /**
   * Version of this contract.
   */
  apiVersion: "jupytercluster.dev/v1alpha1";
  /**
   * What this document describes.
   */
  kind: "JupyterCluster";
  /**
   * Who the cluster is. Name and namespace together identify it: another name is another cluster.
   */
  metadata: {
    /**
     * Name of the cluster, and the XXX of its nodes' names XXX-0 to XXX-(n-1).
     */
    name: string;
    /**
     * Keeps clusters of the same name apart.
     */
    namespace?: string;
    /**
     * Words to sort clusters by. Shown in the object; they change nothing that runs.
     */
    labels?: {
      [k: string]: string;
    };
    /**
     * Free text for people and tools. Shown in the object; they change nothing that runs.
     */
    annotations?: {
      [k: string]: string;
    };
  };
  /**
   * What the cluster shall be. Every field has a default: `spec: {}` is a whole cluster.
   */
  spec: {
    /**
     * How many nodes the cluster has. An odd number of 3 or more survives the loss of a minority: 3 survive the loss of one node, 5 of two. May be changed while the cluster runs.
     */
    replicas?: number;
    /**
     * Image of the containers. Must hold the agent and the programs of agent-image/. Left out: the image that this version of the software builds. A change replaces the containers one after another.
     */
    image?: string;
    /**
     * What each node asks of Mesos. A node is launched only where one agent offers all of it. A change replaces the containers one after another.
     */
    resources?: {
      /**
       * Processor share of a node: a number of cores, or thousandths of a core with the suffix m. At least 0.01.
       */
      cpus?: number | string;
      /**
       * Memory of a node, with a unit: Ki, Mi, Gi, Ti (powers of 1024) or k, M, G, T (powers of 1000). Rounded up to whole MiB. At least 256Mi: etcd, JupyterLab and the agent need that much before the first kernel starts.
       */
      memory?: string;
      /**
       * Disk of a node, with a unit as for memory. Rounded up to whole MiB. At least 256Mi: etcd's write-ahead log alone takes 128Mi. Only what Mesos is asked for: Docker's local volumes have no bound, so a node can write more.
       */
      disk?: string;
      /**
       * How many processes and threads a node may have; what would start one more is refused. Keeps a fork bomb inside its node.
       */
      pids?: number;
    };
    /**
     * The container network. Node slot i has the fixed address firstAddress + i on it. Nothing here can be changed on a live cluster: the nodes' addresses hang on it.
     */
    network?: {
      /**
       * Name of the Docker network. It is made when it does not exist: with --mesos local here, with masters of your own on the host where a launch missed it. Left out: jupyter-cluster-<metadata.name>. Clusters may share one network if they give the same subnet and different addresses.
       */
      name?: string;
      /**
       * Docker network driver that makes the network: bridge on one host; calico, overlay or macvlan (with the option parent) across hosts.
       */
      driver?: string;
      /**
       * Docker address management driver: default, or the one that belongs to the network driver.
       */
      ipamDriver?: string;
      /**
       * IPv4 subnet of the network in CIDR notation. Must not overlap a network that the host already uses.
       */
      subnet?: string;
      /**
       * Address of slot 0; slot i has firstAddress + i. Left out: the tenth address after the subnet's base, 172.30.0.10 in 172.30.0.0/24. The subnet's first address is the gateway's.
       */
      firstAddress?: string;
      /**
       * Options for the network driver, as `docker network create --opt`.
       */
      options?: {
        [k: string]: string;
      };
    };
    /**
     * File systems that the nodes share.
     */
    storage?: {
      /**
       * The one directory that all nodes see and that JupyterLab serves.
       */
      shared?: {
        /**
         * volume: a Docker volume, made when it does not exist (one host). hostPath: a directory of the host, or a distributed file system that every agent has mounted at the same path. glusterfs, nfs: mounted within the nodes, which for this may have /dev/fuse (glusterfs) and the capability SYS_ADMIN. Cannot be changed on a live cluster.
         */
        type?: "volume" | "hostPath" | "glusterfs" | "nfs";
        /**
         * Where the nodes see it. A change replaces the containers one after another.
         */
        mountPath?: string;
        /**
         * With type volume: name of the Docker volume. Left out: <namespace>-<name>-shared. Cannot be changed on a live cluster.
         */
        volumeName?: string;
        /**
         * With type hostPath: the directory on every agent's host. Cannot be changed on a live cluster.
         */
        hostPath?: string;
        /**
         * With type hostPath: whether a file system must be mounted there on every agent's host. true: a host without it is told apart from an empty directory, nothing of Jupyter starts on it, and what is mounted there later, or again, shows in the running nodes (the host's own mount must be shared, as systemd makes it). Left out: false. A change replaces the containers one after another.
         */
        requireMount?: boolean;
        /**
         * With type glusterfs: names or IPv4 addresses of servers that know the volume, as the nodes reach them; the first that answers is asked where its bricks are. A change replaces the containers one after another.
         *
         * @minItems 1
         * @maxItems 16
         */
        servers?: string[];
        /**
         * With type glusterfs: name of the volume, which must be there and started. Cannot be changed on a live cluster.
         */
        volume?: string;
        /**
         * With type nfs: name or IPv4 address of the server, as the hosts reach it. Cannot be changed on a live cluster.
         */
        server?: string;
        /**
         * With type nfs: the exported directory. Cannot be changed on a live cluster.
         */
        path?: string;
        /**
         * With type glusterfs or nfs: mount options, each `name` or `name=value`, of those that docs/storage.md lists. A change replaces the containers one after another.
         *
         * @maxItems 32
         */
        options?: string[];
      };
    };
    /**
     * The etcd cluster that the nodes form, and with it the election of <name>-0.
     */
    etcd?: {
      /**
       * Whether etcd's members and clients prove themselves to one another with certificates of an authority that the cluster has for itself, and the agents are spoken to within TLS. Without it every local user of the hosts and every notebook can change names and keys, and so log in to every node. Cannot be changed on a live cluster.
       */
      tls?: boolean;
      /**
       * local: each slot keeps etcd's data in a Docker volume of its own, so that a killed node comes back as the same member. ephemeral: the data dies with the container, and the node joins anew. Cannot be changed on a live cluster.
       */
      dataVolume?: "local" | "ephemeral";
      /**
       * How often the leader shows that it lives. About the round trip time between nodes. Left out: 20 with network.driver bridge, which is one host, and 100 with any other. A change replaces the containers one after another.
       */
      heartbeatMilliseconds?: number;
      /**
       * Silence of the leader after which another is elected. At least 5, better 10 times heartbeatMilliseconds, and at least 10 times the round trip time. Left out: 10 times heartbeatMilliseconds. A change replaces the containers one after another.
       */
      electionMilliseconds?: number;
      /**
       * Largest size of etcd's database, with a unit as for memory; from 16Mi to 8Gi. When it is reached etcd takes no more writes; the controller compacts and defragments before and then. Rounded up to whole MiB. A change replaces the containers one after another.
       */
      quota?: string;
      /**
       * Copies of etcd's data outside the nodes, for the day on which every data volume is lost.
       */
      snapshots?: {
        /**
         * How often one is taken. What is written after the last one is lost when all data volumes are. 0: never.
         */
        intervalSeconds?: number;
        /**
         * How many are kept; older ones are removed.
         */
        keep?: number;
        /**
         * How much disk they may take together, with a unit as for memory; the oldest go first, and the newest is never removed.
         */
        maxSize?: string;
        /**
         * Directory on the controller's host; best one on another disk. Left out: snapshots/ in the controller's state directory.
         */
        directory?: string;
      };
      /**
       * What happens when a majority of the members has lost its data for good. While data may still come back, it is waited for.
       */
      recovery?: {
        /**
         * Automatic: the survivor with the newest data starts the cluster anew; without a survivor the newest snapshot is restored. Manual: the controller stops and says what is lost; jupyter-cluster snapshot restore or this field decide.
         */
        mode?: "Automatic" | "Manual";
        /**
         * How long the loss must be certain before anything is done about it.
         */
        graceSeconds?: number;
      };
      /**
       * learner: one node more than replicas is a hot spare. Its etcd has all data and no vote, it has no name and no kernels, and it never leads. When a voter is lost it votes in its place at once and takes its name, and the node that comes back is the spare. Needs 3 replicas or more, and 8 at most. none: a lost voter is missing until its own node is back. May be changed while the cluster runs.
       */
      standby?: "none" | "learner";
    };
    /**
     * JupyterLab, served by the leader <name>-0 and reached through the proxy.
     */
    jupyter?: {
      /**
       * JupyterLab's port in the containers (people use spec.proxy). Not 2379, 2380 (etcd) or 7700 (the node's agent). A change replaces the containers one after another.
       */
      port?: number;
      /**
       * token: a generated token is asked for; the command line shows it. none: whoever reaches the proxy may run code. A change replaces the containers one after another.
       */
      auth?: "token" | "none";
      /**
       * warm: every node has JupyterLab started, and a new leader serves at once. cold: only the leader runs it, which saves about 85 MiB a node and costs a second or more at a failover. A change replaces the containers one after another.
       */
      standby?: "warm" | "cold";
      /**
       * What nobody uses is ended.
       */
      idle?: {
        /**
         * How long a kernel must have been idle to be ended, whether or not a page is open on it. A kernel that runs a cell is never ended by this. 0: never. A change replaces the containers one after another.
         */
        kernelsAfterSeconds?: number;
        /**
         * How long a terminal must have been silent to be ended. 0: never. A change replaces the containers one after another.
         */
        terminalsAfterSeconds?: number;
      };
    };
    /**
     * Where the notebooks' kernels run, and what they may use.
     */
    kernels?: {
      /**
       * server: kernels are children of JupyterLab and end with it. leader, spread: kernels belong to the cluster and go on when JupyterLab ends or another node leads; leader starts them on the node that leads at the time, spread on the least loaded node that does not lead, if there is one. A change replaces the containers one after another.
       */
      placement?: "server" | "leader" | "spread";
      /**
       * Memory of one kernel and all that it starts, with a unit as for resources.memory; one that takes more is ended, and its notebook told why. Left out: what resources.memory leaves beside etcd, JupyterLab and the agent, for all kernels of a node together; then the largest is ended. Rounded up to whole MiB. Not with placement server. A change replaces the containers one after another.
       */
      memory?: string;
      /**
       * How many processes and threads one kernel and all that it starts may have; one that has more is ended, and its notebook told why. Not with placement server. A change replaces the containers one after another.
       */
      processes?: number;
      /**
       * How long an update, a drain, a rebalance or scaling in lets a node stay whose kernels are busy; then it goes on, and an event says which were lost. Counted from when the node was to go, across restarts of the controller. 0: does not wait. What mends a quorum or a node that does not work never waits. Not with placement server.
       */
      busyWaitSeconds?: number;
    };
    /**
     * Every node reaches every other by name with ssh, without a password or a prompt.
     */
    ssh?: {
      /**
       * The normal user of the nodes: logs in with ssh and runs JupyterLab. Not root nor a system account. A change replaces the containers one after another.
       */
      user?: string;
      /**
       * OpenSSH public keys of people who may log in to every node, a line each, as in ~/.ssh/id_ed25519.pub. A change replaces the containers one after another.
       *
       * @maxItems 64
       */
      authorizedKeys?: string[];
    };
    /**
     * The one address at which JupyterLab is reached, whichever node leads. May be changed while the cluster runs.
     */
    proxy?: {
      /**
       * Address on the controller's host to listen on. 127.0.0.1: this machine only. 0.0.0.0: all networks.
       */
      address?: string;
      /**
       * Port on the controller's host to listen on.
       */
      port?: number;
      /**
       * How long a request waits for a new leader, instead of failing, while none serves.
       */
      holdSeconds?: number;
      /**
       * Names under which the proxy may be asked, besides localhost and the address at which it is reached. Empty: any name, unless jupyter.auth is none: then a web page could point a name of its own at the proxy and run code.
       *
       * @maxItems 64
       */
      hostNames?: string[];
    };
    /**
     * On which Mesos agents nodes may run. Holds for launches from now on; running nodes stay where they are until somebody asks for `rebalance`.
     */
    placement?: {
      /**
       * All of these must hold for an agent: UNIQUE, CLUSTER, GROUP_BY, LIKE, UNLIKE and MAX_PER as in Marathon. An agent without the attribute satisfies only UNLIKE.
       *
       * @maxItems 32
       */
      constraints?: {
        /**
         * hostname, or the name of an agent attribute.
         */
        field: string;
        /**
         * UNIQUE: no two nodes with the same value. CLUSTER: all nodes with the same value, or with the one given. GROUP_BY: evenly among the values that have nodes, or among at least as many as the number given. LIKE, UNLIKE: the whole value matches, or does not match, a regular expression (RE2's syntax: no lookaround, no back-references). MAX_PER: at most this many nodes a value.
         */
        operator: "UNIQUE" | "CLUSTER" | "GROUP_BY" | "LIKE" | "UNLIKE" | "MAX_PER";
        /**
         * Needed by LIKE and UNLIKE (a regular expression) and MAX_PER (a number); optional for CLUSTER and GROUP_BY (a number); not for UNIQUE.
         */
        value?: string | number;
      }[];
      /**
       * hostname, or an agent attribute over whose values nodes are spread as evenly as the offers allow. A wish, not a condition. Left out: over hosts.
       */
      spread?: string;
    };
    /**
     * What to do about a node whose Mesos agent is cut off.
     */
    unreachable?: {
      /**
       * How long after Mesos called the node unreachable it is replaced on another agent. While the node itself answers, it stays.
       */
      replaceAfterSeconds?: number;
    };
    /**
     * Waiting time before a node that keeps failing is launched again.
     */
    backoff?: {
      /**
       * Wait after the second failure in a row; the first is answered at once.
       */
      initialSeconds?: number;
      /**
       * By how much the wait grows with each further failure.
       */
      factor?: number;
      /**
       * The longest wait.
       */
      maxSeconds?: number;
    };
    /**
     * How running containers take up a change that needs new containers.
     */
    updateStrategy?: {
      /**
       * RollingUpdate: one node after another, the leader last. OnDelete: a container takes up the change when it is next launched, for example after it was killed.
       */
      type?: "RollingUpdate" | "OnDelete";
    };
    /**
     * What removing this document does. Retain: the cluster runs on. Delete: its containers are removed.
     */
    deletionPolicy?: "Retain" | "Delete";
    /**
     * true: the containers are stopped and the data is kept. false again: they are started on the data they left.
     */
    suspend?: boolean;
  };
}

/**
 * The same document with every default of the schema filled in.
 */
export interface DefaultedManifest {
  apiVersion: "jupytercluster.dev/v1alpha1";
  kind: "JupyterCluster";
  metadata: {
    name: string;
    namespace: string;
    labels: {
      [k: string]: string;
    };
    annotations: {
      [k: string]: string;
    };
  };
  spec: {
    replicas: number;
    image?: string;
    resources: {
      cpus: number | string;
      memory: string;
      disk: string;
      pids: number;
    };
    network: {
      name?: string;
      driver: string;
      ipamDriver: string;
      subnet: string;
      firstAddress?: string;
      options: {
        [k: string]: string;
      };
    };
    storage: {
      shared: {
        type: "volume" | "hostPath" | "glusterfs" | "nfs";
        mountPath: string;
        volumeName?: string;
        hostPath?: string;
        requireMount?: boolean;
        /**
         * @minItems 1
         * @maxItems 16
         */
        servers?: string[];
        volume?: string;
        server?: string;
        path?: string;
        /**
         * @maxItems 32
         */
        options?: string[];
      };
    };
    etcd: {
      tls: boolean;
      dataVolume: "local" | "ephemeral";
      heartbeatMilliseconds?: number;
      electionMilliseconds?: number;
      quota: string;
      snapshots: {
        intervalSeconds: number;
        keep: number;
        maxSize: string;
        directory?: string;
      };
      recovery: {
        mode: "Automatic" | "Manual";
        graceSeconds: number;
      };
      standby: "none" | "learner";
    };
    jupyter: {
      port: number;
      auth: "token" | "none";
      standby: "warm" | "cold";
      idle: {
        kernelsAfterSeconds: number;
        terminalsAfterSeconds: number;
      };
    };
    kernels: {
      placement: "server" | "leader" | "spread";
      memory?: string;
      processes: number;
      busyWaitSeconds: number;
    };
    ssh: {
      user: string;
      /**
       * @maxItems 64
       */
      authorizedKeys: string[];
    };
    proxy: {
      address: string;
      port: number;
      holdSeconds: number;
      /**
       * @maxItems 64
       */
      hostNames: string[];
    };
    placement: {
      /**
       * @maxItems 32
       */
      constraints: {
        /**
         * hostname, or the name of an agent attribute.
         */
        field: string;
        /**
         * UNIQUE: no two nodes with the same value. CLUSTER: all nodes with the same value, or with the one given. GROUP_BY: evenly among the values that have nodes, or among at least as many as the number given. LIKE, UNLIKE: the whole value matches, or does not match, a regular expression (RE2's syntax: no lookaround, no back-references). MAX_PER: at most this many nodes a value.
         */
        operator: "UNIQUE" | "CLUSTER" | "GROUP_BY" | "LIKE" | "UNLIKE" | "MAX_PER";
        /**
         * Needed by LIKE and UNLIKE (a regular expression) and MAX_PER (a number); optional for CLUSTER and GROUP_BY (a number); not for UNIQUE.
         */
        value?: string | number;
      }[];
      spread?: string;
    };
    unreachable: {
      replaceAfterSeconds: number;
    };
    backoff: {
      initialSeconds: number;
      factor: number;
      maxSeconds: number;
    };
    updateStrategy: {
      type: "RollingUpdate" | "OnDelete";
    };
    deletionPolicy: "Retain" | "Delete";
    suspend: boolean;
  };
}
