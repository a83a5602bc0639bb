// A child of bootstrap in lumo's place, linked statically against glibc: what the first Lumo was. To every event it looks a
// name up in several threads, one after another as a pool would have it, and answers with the address.
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 4

enum { INVOKE = 0x01, READY = 0x81, RESULT = 0x82, FAULT = 0x83 };

static void transfer(ssize_t (*call)(int, void *, size_t), int fd, void *bytes, size_t length) {
  for (char *at = bytes; length > 0;) {
    ssize_t n = call(fd, at, length);
    if (n <= 0) exit(n < 0);
    at += n;
    length -= (size_t)n;
  }
}

static ssize_t writing(int fd, void *bytes, size_t length) { return write(fd, bytes, length); }

static void report(unsigned char type, uint32_t request, const char *payload, size_t length) {
  unsigned char header[12] = {'L', 'M', 1, type};
  uint32_t number = htonl(request), size = htonl((uint32_t)length);
  memcpy(header + 4, &number, 4);
  memcpy(header + 8, &size, 4);
  transfer(writing, 1, header, sizeof header);
  transfer(writing, 1, (void *)payload, length);
}

struct lookup {
  const char *name;
  int error;
  char address[INET_ADDRSTRLEN];
};

static void *look_up(void *argument) {
  struct lookup *l = argument;
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found = NULL;
  l->error = getaddrinfo(l->name, "443", &hints, &found);
  if (l->error == 0) {
    struct sockaddr_in *in = (struct sockaddr_in *)found->ai_addr;
    inet_ntop(AF_INET, &in->sin_addr, l->address, sizeof l->address);
    freeaddrinfo(found);
  }
  return NULL;
}

static void answer(uint32_t request, const char *name) {
  struct lookup l = {.name = name};
  for (int i = 0; i < THREADS; i++) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, look_up, &l) != 0) exit(1);
    pthread_join(thread, NULL);
  }
  char payload[512];
  int length;
  if (l.error == 0) {
    length = snprintf(payload, sizeof payload, "\"%s\"", l.address);
    report(RESULT, request, payload, (size_t)length);
    return;
  }
  static const char type[] = "\0\5Error"; // its length goes first
  memcpy(payload, type, 7);
  length = 7 + snprintf(payload + 7, sizeof payload - 7,
                        "{\"errorType\":\"Error\",\"errorMessage\":\"%s: %s\",\"stackTrace\":[]}", name, gai_strerror(l.error));
  report(FAULT, request, payload, (size_t)length);
}

int main(void) {
  const char *name = getenv("LOOK_UP");
  char ready[128];
  int length = snprintf(ready, sizeof ready,
                        "{\"pid\":%d,\"lumo\":\"glibc\",\"clojurescript\":\"\",\"node\":\"\",\"handler\":\"\"}", getpid());
  if (name == NULL) return 1;
  report(READY, 0, ready, (size_t)length);
  for (;;) {
    unsigned char header[12];
    transfer(read, 0, header, sizeof header);
    uint32_t number, size;
    memcpy(&number, header + 4, 4);
    memcpy(&size, header + 8, 4);
    for (size = ntohl(size); size > 0;) { // which event it is makes no difference
      char skipped[4096];
      size_t part = size < sizeof skipped ? size : sizeof skipped;
      transfer(read, 0, skipped, part);
      size -= (uint32_t)part;
    }
    if (header[3] != INVOKE) return 0;
    answer(ntohl(number), name);
  }
}
