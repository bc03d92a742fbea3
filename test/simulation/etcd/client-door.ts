/**
 * The port of etcd's clients. While it is stuck the member takes part as ever: what clients send waits in
 * their connections, what they are to be told as well, and nobody is refused.
 */
export class ClientDoor {
  private stuck = false;
  private waiting: (() => void)[] = [];

  /** Carries it out, or keeps it until the door moves again. */
  pass(step: () => void): void {
    if (this.stuck) this.waiting.push(step);
    else step();
  }

  /** @param stuck false: what has waited is carried out, in its order */
  stick(stuck: boolean): void {
    this.stuck = stuck;
    if (stuck) return;
    const { waiting } = this;
    this.waiting = [];
    for (const step of waiting) step();
  }
}
