// Types that count for ever.
type Grow<T extends unknown[], N extends unknown[] = []> = N["length"] extends 998 ? N : Grow<T, [...N, T]>;
type Pairs<A extends unknown[]> = { [K in keyof A]: { [L in keyof A]: [A[K], A[L], Grow<[K, L]>] } };
const all: Pairs<Pairs<Grow<[1]>>> = [] as never;
type Words = "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j";
const word: `${Words}${Words}${Words}${Words}${Words}` = "aaaaa";
console.log(all, word);
