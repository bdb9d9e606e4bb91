// endpoint: both ends of the packets that tests send. A client learns from the answer where its packet ended.
//
//   endpoint serve NAME [uid UID] [transparent | original] PORT...
//     answers "NAME PORT" to every TCP connection and UDP datagram on these ports, IPv4 and IPv6; PORT is the one listened on.
//     uid: the user it becomes once it listens. transparent: takes what TPROXY brings. original: PORT is where a TCP client wanted to go before
//     a REDIRECT of this network namespace.
//
//   endpoint send
//     reads one packet a line, sends all of them at once and prints one line each, in order: the answer, or refused, timeout, unreachable, silent
//     (accepted, but nothing came), error and why. A line has these words, - for what does not matter:
//     tcp|udp UID GID SOURCE SOURCE-PORT DESTINATION DESTINATION-PORT MARK MILLISECONDS
//     The source may be any address. Sockets belong to UID and GID as netfilter sees them.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/in6.h>
#include <linux/netfilter_ipv4.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 128

static void fail(const char *what) { fprintf(stderr, "endpoint: %s: %s\n", what, strerror(errno)); exit(1); }
static void set(int fd, int level, int option, int value) { if (setsockopt(fd, level, option, &value, sizeof value) < 0) fail("setsockopt"); }

// An address with a port, as the socket calls want it.
static socklen_t address_of(const char *text, int port, struct sockaddr_storage *address) {
  struct sockaddr_in *v4 = (void *)address;
  struct sockaddr_in6 *v6 = (void *)address;
  memset(address, 0, sizeof *address);
  if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) { v4->sin_family = AF_INET; v4->sin_port = htons(port); return sizeof *v4; }
  if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) { v6->sin6_family = AF_INET6; v6->sin6_port = htons(port); return sizeof *v6; }
  errno = EINVAL;
  fail(text);
  return 0;
}

// --- serve

struct listener { int port; int datagrams; };

// A socket that listens; -1 when the family is not there.
static int listen_on(int family, int type, int port, int transparent) {
  struct sockaddr_storage any;
  socklen_t size = address_of(family == AF_INET ? "0.0.0.0" : "::", port, &any);
  int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 && family == AF_INET6) return -1;
  if (fd < 0) fail("socket");
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (family == AF_INET6) set(fd, SOL_IPV6, IPV6_V6ONLY, 1);
  if (transparent) set(fd, family == AF_INET ? SOL_IP : SOL_IPV6, family == AF_INET ? IP_TRANSPARENT : IPV6_TRANSPARENT, 1);
  // Datagrams are answered from the address that they were sent to.
  if (type == SOCK_DGRAM) set(fd, family == AF_INET ? SOL_IP : SOL_IPV6, family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO, 1);
  if (bind(fd, (void *)&any, size) < 0 || (type == SOCK_STREAM && listen(fd, 64) < 0)) {
    if (family == AF_INET6 && errno == EADDRNOTAVAIL) { close(fd); return -1; }
    fprintf(stderr, "endpoint: port %d: %s\n", port, strerror(errno));
    exit(1);
  }
  return fd;
}

static void answer_connection(int listener, const char *name, int port, int original) {
  char line[256];
  struct sockaddr_storage wanted;
  socklen_t size = sizeof wanted;
  int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  if (original && getsockopt(fd, SOL_IP, SO_ORIGINAL_DST, &wanted, &size) == 0) port = ntohs(((struct sockaddr_in *)&wanted)->sin_port);
  else if (original && (size = sizeof wanted, getsockopt(fd, SOL_IPV6, SO_ORIGINAL_DST, &wanted, &size) == 0)) port = ntohs(((struct sockaddr_in6 *)&wanted)->sin6_port);
  if (write(fd, line, snprintf(line, sizeof line, "%s %d\n", name, port)) < 0) perror("write");
  close(fd);
}

static void answer_datagram(int fd, const char *name, int port) {
  char data[512], control[256];
  struct sockaddr_storage peer;
  struct iovec part = {data, sizeof data};
  struct msghdr message = {&peer, sizeof peer, &part, 1, control, sizeof control, 0};
  if (recvmsg(fd, &message, 0) < 0) return;
  // What came as "to which address" goes back as "from which"; any interface may carry it.
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level == SOL_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo *info = (void *)CMSG_DATA(c);
      info->ipi_spec_dst = info->ipi_addr;
      info->ipi_ifindex = 0;
    }
    if (c->cmsg_level == SOL_IPV6 && c->cmsg_type == IPV6_PKTINFO) ((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_ifindex = 0;
  }
  part.iov_len = snprintf(data, sizeof data, "%s %d\n", name, port);
  if (sendmsg(fd, &message, 0) < 0) perror("sendmsg");
}

static void leave(int signal) { (void)signal; _exit(0); }

