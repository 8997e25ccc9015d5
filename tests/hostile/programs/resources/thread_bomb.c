/* Threads are tasks, too: makes them until refused, then keeps trying. */
#include <pthread.h>
#include <unistd.h>
static void *rest(void *nothing) {
    pause();
    return nothing;
}
int main(void) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 16384);
    for (pthread_t made;;) pthread_create(&made, &small, rest, 0);
}
