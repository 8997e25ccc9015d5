#include "primes_fast.h"
int main(void) { return print_primes(); }
