/*
 * Keeps beside a folder what a power cut would leave of its files: each as it was when it was last flushed.
 *
 * Loaded into a program (LD_PRELOAD), it copies a file of the folder POWER_CUT_FROM to the folder POWER_CUT_TO whenever
 * the program has it flushed. What was written and not flushed is in no copy, and a file that was removed is still there
 * until the folder itself is flushed. Each copy takes its place at once, so the
 * program may be stopped or killed at any instant.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void give_up(const char *what) {
  perror(what);
  _exit(99);
}

/* Copies a file of the folder; the copy takes the place of the one before at once. */
static void keep_file(const char *path, const char *to, const char *name) {
  char part[PATH_MAX + 32], kept[PATH_MAX + 32];
  static char buffer[1 << 16];
  snprintf(kept, sizeof kept, "%s/%s", to, name);
  snprintf(part, sizeof part, "%s/.%s.part", to, name);
  int source = open(path, O_RDONLY | O_CLOEXEC);
  if (source < 0) return;
  int copy = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (copy < 0) give_up(part);
  for (ssize_t count; (count = read(source, buffer, sizeof buffer)) > 0;)
    if (write(copy, buffer, (size_t)count) != count) give_up(part);
  close(source);
  close(copy);
  if (rename(part, kept) != 0) give_up(kept);
}

/* Removes the copies of what is in the folder no more. */
static void forget_removed(const char *from, const char *to) {
  DIR *folder = opendir(to);
  if (folder == NULL) give_up(to);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    char path[PATH_MAX + NAME_MAX + 2];
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", from, entry->d_name);
    if (access(path, F_OK) == 0) continue;
    snprintf(path, sizeof path, "%s/%s", to, entry->d_name);
    if (unlink(path) != 0) give_up(path);
  }
  closedir(folder);
}

/* Keeps what has just been flushed: a file of the folder, or which files there are in it. */
static void keep(int flushed) {
  const char *from = getenv("POWER_CUT_FROM");
  const char *to = getenv("POWER_CUT_TO");
  char link[64], path[PATH_MAX];
  if (from == NULL || to == NULL) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", flushed);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = '\0';
  size_t start = strlen(from);
  if (strncmp(path, from, start) != 0) return;
  if (path[start] == '\0') forget_removed(from, to);
  else if (path[start] == '/' && strchr(path + start + 1, '/') == NULL) keep_file(path, to, path + start + 1);
}

typedef int (*flush)(int);

int fsync(int file) {
  static flush real;
  if (real == NULL) real = (flush)dlsym(RTLD_NEXT, "fsync");
  int result = real(file);
  if (result == 0) keep(file);
  return result;
}

int fdatasync(int file) {
  static flush real;
  if (real == NULL) real = (flush)dlsym(RTLD_NEXT, "fdatasync");
  int result = real(file);
  if (result == 0) keep(file);
  return result;
}
