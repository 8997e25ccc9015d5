/* Count primes up to n with a sieve over odd numbers. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    long limit;
    if (scanf("%ld", &limit) != 1)
        return 2;
    if (limit < 1) {
        puts("0");
        return 0;
    }
    long size = (limit - 1) / 2;            /* index i stands for 2 * i + 3 */
    unsigned char *composite = calloc((size_t)size + 1, 1);
    if (composite == NULL)
        return 3;
    long count = 2;                         /* the number 2 */
    for (long i = 0; i < size; i++) {
        if (composite[i])
            continue;
        count++;
        long prime = 2 * i + 3;
        for (long long k = ((long long)prime * prime - 3) / 2; k < size; k += prime)
            composite[k] = 1;
    }
    printf("%ld\n", count);
    free(composite);
    return 0;
}
