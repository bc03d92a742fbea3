/** Lets one piece of work in at a time; the others wait in the order in which they came. */
export class Turn {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    // The next one starts whatever became of this one; its caller is told.
    this.last = mine.catch(() => undefined);
    return mine;
  }
}
