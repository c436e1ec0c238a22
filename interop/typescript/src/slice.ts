// Slices of time: what takes long is done in several tasks, so that a page that runs it stays responsive.

/** How long a task may take, in milliseconds. */
const SLICE = 10;

/** A slice of time, after which other tasks have their turn. */
export class Slice {
  private started = performance.now();

  start(): void {
    this.started = performance.now();
  }

  isOver(): boolean {
    return performance.now() - this.started >= SLICE;
  }

  /** Waits for the next slice. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel(); // timers of browsers wait for 4 ms
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(0);
    });
    this.start();
  }
}
