#include <math.h>
#include <stdio.h>

int main(void)
{
    double a, b, m;
    while (scanf("%lf %lf %lf", &a, &b, &m) == 3)
        printf("%.0f\n", fmod(pow(a, b), m));
    return 0;
}
