/** Remembers the Events that were recorded. */
import type { EventRecorder, KubeObject } from '../../operator/ports.js';

export interface RecordedEvent {
  readonly about: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export class FakeRecorder implements EventRecorder {
  readonly events: RecordedEvent[] = [];

  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { namespace, name } = about.metadata;
    this.events.push({ about: `${about.kind} ${namespace ?? ''}/${name}`, type, reason, message });
  }

  get reasons(): string[] {
    return this.events.map((event) => event.reason);
  }
}
