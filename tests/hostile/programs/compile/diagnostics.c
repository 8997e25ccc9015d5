/* Megabytes of complaints out of some lines. */
#define W1 x(); x(); x(); x(); x(); x(); x(); x(); x(); x();
#define W2 W1 W1 W1 W1 W1 W1 W1 W1 W1 W1
#define W3 W2 W2 W2 W2 W2 W2 W2 W2 W2 W2
#define W4 { int x; W3 } { int x; W3 } { int x; W3 } { int x; W3 } { int x; W3 }
int main(void) { W4 W4 W4 W4 }
