char heap[] = {[3000000000] = 1};
int main(void) { return heap[0]; }
