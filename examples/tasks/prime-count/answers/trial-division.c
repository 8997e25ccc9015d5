#include <stdio.h>

int main(void)
{
    long limit, count = 0;
    scanf("%ld", &limit);
    for (long n = 2; n <= limit; n++) {
        int prime = 1;
        for (long d = 2; d < n; d++)
            if (n % d == 0)
                prime = 0;
        count += prime;
    }
    printf("%ld\n", count);
}
