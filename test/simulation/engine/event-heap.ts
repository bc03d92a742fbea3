/** The events to come, in a binary heap ordered by time and, within a millisecond, by insertion. */
export interface TimedEvent {
  readonly at: number;
  readonly sequence: number;
  /** Null once it was cancelled; it stays in the heap until its time comes. */
  callback: (() => void) | null;
}

export class EventHeap {
  private readonly events: TimedEvent[] = [];

  get size(): number {
    return this.events.length;
  }

  peek(): TimedEvent | undefined {
    return this.events[0];
  }

  push(event: TimedEvent): void {
    const { events } = this;
    let hole = events.push(event) - 1;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = events[parent] as TimedEvent;
      if (isBefore(above, event)) break;
      events[hole] = above;
      hole = parent;
    }
    events[hole] = event;
  }

  pop(): TimedEvent | undefined {
    const { events } = this;
    const first = events[0];
    const last = events.pop();
    if (first === undefined || last === undefined || events.length === 0) return first;
    this.sink(last);
    return first;
  }

  /** Puts an event where the root was, and lets it find its place. */
  private sink(event: TimedEvent): void {
    const { events } = this;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= events.length) break;
      const right = events[child + 1];
      if (right !== undefined && isBefore(right, events[child] as TimedEvent)) child += 1;
      const below = events[child] as TimedEvent;
      if (isBefore(event, below)) break;
      events[hole] = below;
      hole = child;
    }
    events[hole] = event;
  }
}

function isBefore(a: TimedEvent, b: TimedEvent): boolean {
  return a.at === b.at ? a.sequence < b.sequence : a.at < b.at;
}
