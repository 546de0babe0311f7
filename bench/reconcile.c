// Usage: reconcile HOME SCANDIR
// What a first pass of 02-reconcile-profiles asks of the kernel, without Deno:
// reads every profile's state, builds its slot and publishes it by one rename.
// Like Deno it first looks for symlinks in the path of a file that it opens
// (once to read, twice to create), and like mkfifo(1) it sets a FIFO's mode
// through a descriptor.
// It decides nothing and handles no error but by giving up.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char run[490], log_run[175], finish[169];

static void need(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static const char *join(const char *dir, const char *name) {
  static char paths[2][4096];
  static int next;
  char *path = paths[next ^= 1];
  snprintf(path, sizeof paths[0], "%s/%s", dir, name);
  return path;
}

static void look_for_symlinks(const char *path) {
  char target[1024], part[4096];
  for (const char *end = path; *end != 0;) {
    end = strchrnul(end + 1, '/');
    memcpy(part, path, end - path);
    part[end - path] = 0;
    if (readlink(part, target, sizeof target) >= 0) exit(1);
  }
}

static void directory(const char *dir, const char *name, mode_t mode) {
  const char *path = join(dir, name);
  need(mkdir(path, mode & 0777) == 0, path);
  if (mode & 07000) need(chmod(path, mode) == 0, path);
}

static void file(const char *dir, const char *name, const char *text, size_t size, mode_t mode) {
  const char *path = join(dir, name);
  look_for_symlinks(path);
  look_for_symlinks(path);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  need(fd >= 0, path);
  need(fchmod(fd, mode) == 0, path);
  if (size > 0) need(write(fd, text, size) == (ssize_t)size, path);
  close(fd);
}

static void skeleton(const char *dir) {
  directory(dir, "event", 03730);
  directory(dir, "supervise", 0755);
  directory(dir, "supervise/event", 03730);
}

static void fifo(const char *dir) {
  const char *path = join(dir, "supervise/control");
  need(mknod(path, S_IFIFO | 0660, 0) == 0, path);
  struct stat info;
  char self[64];
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_PATH);
  need(fd >= 0 && fstat(fd, &info) == 0, path);
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  need(chmod(self, 0660) == 0, path);
  close(fd);
}

static int is_running(const char *profiles, const char *name) {
  char dir[4096];
  snprintf(dir, sizeof dir, "%s/%s", profiles, name);
  DIR *listing = opendir(dir);
  need(listing != NULL, dir);
  while (readdir(listing) != NULL);
  closedir(listing);
  static char text[1 << 20];
  const char *path = join(dir, "gateway_state.json");
  look_for_symlinks(path);
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  need(fd >= 0, dir);
  ssize_t size = read(fd, text, sizeof text - 1);
  need(size >= 0 && read(fd, text + size, 1) == 0, dir);
  close(fd);
  text[size] = 0;
  return strstr(text, "running") != NULL;
}

static void link_in(const char *staging, const char *dir, const char *name) {
  need(link(join(staging, name), join(dir, name)) == 0, name);
}

static void build(const char *staging, const char *name, int running) {
  char dir[4096], log[4096];
  directory(staging, name, 0755);
  snprintf(dir, sizeof dir, "%s", join(staging, name));
  directory(dir, "log", 0755);
  snprintf(log, sizeof log, "%s", join(dir, "log"));
  link_in(staging, dir, "type");
  file(dir, "run", run, sizeof run, 0755);
  link_in(staging, dir, "finish");
  if (!running) link_in(staging, dir, "down");
  file(log, "run", log_run, sizeof log_run, 0755);
  skeleton(dir);
  skeleton(log);
}

static char **names;
static size_t count;

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *profiles) {
  DIR *dir = opendir(profiles);
  need(dir != NULL, profiles);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    names = realloc(names, (count + 1) * sizeof *names);
    names[count++] = strdup(entry->d_name);
  }
  closedir(dir);
  qsort(names, count, sizeof *names, by_name);
}

int main(int argc, char **argv) {
  if (argc < 3) return 100;
  const char *home = argv[1], *scandir = argv[2];
  char profiles[4096], staging[4096];
  umask(022);
  memset(run, '#', sizeof run);
  memset(log_run, '#', sizeof log_run);
  memset(finish, '#', sizeof finish);
  snprintf(profiles, sizeof profiles, "%s/profiles", home);
  snprintf(staging, sizeof staging, "%s/.staging", scandir);
  mkdir(scandir, 0755);
  need(mkdir(staging, 0700) == 0, staging);
  file(staging, "type", "longrun\n", 8, 0644);
  file(staging, "finish", finish, sizeof finish, 0755);
  file(staging, "down", "", 0, 0644);
  list(profiles);
  int *running = calloc(count, sizeof *running);
  for (size_t i = 0; i < count; i++) running[i] = is_running(profiles, names[i]);
  for (size_t i = 0; i < count; i++) {
    char slot[300];
    snprintf(slot, sizeof slot, "gateway-%s", names[i]);
    build(staging, slot, running[i]);
  }
  for (size_t i = 0; i < count; i++) {
    char dir[4096 + 300], log[4096 + 310];
    snprintf(dir, sizeof dir, "%s/gateway-%s", staging, names[i]);
    snprintf(log, sizeof log, "%s/log", dir);
    fifo(dir);
    fifo(log);
  }
  for (size_t i = 0; i < count; i++) {
    char slot[300];
    snprintf(slot, sizeof slot, "gateway-%s", names[i]);
    need(rename(join(staging, slot), join(scandir, slot)) == 0, slot);
    printf("reconcile: profile=%s\n", names[i]);
  }
  return 0;
}
