/** Answers for pods what a test says they would answer. */
import type { ModelProbe } from '../../operator/ports.js';

export class FakeProbe<Report> implements ModelProbe<Report> {
  readonly asked: string[] = [];
  readonly #reports = new Map<string, Report>();

  /** Undefined: the pod does not answer. */
  set(podIp: string, report: Report | undefined): void {
    if (report === undefined) this.#reports.delete(podIp);
    else this.#reports.set(podIp, report);
  }

  async statusz(podIp: string): Promise<Report | undefined> {
    this.asked.push(podIp);
    return this.#reports.get(podIp);
  }
}
