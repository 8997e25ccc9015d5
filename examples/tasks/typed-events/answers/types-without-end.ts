type Grow<T extends unknown[]> = T['length'] extends 99999999 ? T : Grow<[...T, ...T, 0]>;
export const size: Grow<[0]>['length'] = 'never';
