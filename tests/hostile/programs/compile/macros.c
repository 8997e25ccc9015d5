/* Ten words that become ten thousand million. */
#define A a, a, a, a, a, a, a, a, a, a,
#define B A A A A A A A A A A
#define C B B B B B B B B B B
#define D C C C C C C C C C C
#define E D D D D D D D D D D
#define F E E E E E E E E E E
#define G F F F F F F F F F F
#define H G G G G G G G G G G
int a, all[] = {H H H H H H H H H H 0};
int main(void) { return 0; }
