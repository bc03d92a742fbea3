/**
 * One of several controllers of a site, with all that production has of roles, store and fence: it
 * stands by and campaigns, acts while it holds a term, and stands by again.
 */
import { ControllerCore } from "../../../controller/core.ts";
import type { CorePorts } from "../../../controller/core-ports.ts";
import type { ControllerLoop } from "../../../controller/loop/controller-loop.ts";
import { PublishedStore } from "../../../controller/loop/published.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { ClusterKey } from "../../../controller/model/ids.ts";
import type { LeaderCandidate } from "../../../controller/model/leader.ts";
import type { ClusterMemory } from "../../../controller/model/memory.ts";
import type { ObservedProxy } from "../../../controller/model/observed.ts";
import type { SpecSnapshot } from "../../../controller/model/spec-snapshot.ts";
import type { Acting } from "../../../controller/roles/acting.ts";
import { fenced } from "../../../controller/roles/fence.ts";
import { RoleKeeper } from "../../../controller/roles/role-keeper.ts";
import { Serving } from "../../../controller/roles/serving.ts";
import { SiteSight } from "../../../controller/roles/site-sight.ts";
import { StandingBy } from "../../../controller/roles/standing-by.ts";
import { TermHerald } from "../../../controller/roles/term-herald.ts";
import { termPublisher } from "../../../controller/roles/term-publisher.ts";
import { EtcdBackend } from "../../../controller/store/etcd/etcd-backend.ts";
import type { Term } from "../../../controller/store/state-backend.ts";
import { ProcessClock } from "../engine/process-clock.ts";
import { type SiteStore, STORE_PREFIX } from "../store/site-store.ts";
import { StoreClient } from "../store/store-client.ts";
import { Endpoint } from "../wire/endpoint.ts";
import { connectAgents } from "./agent-connections.ts";
import { IMAGE } from "./controller.ts";
import { Effects } from "./effects.ts";
import { watchedEffects } from "./effect-watch.ts";
import { corePorts, interposed, type ProcessOptions } from "./ports.ts";
import type { ControllerProcess } from "./process.ts";
import { simulatedProxy } from "./proxies.ts";

export const LEASE_SECONDS = 10;

export interface SiteControllerOptions extends ProcessOptions {
  readonly store: SiteStore;
  /** Something leaves it that may change the world; told while it leaves. */
  readonly onLeaving: (what: string) => void;
}

export class SiteController implements ControllerProcess {
  readonly clock: ProcessClock;
  readonly published = new PublishedStore({ lastResourceVersion: 0 });
  readonly effects: Effects;
  news = 0;
  private readonly endpoint: Endpoint;
  private readonly serving: Serving;
  private readonly standingBy: StandingBy;
  private readonly backend: EtcdBackend;
  private readonly sight: SiteSight;
  private readonly keeper: RoleKeeper;
  private current: { readonly core: ControllerCore; readonly term: Term } | null = null;
  private specs: SpecSnapshot | null = null;
  private ended = false;

  constructor(private readonly options: SiteControllerOptions) {
    const { name, network, log, rng, resolve } = options;
    this.clock = new ProcessClock(options.clock);
    this.effects = new Effects(options.onEffect);
    this.endpoint = new Endpoint(name, network, this.clock);
    const { clock, endpoint, effects, published } = this;
    const agents = { endpoint, clock, rng: rng.fork("serving"), owner: `${name}/serving`, resolve };
    this.serving = new Serving({
      ...{ clock, log },
      connectAgent: connectAgents(agents),
      newProxy: simulatedProxy,
      interposed: interposed({ options, effects, onNews: () => this.onNews() }),
    });
    this.standingBy = new StandingBy({ serving: this.serving, published, clock, log });
    this.backend = this.newBackend();
    this.sight = new SiteSight(this.backend, (view) => {
      this.onNews();
      this.standingBy.see(view);
    });
    this.keeper = new RoleKeeper({
      backend: this.backend,
      me: () => this.sight.me,
      standsBy: true,
      standingBy: this.standingBy,
      beginActing: (term) => this.beginActing(term),
      ...{ clock, log },
      onRole: () => {
        this.onNews();
        this.sight.look(this.keeper.acting === null);
      },
    });
  }

  start(snapshot: SpecSnapshot): void {
    this.specs = snapshot;
    this.sight.look(true);
    const { ended } = this.keeper.run();
    const over = (reason: string) => this.options.onFatal(reason);
    ended.then(
      (error) => over(error?.message ?? "it was told to stop"),
      (error: unknown) => over(messageOf(error)),
    );
  }

  get name(): string {
    return this.options.name;
  }

  get place(): string {
    return this.options.place;
  }

  /** Of this process, in the store. */
  get id(): string {
    return this.sight.me.id;
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  get acts(): boolean {
    return this.isRunning && this.current?.term.isHeld() === true;
  }

  get core(): ControllerCore {
    if (this.current === null) throw new Error(`${this.name} does not act`);
    return this.current.core;
  }

  get loop(): ControllerLoop {
    return this.core.loop;
  }

  memories(): ReadonlyMap<ClusterKey, ClusterMemory> {
    return this.current?.core.memories() ?? this.standingBy.memories();
  }

  nodesOf(memory: ClusterMemory): readonly LeaderCandidate[] {
    return this.serving.candidates(memory);
  }

  proxyTarget(key: ClusterKey): ObservedProxy["target"] {
    return this.serving.proxies.observe(key)?.target ?? null;
  }

  stored(key: ClusterKey): ClusterMemory | undefined {
    return this.options.store.memories().get(key);
  }

  read(snapshot: SpecSnapshot): void {
    this.specs = snapshot;
    this.current?.core.loop.read(snapshot);
  }

  crash(): void {
    if (this.ended) return;
    this.ended = true;
    this.effects.end();
    this.clock.end();
    this.endpoint.shut();
  }

  private newBackend(): EtcdBackend {
    const { name, log, mutation, clock: world } = this.options;
    const { endpoint, clock } = this;
    const mutate = mutation.transaction;
    return new EtcdBackend({
      description: "the site's etcd",
      prefix: STORE_PREFIX,
      servers: [new StoreClient({ endpoint, clock, owner: name, mutate })],
      ttlSeconds: LEASE_SECONDS,
      masters: "simulated",
      waits: true,
      clock,
      // It goes on while the process is stopped, and is never set.
      monotonicMs: () => world.now(),
      log,
    });
  }

  /** As controller/roles/acting.ts, without sockets, Docker and an embedded Mesos. */
  private async beginActing(term: Term): Promise<Acting> {
    const { options, clock, serving } = this;
    const { log, mutation } = options;
    const ports = fenced(this.portsOf(term), mutation.term(term));
    const core = new ControllerCore(ports, IMAGE, serving);
    this.current = { core, term };
    if (this.specs !== null) core.loop.read(this.specs);
    core.start();
    const herald = new TermHerald({ serving, connectAgent: ports.connectAgent, clock, log });
    herald.start();
    return {
      core,
      mesosLocalTcp: null,
      fatal: core.scheduler.fatal,
      stop: async () => {
        herald.stop();
        await core.stop();
        if (this.current?.core === core) this.current = null;
      },
    };
  }

  private portsOf(term: Term): CorePorts {
    const { options, clock, endpoint, effects, published } = this;
    const ports = corePorts({
      owner: `${this.name}/${term.number}`,
      ...{ options, clock, endpoint, effects },
      publisher: termPublisher(published, term),
      state: term.state,
      onNews: () => this.onNews(),
    });
    return watchedEffects(ports, (what) => options.onLeaving(what));
  }

  private onNews(): void {
    this.news += 1;
  }
}
