/**
 * The one door through which a controller process acts on the world. It counts what goes out, so
 * that the process can be made to die before, or just after, any single effect of a run.
 */
export interface EffectEvent {
  readonly number: number;
  readonly name: string;
}

export class Effects {
  private count = 0;
  private dead = false;

  /** @param onEffect before each; it may end the process */
  constructor(private readonly onEffect: (event: EffectEvent) => void) {}

  get total(): number {
    return this.count;
  }

  end(): void {
    this.dead = true;
  }

  /** What a dead process began is never done, and nobody hears of its end. */
  async carryOut<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.dead) return never();
    this.count += 1;
    this.onEffect({ number: this.count, name });
    if (this.dead) return never();
    const result = await work();
    return this.dead ? never() : result;
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
