// Memory outside of the engine's own heap limit.
const kept = [];
for (;;) kept.push(Buffer.alloc(8 << 20, 1));
