/* The service of these tests. Its first argument says what it does:
   serve  answers every connection on $PORT, and ends well when it is asked to
   late   the same, but only after a second
   deaf   sleeps, and handles no signal
   grow   takes memory until it is killed
   reach  connects to the host of its second argument, which /etc/hosts names, at the port of the third, then serves
   fail   logs a line and exits with 3 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void end(int signal) {
    (void)signal;
    _exit(0);
}

static void serve(void) {
    const char *asked = getenv("PORT");
    const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(asked ? atoi(asked) : 8080)};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    char request[4096];
    signal(SIGTERM, end);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 16)) exit(4);
    puts("listening");
    fputs("a word on stderr\n", stderr);
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (read(connection, request, sizeof request) > 0 && write(connection, answer, strlen(answer)) < 0) exit(5);
        close(connection);
    }
}

/* Static programs cannot look names up in every libc. */
static void reach(const char *host, const char *port) {
    char line[256], number[64], name[128];
    FILE *hosts = fopen("/etc/hosts", "r");
    int outward = socket(AF_INET, SOCK_STREAM, 0);
    while (hosts && fgets(line, sizeof line, hosts)) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
        if (sscanf(line, "%63s %127s", number, name) != 2 || strcmp(name, host)) continue;
        if (inet_pton(AF_INET, number, &address.sin_addr) != 1) continue;
        puts(connect(outward, (struct sockaddr *)&address, sizeof address) ? "refused" : "reached");
        return;
    }
    puts("unknown");
}

int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "serve";
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!strcmp(what, "fail")) {
        puts("no such database");
        return 3;
    }
    if (!strcmp(what, "deaf")) {
        puts("deaf");
        for (;;) pause();
    }
    if (!strcmp(what, "grow")) {
        puts("growing");
        sleep(1);
        for (;;) memset(malloc(1 << 20), 1, 1 << 20);
    }
    if (!strcmp(what, "reach") && count > 3) reach(arguments[2], arguments[3]);
    if (!strcmp(what, "late")) sleep(1);
    serve();
}