static _Noreturn void serve(char **words) {
  struct pollfd sockets[MOST];
  struct listener listeners[MOST];
  int count = 0, transparent = 0, original = 0, user = 0;
  const char *name = *words++;
  // As the first process of a container it must see to it that TERM ends it.
  signal(SIGTERM, leave);
  signal(SIGINT, leave);
  for (; *words; words++) {
    if (!strcmp(*words, "transparent")) transparent = 1;
    else if (!strcmp(*words, "original")) original = 1;
    else if (!strcmp(*words, "uid")) user = atoi(*++words);
    else for (int i = 0; i < 4 && count < MOST; i++) {
      int port = atoi(*words), fd = listen_on(i < 2 ? AF_INET : AF_INET6, i % 2 ? SOCK_DGRAM : SOCK_STREAM, port, transparent);
      if (fd < 0) continue;
      sockets[count] = (struct pollfd){fd, POLLIN, 0};
      listeners[count++] = (struct listener){port, i % 2};
    }
  }
  if (user && (setgroups(0, NULL) < 0 || setgid(user) < 0 || setuid(user) < 0)) fail("uid");
  printf("%s listens\n", name);
  fflush(stdout);
  for (;;) {
    if (poll(sockets, count, -1) < 0) fail("poll");
    for (int i = 0; i < count; i++) {
      if (!(sockets[i].revents & POLLIN)) continue;
      if (listeners[i].datagrams) answer_datagram(sockets[i].fd, name, listeners[i].port);
      else answer_connection(sockets[i].fd, name, listeners[i].port, original);
    }
  }
}

// --- send

static const char *cause(int error) {
  static char text[128];
  if (error == ECONNREFUSED) return "refused";
  if (error == ETIMEDOUT || error == EAGAIN) return "timeout";
  if (error == EHOSTUNREACH || error == ENETUNREACH || error == EACCES || error == EPERM) return "unreachable";
  snprintf(text, sizeof text, "error %s", strerror(error));
  return text;
}

static void send_one(char *line, FILE *out) {
  char protocol[8], source[64], destination[64], user[16], group[16], source_port[16], port[16], mark[16], patience[16], data[256];
  struct sockaddr_storage from, to;
  if (sscanf(line, "%7s %15s %15s %63s %15s %63s %15s %15s %15s", protocol, user, group, source, source_port, destination, port, mark, patience) != 9) {
    fprintf(out, "error nine words are needed\n");
    return;
  }
  int stream = !strcmp(protocol, "tcp"), error = 0, limit = atoi(patience);
  socklen_t size = address_of(destination, atoi(port), &to), length = sizeof error;
  // The owner of a socket is who opened it, by the file system ids; with those changed alone, the rights to what follows remain.
  setgroups(0, NULL);
  if (*group != '-') setfsgid(strtoul(group, NULL, 0));
  if (*user != '-') setfsuid(strtoul(user, NULL, 0));
  int fd = socket(to.ss_family, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK, 0);
  if (fd < 0) { fprintf(out, "%s\n", cause(errno)); return; }
  if (*mark != '-') set(fd, SOL_SOCKET, SO_MARK, strtoul(mark, NULL, 0));
  if (*source != '-' || *source_port != '-') {
    int v4 = to.ss_family == AF_INET;
    socklen_t own = address_of(*source != '-' ? source : v4 ? "0.0.0.0" : "::", *source_port != '-' ? atoi(source_port) : 0, &from);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (*source != '-') set(fd, v4 ? SOL_IP : SOL_IPV6, v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, 1);
    if (bind(fd, (void *)&from, own) < 0) { fprintf(out, "%s\n", cause(errno)); return; }
  }
  struct pollfd socket = {fd, stream ? POLLOUT : POLLIN, 0};
  if (connect(fd, (void *)&to, size) < 0 && errno != EINPROGRESS) { fprintf(out, "%s\n", cause(errno)); return; }
  if (stream) {
    if (poll(&socket, 1, limit) == 0) { fprintf(out, "timeout\n"); return; }
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) { fprintf(out, "%s\n", cause(error)); return; }
    socket.events = POLLIN;
  } else if (send(fd, "?", 1, 0) < 0) { fprintf(out, "%s\n", cause(errno)); return; }
  if (poll(&socket, 1, limit) == 0) { fprintf(out, stream ? "silent\n" : "timeout\n"); return; }
  ssize_t got = recv(fd, data, sizeof data - 1, 0);
  if (got < 0) { fprintf(out, "%s\n", cause(errno)); return; }
  data[got] = 0;
  fprintf(out, got ? "%.*s\n" : "silent%.*s\n", (int)strcspn(data, "\n"), data);
}

static int send_all(void) {
  char line[512];
  int answers[MOST], count = 0;
  while (count < MOST && fgets(line, sizeof line, stdin)) {
    int ends[2];
    if (pipe(ends) < 0) fail("pipe");
    pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
      FILE *out = fdopen(ends[1], "w");
      send_one(line, out);
      fflush(out);
      _exit(0);
    }
    close(ends[1]);
    answers[count++] = ends[0];
  }
  for (int i = 0; i < count; i++) {
    ssize_t got, all = 0;
    while ((got = read(answers[i], line, sizeof line)) > 0) { all += got; if (write(1, line, got) < 0) fail("write"); }
    if (!all && write(1, "error\n", 6) < 0) fail("write");
  }
  while (wait(NULL) > 0);
  return 0;
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  if (count > 2 && !strcmp(words[1], "serve")) serve(words + 2);
  if (count == 2 && !strcmp(words[1], "send")) return send_all();
  fprintf(stderr, "endpoint: serve or send\n");
  return 2;
}
