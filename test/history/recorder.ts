import { createWriteStream, readFileSync, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { PushedEvent } from '../pusher-sink.js';
import type { AnswerEntry, Entry, MessageEntry, RequestEntry, StoredEntry } from './entries.js';

type Without<Kind extends Entry> = Omit<Kind, 'kind' | 'at' | 'id'>;

/** Writes down, as JSON lines, what clients, Pusher and other services see and what is stored. */
export class Recorder {
  private readonly file: WriteStream;
  private requests = 0;
  private closed?: Promise<void>;

  constructor(readonly path: string) {
    this.file = createWriteStream(path);
  }

  /** A request begins. Returns how to note its answer. */
  request(request: Without<RequestEntry>): (answer: Without<AnswerEntry>) => void {
    const id = ++this.requests;
    this.add({ kind: 'request', at: Date.now(), id, ...request });
    return (answer) => this.add({ kind: 'answer', at: Date.now(), id, ...answer });
  }

  push(event: PushedEvent): void {
    this.add({ kind: 'push', at: Date.now(), ...event });
  }

  message(event: MessageEntry['event']): void {
    this.add({ kind: 'message', at: Date.now(), event });
  }

  stored(change: Omit<StoredEntry, 'kind' | 'at'>): void {
    this.add({ kind: 'stored', at: Date.now(), ...change });
  }

  /** Resolves once all of it is in the file; what comes later is left out. */
  close(): Promise<void> {
    if (!this.closed) this.file.end();
    return (this.closed ??= finished(this.file));
  }

  private add(entry: Entry): void {
    if (!this.closed) this.file.write(`${JSON.stringify(entry)}\n`);
  }
}

/** Reads what a recorder wrote. */
export function readEntries(path: string): Entry[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
}
