type Listener = (payload: never) => void;

/** As much of pusher-js as a view of the viewer client uses; the test plays the server. */
export class FakePusher {
  readonly joined = new Map<string, FakeChannel>();
  private follow: Listener = () => undefined;
  readonly connection = {
    state: 'connected',
    bind: (_: string, listener: Listener) => (this.follow = listener),
    unbind: () => (this.follow = () => undefined),
  };
  subscribe = (name: string) => this.joined.set(name, new FakeChannel()).get(name)!;
  unsubscribe = (name: string) => this.joined.delete(name);
  channel = (name: string) => this.joined.get(name);
  become = (current: string) => this.follow({ current } as never);
}

/** A channel of it. */
export class FakeChannel {
  readonly members = { members: { viewer: null } };
  private readonly listeners: ((event: string, payload: never) => void)[] = [];
  bind(event: string, listener: Listener) {
    this.listeners.push((name, payload) => name === event && listener(payload));
  }
  bind_global = (listener: (event: string, payload: never) => void) => this.listeners.push(listener);
  unbind = () => this.listeners.splice(0);
  emit(event: string, payload: object = {}) {
    for (const listener of this.listeners) listener(event, payload as never);
  }
}
