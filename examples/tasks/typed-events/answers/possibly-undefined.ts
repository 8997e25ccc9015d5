// An event bus whose events and payloads are known to the compiler.
type Listener<Payload> = (payload: Payload) => void;

export class Bus<Events extends object> {
  private readonly listeners: { [Name in keyof Events]?: Set<Listener<Events[Name]>> } = {};

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const known = (this.listeners[name] ??= new Set<Listener<Events[Name]>>());
    known.add(listener);
    return () => {
      known.delete(listener);
    };
  }

  emit<Name extends keyof Events>(name: Name, payload: Events[Name]): number {
    const known = this.listeners[name];
    known.forEach((listener) => listener(payload));
    return known?.size ?? 0;
  }
}

interface Shop {
  sold: { sku: string; cents: bigint };
  closed: undefined;
}

const bus = new Bus<Shop>();
const off = bus.on('sold', ({ sku, cents }) => sku.length > 0 && cents > 0n);
bus.emit('sold', { sku: 'a-1', cents: 5n });
bus.emit('closed', undefined);
// @ts-expect-error no such event
bus.emit('opened', undefined);
// @ts-expect-error cents is a bigint
bus.emit('sold', { sku: 'a-1', cents: 5 });
off();
