import type { AnswerEntry, Entry, MessageEntry, PushEntry, RequestEntry } from './entries.js';

/** A try of a request, with what came of it. */
export interface Call extends Omit<RequestEntry, 'kind'> {
  /** The places of its entries in the history: what ended before another thing began has a lower one. */
  from: number;
  /** Infinity if no answer came: its work may be done at any time. */
  to: number;
  status: AnswerEntry['status'] | undefined;
  answer: Record<string, unknown>;
}

/** A document as it was after a change; `order` counts the changes of the database, those of a transaction as one. */
export interface State {
  at: number;
  order: number;
  /** Undefined once it is deleted. */
  document: Document | undefined;
}

export type Document = Record<string, unknown>;

/** A recorded history, arranged so that rules can ask it. */
export class History {
  readonly calls: Call[] = [];
  readonly pushes: PushEntry[] = [];
  readonly messages: MessageEntry[] = [];
  private readonly collections = new Map<string, Map<string, State[]>>();

  constructor(readonly entries: readonly Entry[]) {
    const byId = new Map<number, Call>();
    let order = 0;
    let transaction: string | undefined;
    for (const [place, entry] of entries.entries())
      if (entry.kind === 'request') {
        const { kind: _, ...request } = entry;
        const call: Call = { ...request, from: place, to: Infinity, status: undefined, answer: {} };
        byId.set(entry.id, call);
        this.calls.push(call);
      } else if (entry.kind === 'answer') {
        const { status, body = {} } = entry;
        const isAnswered = typeof status === 'number';
        Object.assign(byId.get(entry.id)!, { to: isAnswered ? place : Infinity, status, answer: body });
      } else if (entry.kind === 'push') this.pushes.push(entry);
      else if (entry.kind === 'message') this.messages.push(entry);
      else {
        const states = this.statesOf(entry.collection, entry.id);
        const before = states.at(-1)?.document;
        const document = entry.deleted
          ? undefined
          : (entry.document ?? changed(before ?? {}, entry.set ?? {}, entry.unset ?? []));
        if (entry.transaction === undefined || entry.transaction !== transaction) order += 1;
        transaction = entry.transaction;
        states.push({ at: entry.at, order, document });
      }
  }

  /** Calls of an operation, by a pattern of `METHOD /path`. */
  callsOf(operation: RegExp): Call[] {
    return this.calls.filter(({ method, path }) => operation.test(`${method} ${path}`));
  }

  /** Every state of a document, oldest first. */
  statesOf(collection: string, id: string): State[] {
    const documents = this.collections.get(collection) ?? new Map<string, State[]>();
    this.collections.set(collection, documents);
    const states = documents.get(id) ?? [];
    documents.set(id, states);
    return states;
  }

  /** A document as it is in the end. */
  last(collection: string, id: string): Document | undefined {
    return this.collections.get(collection)?.get(id)?.at(-1)?.document;
  }

  /** The documents of a collection that changed, each with its states. */
  documents(collection: string): { id: string; states: State[]; last: Document | undefined }[] {
    return [...(this.collections.get(collection) ?? [])]
      .filter(([, states]) => states.length > 0)
      .map(([id, states]) => ({ id, states, last: states.at(-1)?.document }));
  }
}

/** A document after a change, by paths such as `show_goal_pairs.0.show_goal`; `x.length` says how long an array is now. */
function changed(before: Document, set: Record<string, unknown>, unset: string[]): Document {
  const after = { ...before };
  const parentOf = (path: string[]): Record<string, unknown> => {
    let parent: Record<string, unknown> = after;
    for (const name of path) {
      const child = parent[name];
      // Copied, so that earlier states stay as they were.
      parent[name] = Array.isArray(child) ? [...(child as unknown[])] : { ...(child as object) };
      parent = parent[name] as Record<string, unknown>;
    }
    return parent;
  };
  for (const [path, value] of Object.entries(set))
    parentOf(path.split('.').slice(0, -1))[path.split('.').at(-1)!] = value;
  for (const path of unset) delete parentOf(path.split('.').slice(0, -1))[path.split('.').at(-1)!];
  return after;
}
