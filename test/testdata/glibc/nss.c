// A service for glibc's name look-ups (hosts: in nsswitch.conf), like those that systems have installed: a shared library
// that the C library loads when a name is first looked up. It knows no name, and does nothing that such a service may not do.
//
// In a statically linked program it brings a second C library with it. That one is set up for the thread that loaded it and
// for no other, so what it keeps for each thread, such as the table behind isspace, is missing in the next.
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <nss.h>

static enum nss_status unknown(const char *name, int *error, int *host_error) {
  while (*name && !isspace((unsigned char)*name)) name++;
  *error = ENOENT;
  *host_error = HOST_NOT_FOUND;
  return NSS_STATUS_NOTFOUND;
}

enum nss_status _nss_lumotest_gethostbyname2_r(const char *name, int family, struct hostent *result, char *buffer, size_t size,
                                               int *error, int *host_error) {
  (void)family, (void)result, (void)buffer, (void)size;
  return unknown(name, error, host_error);
}

enum nss_status _nss_lumotest_gethostbyname4_r(const char *name, void **result, char *buffer, size_t size, int *error,
                                               int *host_error, int *ttl) {
  (void)result, (void)buffer, (void)size, (void)ttl;
  return unknown(name, error, host_error);
}
