/* Objects that outlive processes: System V and POSIX memory, semaphores, queues. Run a second
 * time it finds them. */
#include "attack.h"
#include <mqueue.h>
#include <semaphore.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
int main(void) {
    enum { KEY = 0x70537331 };
    door("shared memory", shmget(KEY, 0, 0));
    door("semaphores", semget(KEY, 0, 0));
    door("queue", msgget(KEY, 0));
    door("POSIX queue", mq_open("/left-behind", O_RDONLY));
    door("POSIX memory", shm_open("/left-behind", O_RDONLY, 0));
    door("POSIX semaphore", sem_open("/left-behind", 0) == SEM_FAILED ? -1 : 0);
    shmget(KEY, 4096, 01666), semget(KEY, 1, 01666), msgget(KEY, 01666);
    mq_open("/left-behind", O_CREAT | O_RDWR, 0666, 0), sem_open("/left-behind", O_CREAT, 0666, 1);
    close(shm_open("/left-behind", O_CREAT | O_RDWR, 0666));
    return done();
}
