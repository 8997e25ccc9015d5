const spin = (): Promise<void> => Promise.resolve().then(spin);
void spin();
