/* a^b mod m for 64-bit numbers. */
#include <inttypes.h>
#include <stdio.h>

static uint64_t power(uint64_t base, uint64_t exponent, uint64_t modulus)
{
    uint64_t result = 1 % modulus;
    base %= modulus;
    while (exponent-- > 0) {
            result = (uint64_t)((unsigned __int128)result * base % modulus);
    }
    return result;
}

int main(void)
{
    uint64_t a, b, m;
    while (scanf("%" SCNu64 " %" SCNu64 " %" SCNu64, &a, &b, &m) == 3)
        printf("%" PRIu64 "\n", power(a, b, m));
    return 0;
}
