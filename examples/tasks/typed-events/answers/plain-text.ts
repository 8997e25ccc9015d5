An event bus maps names to sets of listeners, and emit calls each of them.
