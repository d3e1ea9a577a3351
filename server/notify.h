/* Tells the service manager how the daemon is, as sd_notify(3) describes it: a datagram to a Unix socket. */
#ifndef WORDVEC_SERVER_NOTIFY_H
#define WORDVEC_SERVER_NOTIFY_H

/* Sends assignments, one a line, such as "READY=1". `socket_path` is what NOTIFY_SOCKET says: a path, or '@' and a name
 * in the abstract namespace; NULL: nobody wants to know. Whether it arrives changes nothing here. */
void notify_manager(const char *socket_path, const char *state);

#endif
