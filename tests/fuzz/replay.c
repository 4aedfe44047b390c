/*
 * Runs a fuzz target once over each file of its seed corpus, so that the
 * targets are built by every compiler, and their seeds stay good, without
 * libFuzzer. Usage: replay_<x> DIR
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SEED_MAX = 1 << 20 };

static int run(const char *dir, const char *name)
{
    char path[4096];
    uint8_t *data = malloc(SEED_MAX);
    uint8_t *exact;
    FILE *file;
    size_t size;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    file = fopen(path, "rb");
    if (file == NULL || data == NULL) {
        perror(path);
        exit(1);
    }
    size = fread(data, 1, SEED_MAX, file);
    fclose(file);
    /* An exact allocation lets the sanitizers see a read past its end. */
    exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        exit(1);
    memcpy(exact, data, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    free(data);
    return 1;
}

int main(int argc, char **argv)
{
    struct dirent *entry;
    int count = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;

    if (dir == NULL) {
        fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] != '.')
            count += run(argv[1], entry->d_name);
    closedir(dir);
    printf("%d seeds\n", count);
    return count == 0;
}
